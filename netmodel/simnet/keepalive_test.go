package simnet_test

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/winsock"
)

// afterACut runs a connection whose link is cut, and returns how long after the cut its
// client's Read ends, and how.
func afterACut(t *testing.T, p netmodel.Profile, set func(c *simnet.Conn) error, limit time.Duration) (took time.Duration, err error) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Profile: p})
		defer n.Close()
		listenOn(t, n)
		c := dialed(t, n).(*simnet.Conn)
		if err := set(c); err != nil {
			t.Fatal(err)
		}
		n.Cut(n.Host("client"), n.Host("server"))
		began := time.Now()
		_ = c.SetReadDeadline(began.Add(limit))
		_, err = c.Read(make([]byte, 1))
		took = time.Since(began)
	})
	return took, err
}

func TestAnIdleReadEndsByKeepAliveAfterACut(t *testing.T) {
	s := time.Second
	never := os.ErrDeadlineExceeded
	for _, x := range []struct {
		name    string
		profile netmodel.Profile
		set     func(c *simnet.Conn) error
		want    error
		after   time.Duration
		why     string
	}{
		{"by default", profiles.FreeBSD(), func(*simnet.Conn) error { return nil }, syscall.ETIMEDOUT, 150 * s, "15 s, then nine probes 15 s apart"},
		{"by default on Linux", profiles.Linux(), func(*simnet.Conn) error { return nil }, syscall.ETIMEDOUT, 150 * s, "up to 8/63 later, by its timer wheel; measured 151.2 s"},
		{"by default on Windows", profiles.Windows(), func(*simnet.Conn) error { return nil }, syscall.Errno(winsock.WSAENETRESET), 150 * s, "Winsock's recv page"},
		{"off", profiles.FreeBSD(), func(c *simnet.Conn) error { return c.SetKeepAlive(false) }, never, time.Hour, "no probes"},
		{"off and on again", profiles.FreeBSD(), func(c *simnet.Conn) error {
			return errors.Join(c.SetKeepAlive(false), c.SetKeepAlivePeriod(5*s), c.SetKeepAlive(true))
		}, syscall.ETIMEDOUT, 140 * s, "what was set meanwhile holds"},
		{"SetKeepAlivePeriod", profiles.FreeBSD(), func(c *simnet.Conn) error { return c.SetKeepAlivePeriod(60 * s) }, syscall.ETIMEDOUT, 195 * s, "sets the first wait alone"},
		{"SetKeepAlivePeriod of less than a second", profiles.FreeBSD(), func(c *simnet.Conn) error { return c.SetKeepAlivePeriod(time.Millisecond) }, syscall.ETIMEDOUT, 136 * s, "is rounded up to 1 s"},
		{"SetKeepAliveConfig", profiles.FreeBSD(), func(c *simnet.Conn) error {
			return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 2 * s, Interval: 3 * s, Count: 4})
		}, syscall.ETIMEDOUT, 14 * s, "2 s and four times 3 s"},
		{"SetKeepAliveConfig with defaults", profiles.FreeBSD(), func(c *simnet.Conn) error {
			return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Count: -1, Interval: -1, Idle: 5 * s})
		}, syscall.ETIMEDOUT, 140 * s, "0 is the default, and less is left as it is"},
		{"SetKeepAliveConfig off", profiles.FreeBSD(), func(c *simnet.Conn) error { return c.SetKeepAliveConfig(net.KeepAliveConfig{}) }, never, time.Hour, "Enable is false"},
		{"SetUserTimeout", profiles.Linux(), func(c *simnet.Conn) error { return c.SetUserTimeout(40 * s) }, syscall.ETIMEDOUT, 45 * s, "ends at the first probe after 40 s"},
	} {
		t.Run(x.name, func(t *testing.T) {
			took, err := afterACut(t, x.profile, x.set, time.Hour)
			took = took.Round(time.Millisecond) // the connection began a nanosecond before
			if !errors.Is(err, x.want) || took < x.after || took > x.after+x.after/15 {
				t.Errorf("Read of an idle connection that is cut: %v after %v, want %v after %v (%s)", err, took, x.want, x.after, x.why)
			}
		})
	}
}

func TestKeepAliveSettingsThatNoSystemTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, x := range []struct {
			profile netmodel.Profile
			set     func(c *simnet.Conn) error
			want    error
		}{
			{profiles.Linux(), func(c *simnet.Conn) error { return c.SetKeepAlivePeriod(32768 * time.Second) }, syscall.EINVAL},
			{profiles.Linux(), func(c *simnet.Conn) error { return c.SetKeepAlivePeriod(1<<63 - 1) }, syscall.EINVAL},
			{profiles.Linux(), func(c *simnet.Conn) error {
				return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Count: 128})
			}, syscall.EINVAL},
			{profiles.Linux(), func(c *simnet.Conn) error { return c.SetUserTimeout(-time.Second) }, syscall.EINVAL},
			{profiles.FreeBSD(), func(c *simnet.Conn) error { return c.SetUserTimeout(time.Second) }, syscall.ENOPROTOOPT},
		} {
			n := simnet.New(simnet.Config{Profile: x.profile})
			listenOn(t, n)
			c := dialed(t, n).(*simnet.Conn)
			if err := x.set(c); !errors.Is(err, x.want) || !strings.Contains(err.Error(), "setsockopt") {
				t.Errorf("on %s: got %v, want setsockopt: %v", x.profile.Name, err, x.want)
			}
			_ = c.Close()
			if err := c.SetKeepAlive(true); !errors.Is(err, net.ErrClosed) {
				t.Errorf("SetKeepAlive of a closed connection: %v, want %v", err, net.ErrClosed)
			}
			_ = n.Close()
		}
	})
}

func TestKeepAliveProbesAreInTheTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		defer n.Close()
		listenOn(t, n)
		dialed(t, n)
		time.Sleep(40 * time.Second)
		var b strings.Builder
		_ = n.WriteTrace(&b, true)
		if k := strings.Count(b.String(), "keep-alive probe, 1"); k != 2 {
			t.Errorf("40 s of silence: %d probes of the client in the trace, want 2\n%s", k, b.String())
		}
	})
}

func TestNothingIsProbedWhileBytesPass(t *testing.T) {
	for _, latency := range []time.Duration{0, time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			n := simnet.New(simnet.Config{Link: netmodel.Link{Latency: latency}})
			defer n.Close()
			l := listenOn(t, n)
			c := dialed(t, n)
			if _, err := l.Accept(); err != nil { // from now on it has keep-alive as well
				t.Fatal(err)
			}
			for range 10 {
				time.Sleep(10 * time.Second)
				_, _ = io.WriteString(c, "x")
			}
			records, _ := n.Records()
			for _, r := range records {
				if r.Kind == netmodel.ProbeSent {
					t.Errorf("latency %v: host %d probes at %v, want no probe while a byte comes every 10 s", latency, r.Host, r.At)
				}
			}
		})
	}
}

const waitsInVain = "SIMNET_WAITS_IN_VAIN"

// TestWaitsInVain is what the process of the next test runs.
func TestWaitsInVain(t *testing.T) {
	if os.Getenv(waitsInVain) == "" {
		t.Skip("it never ends well, so another test runs it in a process of its own")
	}
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		listenOn(t, n)
		_, _ = io.ReadAll(dialed(t, n)) // nobody sends anything
	})
}

// Probes must not keep a bubble going for ever in which all wait for each other.
func TestABubbleWithAnIdleConnectionStillEndsInADeadlock(t *testing.T) {
	command := exec.Command(os.Args[0], "-test.run=^TestWaitsInVain$", "-test.timeout=20s")
	command.Env = append(os.Environ(), waitsInVain+"=1")
	if b, err := command.CombinedOutput(); err == nil || !strings.Contains(string(b), "deadlock: all goroutines in bubble are blocked") {
		t.Errorf("a client that reads from a silent server: %v, want the deadlock of testing/synctest\n%s", err, b)
	}
}
