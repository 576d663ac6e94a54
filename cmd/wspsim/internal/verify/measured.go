package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/measured"
	"wspsim/scenarios"
)

// mostDifferences is how many kinds of difference are listed for one experiment.
const mostDifferences = 12

// measurements replays a file of measurements. For each kind of experiment it prints in
// how many fields the model agrees, and where and why the model differs.
func (v *Verifier) measurements(ctx context.Context, name string, in io.Reader) error {
	trials, err := measured.Read(in)
	if err != nil {
		return fmt.Errorf("%s: %w", words.Printable(name), err)
	}
	if len(trials) == 0 {
		return &tracefile.FormatError{File: name, Line: 1, Column: 1, What: "no measurement in it"}
	}
	var done []*measured.Comparison
	unknown := map[string]int{}
	for i := range trials {
		if ctx.Err() != nil {
			return scenarios.ErrStopped
		}
		if v.Progress != nil {
			v.Progress.Show(func() string { return fmt.Sprintf("%s: measurement %d of %d", words.Printable(name), i+1, len(trials)) })
		}
		c, err := trials[i].Replay()
		switch {
		case errors.Is(err, measured.ErrNotModelled):
			unknown[trials[i].Exp+" on "+trials[i].OS]++
		case err != nil:
			return fmt.Errorf("%s: %w", words.Printable(name), err)
		default:
			done = append(done, c)
		}
	}
	if v.Progress != nil {
		v.Progress.Clear()
	}
	v.what = "comparison"
	fmt.Fprintf(v.Out, "%s\n", v.Style.Bold(words.Printable(name)))
	byExperiment := measured.ByExperiment(done)
	for _, experiment := range slices.Sorted(maps.Keys(byExperiment)) {
		v.tally(experiment, byExperiment[experiment])
	}
	for _, experiment := range slices.Sorted(maps.Keys(unknown)) {
		v.Differ++
		fmt.Fprintf(v.Out, "  %s  %s: %s, and the model does not have this experiment\n", v.Style.Red("unknown"), words.Printable(experiment), words.Counted(unknown[experiment], "measurement"))
	}
	return nil
}

// tally prints the result of one kind of experiment. A difference with a known cause is
// printed and does not fail. A difference without a cause fails, whether or not somebody
// has looked for the cause. An experiment without a field to compare fails, too.
func (v *Verifier) tally(experiment string, t measured.Tally) {
	unexplained := false
	for _, d := range t.Differences {
		lookedInto := strings.HasSuffix(d.Cause, measured.Unexplained)
		unexplained = unexplained || d.Cause == "" || lookedInto
		v.unexplained = v.unexplained || lookedInto
	}
	verdict := v.Style.Green("agrees ")
	switch {
	case t.Fields == 0:
		verdict = v.Style.Red("EMPTY  ")
		v.Differ++
	case unexplained:
		verdict = v.Style.Red("DIFFERS")
		v.Differ++
	case len(t.Differences) > 0:
		verdict = "differs"
		v.Same++
		v.known++
	default:
		v.Same++
	}
	fmt.Fprintf(v.Out, "  %s  %s: %s of %s in every field that is compared; %s of %s\n", verdict, words.Printable(experiment),
		words.Count(t.Agreeing), words.Counted(t.Trials, "measurement"), words.Count(t.Agree), words.Counted(t.Fields, "field"))
	for i, d := range t.Differences {
		if i == mostDifferences {
			fmt.Fprintf(v.Out, "      ... and %s more\n", words.Counted(len(t.Differences)-i, "kind"))
			break
		}
		cause := "no cause is known"
		if d.Cause != "" {
			cause = d.Cause
		}
		text := fmt.Sprintf("%s, %s: %s. %s", d.Field, times(d.Times), d.Example, cause)
		fmt.Fprintln(v.Out, words.Wrap("      "+words.Printable(text), width, "        "))
	}
}

const width = 100

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return words.Count(n) + " times"
}
