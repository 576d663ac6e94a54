package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/compare"
	"wspsim/cmd/wspsim/internal/screen"
)

func (s *session) compareCommand() *cobra.Command {
	var f playFlags
	asJSON, exitCode := false, false
	c := &cobra.Command{
		Use:   "compare NAME",
		Short: "The same crowd under several profiles, and where they part",
		Long: "Plays a scenario with the same crowd under each profile, and prints how the attempts ended and how long\n" +
			"they waited, what each client saw where that differs, and the first thing that happened differently,\n" +
			"with the rules behind it. Without --profile it takes those that the scenario is about. --set\n" +
			"turns knobs for all; a setting of a kernel goes to the profiles whose system has it.\n\n" +
			"The keys of --json (" + compare.Schema + "), durations in nanoseconds: profiles [{name, settings, backlog, limit,\n" +
			"peak_pending, outcomes, wait_ns (in the queue), reach_ns (from connect), counters, hash}], sights\n" +
			"[{client, differs, under [{outcome, at_ns, attempts, cause, rule}]}] in the order of profiles, partings\n" +
			"[{profile, never, at_ns, records_before, lines, rules}] against the first, differ, reproduce",
		Example: "  wspsim compare overflow --profile windows,linux\n" +
			"  wspsim compare burst --profile wsp,windows,linux,freebsd,darwin\n" +
			"  wspsim compare burst --profile linux,linux4.3 --set tcp_syncookies=0 --clients linux\n" +
			"  wspsim compare burst --profile windows,linux --json | jq '.profiles[].outcomes'\n" +
			"  wspsim compare overflow --profile linux,linux5.4 --exit-code && echo no difference",
		Args: oneScenario, ValidArgsFunction: completeScenario,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := f.unchecked(c, args[0])
			if err != nil {
				return err
			}
			names := p.Scenario.Profiles
			if c.Flags().Changed("profile") {
				names = strings.Split(f.profile, ",")
			}
			p.Profile = names[0]
			if len(names) < 2 {
				return fmt.Errorf("compare: want two profiles or more, such as --profile windows,linux; wspsim profiles lists all")
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
	c.Flags().Lookup("profile").Usage = "be each of the stacks `NAMES`, with commas between them (default: those that the scenario is about)"
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document (schema "+compare.Schema+")")
	c.Flags().BoolVar(&exitCode, "exit-code", false, "end with exit code 1 if anybody fares differently under two of them")
	return c
}
