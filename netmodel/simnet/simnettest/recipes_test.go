package simnettest_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/simnettest"
)

// bursts are those of README.md and of the documentation of the package.
var bursts = []struct{ clients, backlog int }{{60, 5}, {20, 2}}

// failedWith returns how many clients of a burst within 10 ms fail on a system when an
// ordinary server is made late, and how many of them to connect.
func failedWith(t *testing.T, system netmodel.Profile, clients, backlog int, late func(*simnet.Listener) net.Listener) (failed, dials int) {
	simnettest.Run(t, simnet.Config{Profile: system, Backlog: backlog, Seed: 1}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go handleEach(late(l))
		errs := t.Burst(clients, 10*time.Millisecond, func(d *simnet.Dialer) error {
			c, err := d.Dial("tcp", "server:80")
			if err == nil {
				_ = c.SetReadDeadline(time.Now().Add(time.Minute))
				_, err = io.ReadAll(c)
			}
			return err
		})
		failed = len(errs)
		for _, err := range errs {
			var op *net.OpError
			if errors.As(err, &op) && op.Op == "dial" {
				dials++
			}
		}
	})
	return failed, dials
}

// What the documentation says under "My server already does that".
func TestTheRecipesDoWhatTheDocumentationSays(t *testing.T) {
	stall := func(after, lasts time.Duration) func(*simnet.Listener) net.Listener {
		return func(l *simnet.Listener) net.Listener { return simnettest.Stall(l, after, lasts) }
	}
	slow := func(l *simnet.Listener) net.Listener { return simnettest.SlowAccept(l, 100*time.Millisecond) }
	for _, x := range []struct {
		system netmodel.Profile
		recipe string
		late   func(*simnet.Listener) net.Listener
		fails  bool
		why    string
	}{
		{profiles.Windows(), "Stall(l, 0, 300ms)", stall(0, 300*time.Millisecond), false, "clients of Windows ask for 2 s"},
		{profiles.Windows(), "Stall(l, 0, 3s)", stall(0, 3*time.Second), true, "that is longer"},
		{profiles.Windows(), "SlowAccept(l, 100ms)", slow, true, "20 accepts in 2 s"},
		{profiles.FreeBSD(), "Stall(l, 0, 300ms)", stall(0, 300*time.Millisecond), true, "an RST at once"},
		{profiles.WSP(), "Stall(l, 0, 300ms)", stall(0, 300*time.Millisecond), true, "refused at once"},
	} {
		for _, b := range bursts {
			if failed, _ := failedWith(t, x.system, b.clients, b.backlog, x.late); failed > 0 != x.fails {
				t.Errorf("%s with %s, a backlog of %d: %d of %d clients fail, want some to: %v: %s", x.system.Name, x.recipe, b.backlog, failed, b.clients, x.fails, x.why)
			}
		}
	}
}

func TestAStallMakesNoConnectFailOnLinux(t *testing.T) {
	for _, lasts := range []time.Duration{300 * time.Millisecond, 3 * time.Second, 30 * time.Second} {
		_, dials := failedWith(t, profiles.Linux(), 60, 5, func(l *simnet.Listener) net.Listener { return simnettest.Stall(l, 0, lasts) })
		if dials > 0 {
			t.Errorf("Linux with Stall(l, 0, %v): %d of 60 connects fail, want none: a client asks for two minutes", lasts, dials)
		}
	}
}

func TestMeantToFailAStallInVain(t *testing.T) {
	skipUnlessMeantToFail(t)
	failedWith(t, profiles.WSP(), 60, 5, func(l *simnet.Listener) net.Listener {
		return simnettest.Stall(l, time.Second, 300*time.Millisecond)
	})
	t.Error("it fails, for its log to be seen")
}

func TestMeantToFailAStallBetweenCrowds(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go handleEach(simnettest.Stall(l, 2*time.Second, time.Second))
		t.Burst(5, time.Second, hello)
		time.Sleep(4 * time.Second)
	})
	t.Error("it fails, for its log to be seen")
}

func TestMeantToFailAStallThatSomebodyMet(t *testing.T) {
	skipUnlessMeantToFail(t)
	failedWith(t, profiles.WSP(), 60, 5, func(l *simnet.Listener) net.Listener { return simnettest.Stall(l, 0, time.Second) })
	t.Error("it fails, for its log to be seen")
}

func TestAStallThatNobodyHasMetSaysSo(t *testing.T) {
	const said = "no client came during the pause, so the stall has tested nothing"
	for _, x := range []struct {
		test string
		want int
		why  string
	}{
		{"TestMeantToFailAStallInVain", 1, "the burst is over before the stall begins"},
		{"TestMeantToFailAStallBetweenCrowds", 1, "nobody comes meanwhile"},
		{"TestMeantToFailAStallThatSomebodyMet", 0, "all clients come meanwhile"},
	} {
		if got, err := outputOf(x.test); err != nil || strings.Count(got, said) != x.want {
			t.Errorf("%s: %v, it says %d times that nobody met the stall, want %d: %s\n%s", x.test, err, strings.Count(got, said), x.want, x.why, got)
		}
	}
}
