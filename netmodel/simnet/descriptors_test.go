package simnet_test

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
)

// budget is a server whose program may have so many descriptors open, and a client
// without a limit.
type budget struct {
	*testing.T
	net    *simnet.Network
	server *simnet.Host
	client *simnet.Host
}

func withBudget(t *testing.T, p netmodel.Profile, descriptors int, test func(b budget)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Profile: p, Link: millisecondAway})
		b := budget{t, n, n.AddHost("server", simnet.HostConfig{Descriptors: descriptors}), n.Host("client")}
		b.free("before anything", descriptors)
		test(b)
		_ = n.Close()
		time.Sleep(time.Minute)
		b.free("after everything", descriptors)
		if err := n.Check(); err != nil {
			t.Errorf("Check() when all is over: got %v, want nil", err)
		}
	})
}

// free checks how many descriptors the server has left, once it has settled.
func (b budget) free(when string, want int) {
	b.Helper()
	time.Sleep(time.Second)
	if got := b.server.FreeDescriptors(); got != want {
		b.Errorf("FreeDescriptors() %s: got %d, want %d", when, got, want)
	}
}

func (b budget) listen() *simnet.Listener {
	b.Helper()
	l, err := b.server.Listen("tcp", ":80")
	if err != nil {
		b.Fatalf("Listen(:80): got %v, want a listener", err)
	}
	return l
}

func (b budget) connect() net.Conn {
	b.Helper()
	c, err := b.client.Dial("tcp", "server:80")
	if err != nil {
		b.Fatalf("Dial(server:80): got %v, want a connection", err)
	}
	return c
}

// starving are the errors of accept without a descriptor, and what the system does.
var starving = []struct {
	profile netmodel.Profile
	call    string
	errno   syscall.Errno
	early   bool // before anybody has come
	loses   bool // the connection that could not be accepted
	why     string
}{
	{profiles.Linux(), "accept4", syscall.EMFILE, true, false, "a descriptor is taken before the queue is looked at"},
	{profiles.FreeBSD(), "accept4", syscall.EMFILE, true, false, "likewise (kern_accept4)"},
	{profiles.Darwin(), "accept", syscall.EMFILE, false, true, "the connection is taken first, and closed (xnu's accept)"},
	{profiles.Windows(), "socket", 10024, true, false, "AcceptEx wants a socket for the next connection (internal/poll, FD.Accept)"},
}

