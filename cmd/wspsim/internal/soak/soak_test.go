package soak

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"wspsim/cmd/wspsim/internal/screen"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel/netmodeltest/lockstep"
)

func textOf(o *Outcome) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	o.Text(w, screen.Style{})
	w.Flush()
	return b.String()
}

func TestAMarkThatALongSearchMissedIsAFailure(t *testing.T) {
	o := &Outcome{Search: Search{Ops: lockstep.MinimumOps}}
	o.Seen.Ops = lockstep.MinimumOps
	for m := range o.Seen.Counts {
		o.Seen.Counts[m] = 1
	}
	if o.Failed() || !strings.Contains(textOf(o), "No difference") {
		t.Errorf("a search that has seen everything failed:\n%s", textOf(o))
	}
	o.Seen.Counts[3] = 0
	want := fmt.Sprintf("1 mark never seen, though the search was long enough:\n  %v\n", lockstep.Mark(3))
	if !o.Failed() || !strings.Contains(textOf(o), want) {
		t.Errorf("a mark was never seen; the text is\n%s", textOf(o))
	}
	o.Seen.Ops--
	if o.Failed() || !strings.Contains(textOf(o), "1 mark not seen yet") {
		t.Errorf("a search that was too short failed:\n%s", textOf(o))
	}
}

func TestADifferenceIsPrintedWithTheCommandThatReplaysIt(t *testing.T) {
	c, err := lockstep.ParseCase("wsp descriptors=3: listen(2) syn(a) ack(a) accept")
	if err != nil {
		t.Fatal(err)
	}
	o := &Outcome{}
	o.Seen.Failure = &lockstep.Failure{Number: 17, Shrunk: c, Err: errors.New("operation 4, accept: got nothing")}
	text := textOf(o)
	for _, want := range []string{
		"A difference in history 17: operation 4, accept: got nothing\n",
		"wspsim soak --replay 'wsp descriptors=3: listen(2) syn(a) ack(a) accept'\n",
	} {
		if !o.Failed() || !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestTheSameSearchSeesTheSame(t *testing.T) {
	a := Search{Seed: 5, Ops: 5000}.Run(context.Background(), &screen.Progress{})
	b := Search{Seed: 5, Ops: 5000}.Run(context.Background(), &screen.Progress{})
	if a.Seen.Counts != b.Seen.Counts || a.Seen.Ops != b.Seen.Ops {
		t.Errorf("%d and %d operations, or other marks", a.Seen.Ops, b.Seen.Ops)
	}
}

func TestAnInterruptedSearchReportsWhatItHasSeen(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o := Search{Seed: 5}.Run(ctx, &screen.Progress{})
	if text := textOf(o); !o.Interrupted || o.Seen.Histories != 1 || !strings.HasPrefix(text, "Interrupted; so far:\n") {
		t.Errorf("%d histories, interrupted %v:\n%s", o.Seen.Histories, o.Interrupted, text)
	}
}
