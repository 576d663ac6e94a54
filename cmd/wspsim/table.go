package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/report"
)

func (s *session) tableCommand() *cobra.Command {
	asJSON := false
	tables := []string{"stevens"}
	c := &cobra.Command{
		Use:   "table NAME",
		Short: "Compare a table of the literature with the model",
		Long: "Measures the model for a table of the literature and prints both side by side.\n" +
			"stevens: Figure 4.10 of Stevens, UNIX Network Programming, volume 1, 3rd edition: how many clients\n" +
			"connect to a server that listens with backlog 0 to 14 and never accepts, on five systems.",
		Example:   "  wspsim table stevens\n  wspsim table stevens --json",
		ValidArgs: tables,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != tables[0] {
				return fmt.Errorf("table: want the name of a table: %s", tables[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return report.StevensJSON(s.out)
			}
			report.Stevens(s.out, s.style())
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document (schema "+report.StevensSchema+")")
	return c
}
