package lockstep

import (
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel"
)

func TestShrinkFindsTheCore(t *testing.T) {
	long, err := Parse("openfile listen(7) syn(h) dup(h) time(60000) syn(c) ack(c) accept(defer) closefile openfile time(4321) accept(reject) close")
	if err != nil {
		t.Fatal(err)
	}
	// Fails when a pause of at least 1234 ms follows a SYN, and a reject follows the pause.
	fails := func(h []Op) bool {
		syn := slices.IndexFunc(h, func(o Op) bool { return o.Kind == Syn })
		if syn < 0 {
			return false
		}
		pause := slices.IndexFunc(h[syn:], func(o Op) bool { return o.Kind == Time && o.N >= 1234 })
		return pause >= 0 && slices.Contains(h[syn+pause:], Op{Accept, 0, acceptReject})
	}
	got := Text(shrink(long, fails))
	if want := "syn(a) time(1234) accept(reject)"; got != want && !strings.HasPrefix(got, "syn(a) time(") {
		t.Errorf("Shrink = %q, want %q", got, want)
	}
	if n := len(shrink(long, fails)); n != 3 {
		t.Errorf("Shrink leaves %d operations, want 3", n)
	}
}

func TestShrinkTakesOutPairs(t *testing.T) {
	long, _ := Parse("listen(1) openfile syn(a) closefile close")
	balanced := func(h []Op) bool { // fails with a close and with as many openfile as closefile
		return slices.Contains(h, Op{Kind: Close}) && slices.Contains(h, Op{Kind: OpenFile}) == slices.Contains(h, Op{Kind: CloseFile})
	}
	if got := Text(shrink(long, balanced)); got != "close" {
		t.Errorf("Shrink = %q, want close alone", got)
	}
}

func TestShrinkMakesTheWorldSimple(t *testing.T) {
	// A host that refuses where it should ignore: only the setting full matters.
	wrong := func(p netmodel.Profile, d int) System {
		p.OnFull = netmodel.RefuseWhenFull
		return NewHost(p, d)
	}
	c, err := ParseCase("wsp full=ignore trim=oldest nesting=yes times=short descriptors=5: openfile listen(2) syn(c) syn(d) ack(c) syn(e) close")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Shrink(wrong).String(); got != "wsp full=ignore: listen(1) syn(a) syn(b)" {
		t.Errorf("Shrink = %q", got)
	}
}
