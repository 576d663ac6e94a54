package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/soak"
)

func (s *session) soakCommand() *cobra.Command {
	var ops countFlag
	seed := seedFlag(play.DefaultSeed)
	length, replay := "", ""
	c := &cobra.Command{
		Use:   "soak",
		Short: "Search for a random history that shows a bug in the model",
		Long: "Runs random histories over all profiles on the model and on the reference model, and compares both\n" +
			"after every operation. Shrinks a difference to the shortest history that shows it. A coverage mark that\n" +
			"no history reaches is a failure too. Ctrl-C prints the marks so far.",
		Example: "  wspsim soak\n" +
			"  wspsim soak --ops 10000000 --seed 7\n" +
			"  wspsim soak --for 5m\n" +
			"  wspsim soak --replay 'wsp descriptors=3: listen(2) syn(a) ack(a) accept'",
		Args: noArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			flags := c.Flags()
			if flags.Changed("replay") {
				for _, flag := range []string{"ops", "for", "seed"} {
					if flags.Changed(flag) {
						return fmt.Errorf("--replay and --%s exclude each other", flag)
					}
				}
				same, err := soak.Replay(s.out, replay, s.style())
				if err != nil {
					return fmt.Errorf("--replay: %w", err)
				}
				if !same {
					return errFailed
				}
				return nil
			}
			search := soak.Search{Seed: uint64(seed), Ops: uint64(ops)}
			switch d, err := time.ParseDuration(length); {
			case flags.Changed("for") && (err != nil || d <= 0):
				return fmt.Errorf("--for %q: want a duration above zero, such as 30s or 5m", length)
			case flags.Changed("for"):
				search.For = d
			case ops == 0:
				search.Ops = soak.DefaultOps
			}
			return s.soak(search)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().Var(&ops, "ops", fmt.Sprintf("stop after `N` operations (default %d)", soak.DefaultOps))
	c.Flags().StringVar(&length, "for", "", "stop after `TIME`, such as 5m; with --ops, at the first of the two limits")
	c.Flags().Var(&seed, "seed", "draw the histories from `SEED`, 0 to 2^64-1, decimal or 0x...")
	c.Flags().StringVar(&replay, "replay", "", "run one `HISTORY`, as a failure prints it")
	return c
}

func (s *session) soak(search soak.Search) error {
	outcome := search.Run(s.ctx, screen.NewProgress(s.stderr))
	outcome.Text(s.out, s.style())
	switch {
	case outcome.Seen.Failure != nil:
		return errFailed
	case outcome.Interrupted:
		return errInterrupted
	case outcome.Failed():
		return errFailed
	}
	return nil
}
