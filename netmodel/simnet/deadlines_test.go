package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/simnet"
)

func TestDeadlinesEndAWaitWhenTheySay(t *testing.T) {
	const never = time.Hour // after which somebody comes
	after := func(d time.Duration) time.Time { return time.Now().Add(d) }
	for _, x := range []struct {
		name  string
		plan  func(set func(time.Time))
		takes time.Duration
		why   string
	}{
		{"past", func(set func(time.Time)) { set(time.Unix(1, 0)) }, 0, "the call does not wait"},
		{"now", func(set func(time.Time)) { set(time.Now()) }, 0, "a deadline that is due has passed"},
		{"future", func(set func(time.Time)) { set(after(time.Second)) }, time.Second, "no earlier, no later"},
		{"none", func(func(time.Time)) {}, never, "it waits as long as it takes"},
		{"far", func(set func(time.Time)) { set(after(1 << 62)) }, never, "146 years are more than the model counts"},
		{"moved later before", func(set func(time.Time)) { set(after(time.Second)); set(after(3 * time.Second)) }, 3 * time.Second, "the last one counts"},
		{"moved earlier meanwhile", func(set func(time.Time)) {
			set(after(5 * time.Second))
			time.AfterFunc(time.Second, func() { set(after(time.Second)) })
		}, 2 * time.Second, "one who waits already hears of it"},
		{"moved later meanwhile", func(set func(time.Time)) {
			set(after(2 * time.Second))
			time.AfterFunc(time.Second, func() { set(after(4 * time.Second)) })
		}, 5 * time.Second, "one who waits already hears of it"},
		{"moved to the past meanwhile", func(set func(time.Time)) {
			time.AfterFunc(time.Second, func() { set(time.Unix(1, 0)) })
		}, time.Second, "how programs interrupt a call"},
		{"cleared before", func(set func(time.Time)) { set(time.Unix(1, 0)); set(time.Time{}) }, never, "the zero time is never"},
		{"cleared meanwhile", func(set func(time.Time)) {
			set(after(2 * time.Second))
			time.AfterFunc(time.Second, func() { set(time.Time{}) })
		}, never, "the zero time is never"},
	} {
		for _, w := range waits {
			t.Run(w.name+"/"+x.name, func(t *testing.T) {
				withPair(t, simnet.Config{Window: 100, Link: millisecondAway}, func(t *testing.T, n *simnet.Network, c, s *simnet.Conn) {
					set, wait, serve := w.of(t, n, c, s)
					x.plan(set)
					defer time.AfterFunc(never, serve).Stop()
					began := time.Now()
					err := wait()
					took := time.Since(began).Round(10 * time.Millisecond)
					if late := errors.Is(err, os.ErrDeadlineExceeded); took != x.takes || late != (x.takes != never) || (err != nil) != late {
						t.Errorf("%s, deadline %s: got %v after %v, want it to end after %v (%s)", w.name, x.name, err, took, x.takes, x.why)
					}
				})
			})
		}
	}
}

// waits are the calls that wait for a deadline: how it is set, the call, and what ends
// its wait without an error.
var waits = []struct {
	name string
	of   func(t *testing.T, n *simnet.Network, c, s *simnet.Conn) (set func(time.Time), wait func() error, serve func())
}{
	{"Read", func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) (func(time.Time), func() error, func()) {
		return settingOf(t, c.SetReadDeadline), func() error { return readErr(c) }, func() { _ = writeErr(s) }
	}},
	{"Read by SetDeadline", func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) (func(time.Time), func() error, func()) {
		return settingOf(t, c.SetDeadline), func() error { return readErr(c) }, func() { _ = writeErr(s) }
	}},
	{"Write", func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) (func(time.Time), func() error, func()) {
		if n, err := c.Write(make([]byte, 100)); n != 100 || err != nil {
			t.Errorf("Write of 100 bytes into a window of 100: got %d, %v", n, err)
		}
		return settingOf(t, c.SetWriteDeadline), func() error { return writeErr(c) }, func() { _ = readErr(s) }
	}},
	{"Accept", func(t *testing.T, n *simnet.Network, _, _ *simnet.Conn) (func(time.Time), func() error, func()) {
		l, err := n.Listen("tcp", "other:80")
		if err != nil {
			t.Fatal(err)
		}
		client := n.Host("client")
		return settingOf(t, l.SetDeadline), func() error { return acceptErr(l) }, func() { _, _ = client.Dial("tcp", "other:80") }
	}},
}