func TestAcceptWithoutADescriptorFailsAndRecovers(t *testing.T) {
	for _, x := range starving {
		t.Run(x.profile.Name, func(t *testing.T) {
			withBudget(t, x.profile, 3, func(b budget) {
				l := b.listen()
				check := func(when string, err error) {
					t.Helper()
					var call *os.SyscallError
					if !errors.As(err, &call) || call.Syscall != x.call || call.Err != error(x.errno) {
						t.Errorf("Accept() %s: got %v, want %s: %v (%s)", when, err, x.call, x.errno, x.why)
					}
				}
				b.connect()
				accepted, err := l.Accept()
				if err != nil {
					t.Fatalf("Accept() with a descriptor left: got %v, want a connection", err)
				}
				defer b.server.OpenFiles(1)()
				b.free("with a listener, a connection and a file", 0)
				if x.early {
					check("before anybody has come", acceptErr(l))
				} else {
					_ = l.SetDeadline(time.Now().Add(time.Second))
					if err := acceptErr(l); !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("Accept() before anybody has come: got %v, want the deadline (%s)", err, x.why)
					}
					_ = l.SetDeadline(time.Time{})
				}
				b.connect()
				time.Sleep(time.Second)
				for range 2 - btoi(x.loses) {
					check("with a connection in the queue", acceptErr(l))
				}
				b.free("after that", 0) // or a failure has leaked one
				_ = accepted.Close()
				time.Sleep(time.Second)
				_ = l.SetDeadline(time.Now().Add(time.Second))
				_, err = l.Accept()
				if lost := errors.Is(err, os.ErrDeadlineExceeded); lost != x.loses || err != nil && !lost {
					t.Errorf("Accept() once a descriptor is free: got %v, want the connection of before: %v (%s)", err, !x.loses, x.why)
				}
			})
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// What package net calls temporary is why accept loops of old retry. On Windows it
// is not: syscall.EMFILE is a number of Go's own there.
func TestOnlyUnixCallsALackOfDescriptorsTemporary(t *testing.T) {
	for _, x := range starving {
		t.Run(x.profile.Name, func(t *testing.T) {
			withBudget(t, x.profile, 2, func(b budget) {
				l := b.listen()
				defer b.server.OpenFiles(1)()
				b.connect()
				time.Sleep(time.Second)
				err, _ := acceptErr(l).(net.Error)
				//lint:ignore SA1019 net/http asks for it, so it matters
				if want := x.errno == syscall.EMFILE; err == nil || err.Temporary() != want || err.Timeout() {
					t.Errorf("Accept() without a descriptor: got %v, want one with Temporary() %v and Timeout() false", err, want)
				}
			})
		})
	}
}

func TestAnAcceptThatWaitsHoldsADescriptorOnWindowsOnly(t *testing.T) {
	for _, x := range []struct {
		profile netmodel.Profile
		want    int // free of 3, with a listener
		why     string
	}{
		{profiles.Linux(), 2, "accept4 takes one when it returns a connection"},
		{profiles.Darwin(), 2, "accept takes one when it returns a connection"},
		{profiles.Windows(), 1, "AcceptEx has got its socket already"},
	} {
		t.Run(x.profile.Name, func(t *testing.T) {
			withBudget(t, x.profile, 3, func(b budget) {
				l := b.listen()
				accept := func() { _, _ = l.Accept() }
				go accept()
				b.free("while Accept waits ("+x.why+")", x.want)
				b.connect()
				b.free("after it has accepted", 1) // on every system: listener and connection
				go accept()
				time.Sleep(time.Second)
				_ = l.SetDeadline(time.Unix(1, 0))
				b.free("after an accept that came to nothing", 1)
				_ = l.SetDeadline(time.Time{})
				go accept()
				time.Sleep(time.Second)
				_ = l.Close()
				b.free("after the listener was closed meanwhile", 2)
			})
		})
	}
}

// A descriptor is given back by whatever ends its use.
func TestDescriptorsComeBack(t *testing.T) {
	for _, x := range []struct {
		name string
		use  func(b budget) (end func() error) // takes one, and gives it back
		why  string
	}{
		{"a listener", func(b budget) func() error { return b.listen().Close }, "Close"},
		{"a connection", func(b budget) func() error {
			_, _ = b.net.Listen("tcp", "other:80")
			c, err := b.server.Dial("tcp", "other:80")
			if err != nil {
				b.Fatalf("Dial(other:80): got %v, want a connection", err)
			}
			return c.Close
		}, "Close"},
		{"a dial that is cancelled", func(b budget) func() error {
			b.net.Cut(b.server, b.net.Host("silent"))
			ctx, cancel := context.WithCancel(b.Context())
			go b.server.DialContext(ctx, "tcp", "silent:80")
			return func() error { cancel(); return nil }
		}, "the context ends"},
		{"a dial that is late", func(b budget) func() error {
			b.net.Cut(b.server, b.net.Host("silent"))
			go b.server.DialTimeout("tcp", "silent:80", 2*time.Second)
			return func() error { time.Sleep(2 * time.Second); return nil }
		}, "its deadline"},
		{"a file", func(b budget) func() error {
			closeAll := b.server.OpenFiles(1)
			return func() error { closeAll(); closeAll(); return nil }
		}, "closeAll, of which a second call does nothing"},
	} {
		for _, p := range []netmodel.Profile{profiles.Linux(), profiles.Windows()} {
			t.Run(p.Name+"/"+x.name, func(t *testing.T) {
				withBudget(t, p, 5, func(b budget) {
					end := x.use(b)
					b.free("during "+x.name, 4)
					if err := end(); err != nil {
						t.Errorf("the end of %s: got %v, want nil", x.name, err)
					}
					b.free("after "+x.name+" ("+x.why+")", 5)
				})
			})
		}
	}
}

func TestFailedCallsKeepNoDescriptor(t *testing.T) {
	for _, x := range []struct {
		name string
		call func(h *simnet.Host) error
	}{
		{"dial, refused", func(h *simnet.Host) error { _, err := h.Dial("tcp", "client:9"); return err }},
		{"dial, unknown name", func(h *simnet.Host) error { _, err := h.Dial("tcp", "nosuch:9"); return err }},
		{"listen, taken", func(h *simnet.Host) error { _, err := h.Listen("tcp", ":80"); return err }},
		{"listen, another's address", func(h *simnet.Host) error { _, err := h.Listen("tcp", "client:80"); return err }},
	} {
		t.Run(x.name, func(t *testing.T) {
			withBudget(t, profiles.Linux(), 3, func(b budget) {
				b.listen()
				for range 5 { // more than there are
					if err := x.call(b.server); err == nil || errors.Is(err, syscall.EMFILE) {
						t.Errorf("%s: got %v, want it to fail, and not for want of a descriptor", x.name, err)
					}
				}
				b.free("after "+x.name, 2)
			})
		})
	}
}

func TestOneBudgetIsSharedByAllSocketsAndFilesOfAHost(t *testing.T) {
	withBudget(t, profiles.Linux(), 4, func(b budget) {
		l := b.listen()
		c, err := b.server.Dial("tcp", "server:80") // to itself: it pays for both ends
		if err != nil {
			t.Fatalf("Dial(server:80) by the server itself: got %v, want a connection", err)
		}
		if _, err := l.Accept(); err != nil {
			t.Fatalf("Accept() with two descriptors left: got %v, want a connection", err)
		}
		b.free("with a listener and both ends of a connection", 1)
		closeAll := b.server.OpenFiles(10)
		b.free("after OpenFiles of more than there are", 0)
		for name, call := range map[string]func() error{
			"Dial":   func() error { _, err := b.server.Dial("tcp", "server:80"); return err },
			"Listen": func() error { _, err := b.server.Listen("tcp", ":81"); return err },
			"Accept": func() error { return acceptErr(l) },
		} {
			if err := call(); !errors.Is(err, syscall.EMFILE) {
				t.Errorf("%s without a descriptor: got %v, want EMFILE", name, err)
			}
		}
		closeAll()
		b.free("after the files are closed", 1)
		_ = c.Close()
		b.free("after one end of the connection is closed", 2)
	})
}
