//go:build linux

package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"wspsim/netmodel/profiles"
)

// The situations of errors_test.go that can be made on 127.0.0.1, on the kernel that
// this test runs on and on the virtual network: a program cannot tell them apart.
func TestErrorsAreThoseOfTheRealKernel(t *testing.T) {
	skipUnlessTheKernelIsTheProfiles(t)
	for _, s := range allSituations() {
		if !s.kernel {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			var got account
			synctest.Test(t, func(t *testing.T) { got = accountOf(s.meet(virtual(t, profiles.Linux()))) })
			if want := accountOf(s.meet(actual(t))); got != want {
				t.Errorf("%s:\nsimnet %v\nkernel %v\n(%s)", s.name, got, want, s.why)
			}
		})
	}
}

// skipUnlessTheKernelIsTheProfiles skips on kernels that profiles.Linux does not
// describe, and where there is no loopback.
func skipUnlessTheKernelIsTheProfiles(t *testing.T) {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Skipf("which kernel is this? %v", err)
	}
	if p, err := profiles.LinuxOf(strings.TrimSpace(string(release))); err != nil || p.Name != profiles.Linux().Name {
		t.Skipf("the kernel is %s, want one that %q describes", release, profiles.Linux().Long)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("listen on 127.0.0.1: %v", err)
	}
	_ = l.Close()
}

// actual returns the world of package net.
func actual(t *testing.T) *world {
	w := &world{
		T:       t,
		listen:  net.Listen,
		dial:    new(net.Dialer).DialContext,
		address: "127.0.0.1:0",
	}
	w.silence = w.fillQueue
	return w
}

// fillQueue shrinks the backlog of a listener to nothing and lets clients come until
// one is not answered.
func (w *world) fillQueue(l listener) {
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		w.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), 0) }); err != nil || failed != nil {
		w.Fatalf("listen(fd, 0): got %v, %v", err, failed)
	}
	for range 4 {
		ctx, cancel := context.WithTimeout(w.Context(), 2*soon)
		c, err := w.dial(ctx, "tcp", l.Addr().String())
		cancel()
		if err != nil {
			return
		}
		w.Cleanup(func() { _ = c.Close() })
	}
	w.Fatalf("4 clients were answered by a listener of backlog 0")
}

// account is all that a program can tell about an error.
type account struct {
	types              string // along the chain
	op, net            string
	source, addr       string // types
	call               string
	errno              syscall.Errno
	timeout, temporary bool
	text               string // with A for Source and B for Addr
}

// ours are the types that stand for unexported ones of package net. A dial whose
// deadline passes returns either of two there: the context's timer and the poller's
// ring at the same time.
var ours = map[string]string{
	"simnet.dialTimeout":          "dial timeout",
	"*net.timeoutError":           "dial timeout",
	"*poll.DeadlineExceededError": "dial timeout",
	"simnet.dialCanceled":         "net.canceledError",
}

func accountOf(err error) account {
	var a account
	if err == nil {
		return a
	}
	a.text = err.Error()
	if e, ok := err.(net.Error); ok {
		//lint:ignore SA1019 net/http asks for it, so it matters
		a.timeout, a.temporary = e.Timeout(), e.Temporary()
	}
	if e, ok := err.(*net.OpError); ok {
		a.op, a.net, a.source, a.addr = e.Op, e.Net, fmt.Sprintf("%T", e.Source), fmt.Sprintf("%T", e.Addr)
		for _, x := range []struct {
			address net.Addr
			letter  string
		}{{e.Source, "A"}, {e.Addr, "B"}} {
			if x.address != nil {
				a.text = strings.ReplaceAll(a.text, x.address.String(), x.letter)
			}
		}
	}
	for ; err != nil; err = errors.Unwrap(err) {
		name := fmt.Sprintf("%T", err)
		if same, known := ours[name]; known && a.op == "dial" {
			name = same
		}
		a.types += name + " "
		switch e := err.(type) {
		case *os.SyscallError:
			a.call = e.Syscall
		case syscall.Errno:
			a.errno = e
		}
	}
	return a
}

// What is no error looks alike, too.
func TestConnectionsLookLikeThoseOfTheRealKernel(t *testing.T) {
	skipUnlessTheKernelIsTheProfiles(t)
	describe := func(w *world) string {
		c, s := w.pair()
		zero, err := c.Write(nil)
		early, _ := s.Read(nil)
		same := c.LocalAddr().String() == s.RemoteAddr().String() && c.RemoteAddr().String() == s.LocalAddr().String()
		return fmt.Sprintf("addresses %T, of network %s, with %d bytes of IP; the same at both ends: %v; zero bytes: %d, %v, %d",
			c.LocalAddr(), c.LocalAddr().Network(), len(c.LocalAddr().(*net.TCPAddr).IP), same, zero, err, early)
	}
	var got string
	synctest.Test(t, func(t *testing.T) { got = describe(virtual(t, profiles.Linux())) })
	if want := describe(actual(t)); got != want {
		t.Errorf("a connection:\nsimnet %s\nkernel %s", got, want)
	}
}
