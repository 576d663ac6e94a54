package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/report"
)

func (s *session) profilesCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles of stacks, and how well each is known",
		Long: "Lists the profiles. For each it prints how many values were measured, read in a source, documented or\n" +
			"inferred, and how many are unknown. It also prints how many connections listen(5) holds, and what a\n" +
			"full queue does with a SYN.",
		Example: "  wspsim profiles\n  wspsim profiles --json | jq '.profiles[] | {name, known}'",
		Args:    noArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return report.ProfilesJSON(s.out)
			}
			report.Profiles(s.out, s.style())
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document (schema "+report.ProfilesSchema+"), with every value and its source")
	return c
}

func (s *session) profileCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "profile NAME",
		Short: "Show the values of a profile, their certainty and their sources",
		Long: "Prints how many connections listen(n) holds, every value with its certainty and source, and the\n" +
			"settings of the kernel that --set changes. Sources are rules (wspsim rules), experiments\n" +
			"(testdata/truth), source files and documents. A bare number is the id of a file in a public index\n" +
			"of sources.",
		Example: "  wspsim profile linux\n  wspsim profile hpux11 --json",
		Args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 1:
				return nil
			case 0:
				return fmt.Errorf("profile: want the name of a profile; wspsim profiles lists them")
			}
			return fmt.Errorf("profile: want one profile, not %q and %q", args[0], args[1])
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeProfile(c, args, word)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := report.FindProfile(args[0])
			switch {
			case err != nil:
				return err
			case asJSON:
				return report.ProfileJSON(s.out, p)
			}
			report.Profile(s.out, p, s.style())
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document (schema "+report.ProfileSchema+")")
	return c
}
