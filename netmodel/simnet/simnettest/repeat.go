package simnettest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// repeat runs a failed test again with the same seed, and returns the difference. It returns "" if
// there is none.
func repeat(t *testing.T, c simnet.Config, f func(*T), first *story) string {
	t.Helper()
	again := runOnce(t, c, f, new(rerunTB))
	switch {
	case again.story == nil:
		return "does not repeat: a second run with the same seed did not end.\n" + again.hangs
	case again.story.hash != first.hash:
		return fmt.Sprintf("does not repeat: a second run with the same seed had other records (record hash %016x, then %016x).\n%s%s",
			first.hash, again.story.hash, firstDifference(first, again.story), otherCauses)
	case !slices.Equal(first.lines, again.story.lines):
		return "does not repeat: a second run with the same seed did the same on the network, but with other names.\n" +
			firstDifference(first, again.story) + otherCauses
	case again.hangs != "":
		return "does not repeat: a second run with the same seed did the same on the network, and then hung.\n" + again.hangs
	case !again.failed:
		return "does not repeat: a second run with the same seed did the same on the network, and passed.\n" + otherCauses
	}
	return ""
}

const otherCauses = " The network does not cause the difference. Possible causes: the order of a map, goroutines that race for a channel or a mutex, a real random number or clock, state that the first run left. See \"What repeats\" in the documentation of package simnet.\n"

// firstDifference returns the first record of each run that differs.
func firstDifference(a, b *story) string {
	from := max(a.dropped, b.dropped)
	for i := from; ; i++ {
		x, inA := a.record(i)
		y, inB := b.record(i)
		switch {
		case !inA && !inB:
			return fmt.Sprintf("  The first difference is before record %d; earlier records are not kept (Config.Trace keeps more).\n", from+1)
		case inA && inB && x == y && a.line(i) == b.line(i):
			continue
		case i == from && from > 0:
			return fmt.Sprintf("  The first difference is record %d or earlier; earlier records are not kept (Config.Trace keeps more).\n%s", i+1, bothLines(a, b, i))
		}
		return fmt.Sprintf("  The first difference is record %d:\n%s", i+1, bothLines(a, b, i))
	}
}

// bothLines returns one record of two runs. If their lines in the trace are equal, it adds all
// fields.
func bothLines(a, b *story, i uint64) string {
	first, second := a.line(i), b.line(i)
	if first == second {
		x, _ := a.record(i)
		y, _ := b.record(i)
		first, second = fmt.Sprintf("%s   %+v", first, x), fmt.Sprintf("%s   %+v", second, y)
	}
	return fmt.Sprintf("    first   %s\n    second  %s\n", first, second)
}

// record returns record number i of the run, counted from 0.
func (s *story) record(i uint64) (netmodel.Record, bool) {
	if i < s.dropped || i-s.dropped >= uint64(len(s.records)) {
		return netmodel.Record{}, false
	}
	return s.records[i-s.dropped], true
}

// line returns record number i as a line of the trace.
func (s *story) line(i uint64) string {
	if _, ok := s.record(i); !ok {
		return "(the run has ended)"
	}
	return s.lines[i-s.dropped]
}

// traceLines returns the latest records of a network, one line for each.
func traceLines(n *simnet.Network) []string {
	var b strings.Builder
	if err := n.WriteTrace(&b, true); err != nil {
		return nil // a write to a strings.Builder does not fail
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if strings.HasPrefix(lines[0], "... ") { // the line about dropped records
		lines = lines[1:]
	}
	return lines
}
