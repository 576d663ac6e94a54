package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/verify"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/scenarios"
)

func (s *session) verifyCommand() *cobra.Command {
	arrivals, atKernel := "", false
	c := &cobra.Command{
		Use:   "verify [FILES]",
		Short: "Replay goldens, traces and measurements and compare",
		Long: "Replays goldens (testdata/scenarios) and traces (run --trace), and names the first line that differs.\n" +
			"Without files it runs the whole catalogue and compares the known hashes.\n" +
			"Replays measurements of real systems (testdata/truth, JSON Lines) and compares field by field.\n" +
			"--kernel runs experiments on the Linux kernel of this machine and on the model.\n" +
			"Exit code 1 means that a replay differs or that a difference has no known cause. Exit code 2 means that\n" +
			"a file is malformed.",
		Example: "  wspsim verify\n" +
			"  wspsim verify testdata/scenarios/*.txtar\n" +
			"  wspsim verify testdata/truth/L01_fill.jsonl\n" +
			"  wspsim verify --kernel\n" +
			"  wspsim run burst --trace burst.trace && wspsim verify burst.trace",
		RunE: func(_ *cobra.Command, files []string) error {
			v := &verify.Verifier{Out: s.out, Style: s.style(), Progress: screen.NewProgress(s.stderr), Arrivals: arrivals}
			switch {
			case atKernel && len(files) > 0:
				return fmt.Errorf("verify: --kernel has its own experiments and takes no file: %q", files[0])
			case arrivals != "" && (atKernel || len(files) == 0):
				return fmt.Errorf("verify: --arrivals is about a trace: want its file, such as: wspsim verify mine.trace --arrivals %s", words.Shell(arrivals))
			case atKernel:
				return s.verified(v, v.Kernel(s.ctx))
			case len(files) == 0:
				return s.verified(v, v.Catalogue(s.ctx))
			}
			var first error
			for _, file := range files {
				err := v.File(s.ctx, file)
				switch {
				case errors.Is(err, scenarios.ErrStopped):
					return err
				case err != nil && len(files) == 1:
					return err
				case err != nil:
					fmt.Fprintf(s.stderr, "wspsim: %s\n", words.Printable(err.Error()))
					first = errMalformed
				}
			}
			return s.verified(v, first)
		},
	}
	c.Flags().BoolVar(&atKernel, "kernel", false, "run experiments on the Linux kernel of this machine, and compare it with the model")
	c.Flags().StringVar(&arrivals, "arrivals", "", "the arrivals `FILE` of the trace, if the file has moved")
	return c
}

// verified prints the summary of a verifier and returns the error for its exit code.
func (s *session) verified(v *verify.Verifier, err error) error {
	switch {
	case err != nil && !errors.Is(err, errMalformed):
		return err
	case err == nil && v.Differ > 0:
		err = errFailed
	}
	v.Summary()
	return err
}
