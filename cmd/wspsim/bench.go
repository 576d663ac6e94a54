package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/bench"
	"wspsim/cmd/wspsim/internal/screen"
)

func (s *session) benchCommand() *cobra.Command {
	asJSON, quick := false, false
	clients := ""
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine simulates",
		Long: "Measures for about half a minute. Prints events and connections per second, how the cost of one\n" +
			"grows with their number, the memory of waiting clients, and the speedup with more cores. The work\n" +
			"and its hash are the same on every machine. For a comparison with other simulators see\n" +
			"cmd/wspsim/simbench/README.md.",
		Example: "  wspsim bench\n" +
			"  wspsim bench --quick\n" +
			"  wspsim bench --clients 1e7           measure the memory of ten million waiting clients",
		Args: noArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			o := bench.Options{Quick: quick}
			if c.Flags().Changed("clients") {
				n, err := strconv.ParseFloat(strings.ReplaceAll(clients, ",", ""), 64)
				if !(err == nil && n == math.Trunc(n) && n >= 1000 && n <= bench.MaxClients) {
					return fmt.Errorf("--clients %q: want a whole number from 1000 to %d, such as 1e6", clients, bench.MaxClients)
				}
				o.Clients = int(n)
			}
			result := bench.Run(s.ctx, o, screen.NewProgress(s.stderr))
			if asJSON {
				if err := result.JSON(s.out); err != nil {
					return err
				}
			} else {
				result.Text(s.out, s.style())
			}
			switch {
			case result.Interrupted:
				return errInterrupted
			case result.Differs():
				return errFailed
			}
			return nil
		},
	}
	c.Flags().SortFlags = false
	c.Flags().BoolVar(&quick, "quick", false, "do a tenth of the work, for a first look")
	c.Flags().StringVar(&clients, "clients", "", fmt.Sprintf("measure the memory of `N` waiting clients (default %d)", bench.DefaultClients))
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document (schema "+bench.Schema+")")
	return c
}