// settingOf sets a deadline, which never fails on what is open.
func settingOf(t *testing.T, set func(time.Time) error) func(time.Time) {
	return func(at time.Time) {
		if err := set(at); err != nil {
			t.Errorf("setting a deadline of %v: got %v, want nil", at, err)
		}
	}
}

func TestADeadlineOfOneDirectionLeavesTheOtherAlone(t *testing.T) {
	past := time.Unix(1, 0)
	for _, x := range []struct {
		name        string
		set         func(c *simnet.Conn)
		read, write bool // they fail
	}{
		{"read", func(c *simnet.Conn) { _ = c.SetReadDeadline(past) }, true, false},
		{"write", func(c *simnet.Conn) { _ = c.SetWriteDeadline(past) }, false, true},
		{"both", func(c *simnet.Conn) { _ = c.SetDeadline(past) }, true, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			withPair(t, simnet.Config{}, func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) {
				_ = writeErr(s)
				time.Sleep(time.Second)
				x.set(c)
				got := fmt.Sprint(readErr(c) != nil, writeErr(c) != nil)
				checkValue(t, "whether Read and Write fail after a past deadline for "+x.name, got, fmt.Sprint(x.read, x.write))
			})
		})
	}
}

// Bytes that were written before a deadline stay written: a program may go on.
func TestAWriteThatIsLateSaysHowMuchItWrote(t *testing.T) {
	withPair(t, simnet.Config{Window: 100}, func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) {
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := c.Write(make([]byte, 250))
		if n != 100 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write of 250 bytes into a window of 100: got %d, %v, want 100 and the deadline", n, err)
		}
		_ = s.SetReadDeadline(time.Now().Add(time.Second))
		read := 0
		for {
			n, err := s.Read(make([]byte, 64))
			read += n
			if err != nil {
				break
			}
		}
		checkValue(t, "bytes that the peer reads", read, n)
	})
}

// When a dial has returned, nothing of it is left that a bubble would wait for.
func TestADialThatEndsLeavesNobodyBehind(t *testing.T) {
	for _, x := range []struct {
		name string
		dial func(h *simnet.Host) error
		want error
	}{
		{"deadline", func(h *simnet.Host) error { _, err := h.DialTimeout("tcp", "silent:80", time.Second); return err }, os.ErrDeadlineExceeded},
		{"cancel", func(h *simnet.Host) error {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(time.Second, cancel)
			_, err := h.DialContext(ctx, "tcp", "silent:80")
			return err
		}, context.Canceled},
	} {
		t.Run(x.name, func(t *testing.T) {
			for range 100 { // the scheduler decides whether it is left
				synctest.Test(t, func(t *testing.T) {
					n := simnet.New(simnet.Config{Link: millisecondAway})
					client := n.Host("client")
					n.Cut(client, n.Host("silent"))
					if err := x.dial(client); !errors.Is(err, x.want) {
						t.Errorf("dial of a host that is cut off: got %v, want %v", err, x.want)
					}
				}) // panics if somebody is left
			}
		})
	}
}

func TestATimeoutOfZeroIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		defer n.Close()
		listenOn(t, n)
		if _, err := n.Host("client").DialTimeout("tcp", "server:80", 0); err != nil {
			t.Errorf("DialTimeout(0): got %v, want a connection, as from net.DialTimeout", err)
		}
		if _, err := n.Host("client").DialTimeout("tcp", "server:80", -1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("DialTimeout(-1): got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}
