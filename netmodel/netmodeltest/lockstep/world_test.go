package lockstep

import (
	"strings"
	"testing"

	"wspsim/netmodel"
)

// wrongHost is a host that follows another profile than it claims. It is a Cloner.
func wrongHost(change func(*netmodel.Profile)) NewSystem {
	return func(p netmodel.Profile, d int) System {
		change(&p)
		return NewHost(p, d)
	}
}

func TestExploreReturnsAShortestHistoryToADifference(t *testing.T) {
	w := worlds(small(), 2)[0]
	w.New = wrongHost(func(p *netmodel.Profile) { p.Trim = netmodel.TrimOldest })
	_, err := w.Explore(0)
	if err == nil || !strings.Contains(err.Error(), "descriptors=2: ") {
		t.Fatalf("got %v, want a difference with the line that replays it", err)
	}
	c, parseErr := ParseCase(strings.SplitN(err.Error(), "\n", 2)[0])
	if parseErr != nil || c.Run(w.New) == nil {
		t.Errorf("%v: the line does not replay the difference (%v)", err, parseErr)
	}
	w.Descriptors = 4
	if _, err := w.Explore(3); err != nil {
		t.Errorf("a difference after 3 operations, want the first after 4: %v", err)
	}
	if _, err := w.Explore(4); err == nil {
		t.Error("no difference after 4 operations: listen(2) syn(a) syn(b) listen(1)")
	}
	if _, err := w.Histories(4); err == nil {
		t.Error("no difference among all histories of 4 operations")
	}
}

// Histories that meet are told apart by further operations.
func TestStatesThatLookAlikeAreProbed(t *testing.T) {
	w := worlds(small(), 2)[0]
	w.New = func(p netmodel.Profile, d int) System { return &amnesiac{hostSystem: NewHost(p, d).(*hostSystem)} }
	_, err := w.Explore(0)
	if err == nil {
		t.Error("a system whose past shows only two operations later is not found out")
	}
}

// amnesiac gives a wrong limit after a file was opened and closed, when a listen with
// backlog 1 follows while a request is pending. The reference model has the same state
// with and without the file.
type amnesiac struct {
	*hostSystem
	opened bool
}

func (a *amnesiac) Clone() System {
	return &amnesiac{hostSystem: a.hostSystem.Clone().(*hostSystem), opened: a.opened}
}

func (a *amnesiac) Do(op Op) Result {
	r := a.hostSystem.Do(op)
	a.opened = a.opened || op.Kind == CloseFile
	if a.opened && op.Kind == Listen && op.N == 1 && len(r.Queue) > 0 {
		r.Limit++
	}
	return r
}

func TestAStateIsTheSameWhateverLedToIt(t *testing.T) {
	state := func(line string) string {
		h, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		r := newReference(small(), 4)
		for _, op := range h {
			r.Do(op)
		}
		return string(r.appendState(nil))
	}
	for _, c := range []struct {
		one, other string
		same       bool
	}{
		{"openfile closefile listen(2)", "listen(2)", true},
		{"time(5) listen(2)", "listen(2) time(7)", true},
		{"listen(2) syn(a) time(500)", "time(500) listen(2) syn(a) time(500)", true},
		{"listen(1) close open listen(2)", "listen(2)", true},
		{"listen(2) syn(a)", "listen(2) syn(a) time(1)", false},
		{"listen(2) syn(a) syn(b) ack(a) ack(b)", "listen(2) syn(a) syn(b) ack(b) ack(a)", false},
		{"listen(2) syn(a) ack(a)", "listen(2) syn(a) ack(a) accept(defer)", false},
		{"listen(2) syn(a)", "listen(2) syn(b)", false},
		{"listen(2)", "listen(1)", false},
		{"listen(2) pause(on)", "listen(2)", false},
	} {
		if got := state(c.one) == state(c.other); got != c.same {
			t.Errorf("%q and %q lead to the same state: %v, want %v", c.one, c.other, got, c.same)
		}
	}
}
