// Package soak searches for histories in which the model differs from the
// reference model, and reports what it has seen.
package soak

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"time"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/profiles"
)

// DefaultOps is the default number of operations: enough to see every mark.
const DefaultOps = lockstep.MinimumOps

// Search is what was asked for.
type Search struct {
	Seed uint64
	Ops  uint64        // 0 = without limit
	For  time.Duration // 0 = without limit
}

// Outcome is what became of a search.
type Outcome struct {
	Search      Search
	Seen        lockstep.Report
	Took        time.Duration
	Interrupted bool
}

// Run searches until enough is done, a difference is found, or the context is.
func (s Search) Run(ctx context.Context, progress *screen.Progress) *Outcome {
	o := &Outcome{Search: s}
	began := time.Now()
	ops := s.Ops
	if ops == 0 {
		ops = math.MaxUint64
	}
	histories := uint64(0)
	o.Seen = lockstep.Swarm{Seed: s.Seed}.Run(ops, func() bool {
		histories++
		took := time.Since(began)
		progress.Show(func() string {
			return fmt.Sprintf("soak: %s in %s", words.Count(histories)+" histories", took.Round(time.Second))
		})
		o.Interrupted = ctx.Err() != nil
		return o.Interrupted || s.For > 0 && took >= s.For
	})
	progress.Clear()
	o.Took = time.Since(began)
	return o
}

// Failed reports whether a difference was found, or a search that is long
// enough to see everything has not.
func (o *Outcome) Failed() bool { return o.Seen.Failure != nil || o.missed() != nil }

// missed returns the marks that should have been seen and were not.
func (o *Outcome) missed() []lockstep.Mark {
	if o.Seen.Ops < lockstep.MinimumOps {
		return nil
	}
	return o.Seen.Missing()
}

// Text prints what was seen.
func (o *Outcome) Text(w *bufio.Writer, style screen.Style) {
	r := &o.Seen
	if o.Interrupted {
		fmt.Fprintln(w, "Interrupted; so far:")
	}
	o.verdict(w, style)
	rate := uint64(float64(r.Ops) / max(o.Took.Seconds(), 0.001))
	fmt.Fprintf(w, "%s operations in %s histories over %d profiles, seed %d, model %s\n", words.Count(r.Ops), words.Count(r.Histories),
		len(profiles.All()), o.Search.Seed, netmodel.ModelVersion)
	fmt.Fprintf(w, "%s, %s operations a second\n\n", o.Took.Round(time.Millisecond), words.Count(rate))
	o.marks(w)
	if !o.Interrupted && o.Search.For == 0 {
		fmt.Fprintf(w, "\n  again  %s\n", o.command())
	}
}

// verdict prints what came out.
func (o *Outcome) verdict(w *bufio.Writer, style screen.Style) {
	r := &o.Seen
	switch missed := o.missed(); {
	case r.Failure != nil:
		failure(w, style, r.Failure)
	case missed != nil:
		fmt.Fprintf(w, "%s never seen, though the search was long enough:\n", style.Red(words.Counted(len(missed), "mark")))
		for _, m := range missed {
			fmt.Fprintf(w, "  %v\n", m)
		}
	default:
		fmt.Fprintf(w, "%s: in every operation the model did what the reference model does, and every invariant held.\n", style.Green("No difference"))
		if n := len(r.Missing()); n > 0 {
			fmt.Fprintf(w, "%s not seen yet; a search of %s operations must see all.\n", words.Counted(n, "mark"), words.Count(uint64(lockstep.MinimumOps)))
		}
	}
}

// command returns the command line that searches equally.
func (o *Outcome) command() string {
	ops := o.Search.Ops
	if ops == 0 {
		ops = o.Seen.Ops
	}
	return fmt.Sprintf("wspsim soak --ops %d --seed %d", ops, o.Search.Seed)
}

// marks prints in how many operations each thing was seen, two on a line where
// they fit.
func (o *Outcome) marks(w *bufio.Writer) {
	fmt.Fprintln(w, "Seen, in so many operations:")
	const half = 52 // columns
	counts := &o.Seen.Counts
	for i := 0; i < len(counts); i++ {
		line := cell(counts[i], i)
		if i+1 < len(counts) && len(line) <= half && len(cell(counts[i+1], i+1)) <= half {
			i++
			line = fmt.Sprintf("%-*s  %s", half, line, cell(counts[i], i))
		}
		fmt.Fprintln(w, line)
	}
}

func cell(count uint64, mark int) string {
	return fmt.Sprintf("%11s  %v", words.Count(count), lockstep.Mark(mark))
}

func failure(w *bufio.Writer, style screen.Style, f *lockstep.Failure) {
	fmt.Fprintf(w, "%s in history %d: %v\n", style.Red("A difference"), f.Number, f.Err)
	fmt.Fprintf(w, "  shrunk to    %v\n", f.Shrunk)
	fmt.Fprintf(w, "  replay       %s\n", replayCommand(f.Shrunk))
}

func replayCommand(c lockstep.Case) string {
	return "wspsim soak --replay " + words.Shell(c.String())
}

// Replay plays one history. It reports whether the model does what the
// reference model does; an error means that the line is malformed.
func Replay(w *bufio.Writer, line string, style screen.Style) (bool, error) {
	c, err := lockstep.ParseCase(line)
	if err != nil {
		return false, err
	}
	difference := c.Run(lockstep.NewHost)
	fmt.Fprintf(w, "%v\n", c)
	fmt.Fprintf(w, "profile %s, %s, model %s\n", c.Profile.Name, words.Counted(len(c.History), "operation"), netmodel.ModelVersion)
	if difference != nil {
		fmt.Fprintf(w, "%s: %v\n", style.Red("A difference"), difference)
	} else {
		fmt.Fprintf(w, "%s: the model does what the reference model does.\n", style.Green("No difference"))
	}
	fmt.Fprintf(w, "\n  again  %s\n", replayCommand(c))
	return difference == nil, nil
}
