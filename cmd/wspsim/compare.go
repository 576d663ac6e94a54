package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/compare"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/scenarios"
)

// statisticGroups returns the names of the groups of statistics.
func statisticGroups() string {
	var names []string
	for _, group := range scenarios.Statistics() {
		names = append(names, group.Name)
	}
	return strings.Join(names, ", ")
}

func (s *session) compareCommand() *cobra.Command {
	var f playFlags
	asJSON, exitCode := false, false
	c := &cobra.Command{
		Use:   "compare NAME",
		Short: "Run the same clients under several profiles and show the differences",
		Long: "Runs a scenario with the same clients under each profile. Prints the statistics of the runs, the\n" +
			"results of each client that differ, and the first difference between the traces, with its rules.\n" +
			"Without --profile it takes the profiles that the scenario is about. --set sets a knob in all runs;\n" +
			"a setting of a kernel goes to the profiles whose system has it.\n\n" +
			"The keys of --json (" + compare.Schema + "), durations in nanoseconds:\n" +
			"  schema, model, scenario, seed, clients; differ: some client has different results under two profiles\n" +
			"  profiles [{name, kernel, " + statisticGroups() + ", counters, hash}]:\n" +
			"    the statistics of run --help\n" +
			"  client_results [{client, differs, results [{outcome, at_ns, attempts, cause, rule}]}], in the order of\n" +
			"    profiles; outcome is also trying, queued or phantom\n" +
			"  divergences [{profile, identical, at_ns, records_before, lines, rules}], against the first profile\n" +
			"  reproduce: the command line",
		Example: "  wspsim compare overflow --profile windows,linux\n" +
			"  wspsim compare burst --profile wsp,windows,linux,freebsd,darwin\n" +
			"  wspsim compare burst --profile linux,linux4.3 --set tcp_syncookies=0 --clients linux\n" +
			"  wspsim compare burst --profile windows,linux --json | jq '.profiles[].outcomes'\n" +
			"  wspsim compare overflow --profile linux,linux5.4 --exit-code && echo no difference",
		Args: f.scenario, ValidArgsFunction: completeScenario,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := f.unchecked(c, first(args))
			if err != nil {
				return err
			}
			names, err := f.names(c, p.Scenario.Profiles)
			if err != nil {
				return err
			}
			p.Profile = names[0]
			if len(names) < 2 {
				return fmt.Errorf("compare: want two or more profiles, such as --profile windows,linux; wspsim profiles lists all")
			}
			done, err := compare.Play(s.ctx, p, names, f.strict, screen.NewProgress(s.stderr))
			if err != nil {
				return err
			}
			if asJSON {
				err = done.JSON(s.out)
			} else {
				done.Text(s.out, s.style())
			}
			if err == nil && exitCode && done.Differ() {
				return errFailed
			}
			return err
		},
	}
	f.add(c)
	c.Flags().Lookup("profile").Usage = "use the stacks `NAMES`, with commas between them (default: the stacks that the scenario is about)"
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document (schema "+compare.Schema+")")
	c.Flags().BoolVar(&exitCode, "exit-code", false, "end with exit code 1 if some client has different results under two profiles")
	return c
}
