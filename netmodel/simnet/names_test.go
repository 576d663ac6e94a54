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
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/hooks"
	"wspsim/netmodel/winsock"
)

func TestNamesOfHostsAndServicesAreThoseOfPackageNet(t *testing.T) {
	for _, x := range []struct {
		from, address, want, why string
	}{
		{"client", "server:80", "server:80", "a host and a port"},
		{"client", "SERVER:80", "server:80", "names are case-insensitive"},
		{"client", "server.:80", "server:80", "the dot of the root"},
		{"client", "Server.:HTTP", "server:80", "services are case-insensitive too"},
		{"client", "server:ssh", "server:22", "net/lookup.go: services"},
		{"client", "server:smtp", "server:25", "net/lookup.go: services"},
		{"client", "server:https", "server:443", "net/lookup.go: services"},
		{"client", "server:domain", "server:53", "net/lookup.go: services"},
		{"client", "server:+80", "server:80", "a sign is part of a number"},
		{"server", "localhost:80", "server:80", "the host itself"},
		{"server", "LocalHost.:80", "server:80", "the host itself"},
		{"server", "127.0.0.1:80", "server:80", "the host itself"},
		{"server", "127.9.9.9:80", "server:80", "all of 127.0.0.0/8 is the host itself (RFC 1122, 3.2.1.3)"},
		{"server", ":80", "server:80", "no host is the host itself"},
		{"server", "0.0.0.0:80", "server:80", "no host is the host itself"},
		{"client", "localhost:80", "connection refused", "nobody listens at the client"},
		{"client", "127.0.0.1:80", "connection refused", "nobody listens at the client"},
		{"server", ":+", "connection refused", "net/port.go: no digits are port 0"},
		{"client", "server:nosuch", "lookup tcp/nosuch: unknown port", "no such service"},
		{"client", "nosuch:80", "lookup nosuch: no such host", "no such host"},
		{"client", "nosuch.:80", "lookup nosuch.: no such host", "the name as asked for"},
	} {
		t.Run(x.from+" dials "+x.address, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := simnet.New(simnet.Config{})
				defer n.Close()
				for _, port := range []string{"80", "22", "25", "443", "53"} {
					if _, err := n.Host("server").Listen("tcp", ":"+port); err != nil {
						t.Fatal(err)
					}
				}
				c, err := n.Host(x.from).Dial("tcp", x.address)
				got := fmt.Sprint(err)
				if err == nil {
					got = strings.Replace(c.RemoteAddr().String(), n.Host("server").Addr().String(), "server", 1)
				}
				if !strings.HasSuffix(got, x.want) {
					t.Errorf("Dial(%q): %s, want %s (%s)", x.address, got, x.want, x.why)
				}
			})
		})
	}
}

func TestAHostHasOneNameWhateverItsCase(t *testing.T) {
	n := simnet.New(simnet.Config{})
	defer n.Close()
	if a, b, c := n.Host("Web"), n.Host("web"), n.Host("WEB."); a != b || a != c || a.Name() != "web" {
		t.Errorf("Host of Web, web and WEB.: three hosts or the name %q, want one with the name web", a.Name())
	}
}

func TestLocalhostIsNoNameOfAHost(t *testing.T) {
	n := simnet.New(simnet.Config{})
	defer n.Close()
	for _, address := range []string{"localhost:80", "LOCALHOST:80", "localhost.:80", "127.0.0.1:80"} {
		if l, err := n.Listen("tcp", address); err == nil {
			t.Errorf("Network.Listen(%q): a listener at %v, want an error: a network has no host of that name", address, l.Addr())
		} else if !strings.Contains(err.Error(), "Host.Listen") {
			t.Errorf("Network.Listen(%q): %v, want an error that names Host.Listen", address, err)
		}
	}
	h := n.Host("server")
	l, err := h.Listen("tcp", "localhost:80")
	if err != nil {
		t.Fatalf("Host.Listen(localhost:80): %v, want a listener", err)
	}
	c, err := h.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Errorf("Dial of %v from the host itself: %v, want a connection", l.Addr(), err)
	} else {
		_ = c.Close()
	}
}

func TestANilContextIsThePanicOfPackageNet(t *testing.T) {
	n := simnet.New(simnet.Config{})
	defer n.Close()
	panicOf := func(dial func(ctx context.Context, network, address string) (net.Conn, error)) (p any) {
		defer func() { p = recover() }()
		_, _ = dial(nil, "tcp", "127.0.0.1:1")
		return nil
	}
	want := panicOf(new(net.Dialer).DialContext)
	for name, dial := range map[string]func(ctx context.Context, network, address string) (net.Conn, error){
		"Host.DialContext": n.Host("client").DialContext, "Dialer.DialContext": n.Host("client").Dialer("d").DialContext,
	} {
		if got := panicOf(dial); got != want {
			t.Errorf("%s(nil, ...) panics with %v, want %v as package net", name, got, want)
		}
	}
}

// The deadline of the socket and the timer of the context ring together, and one of
// them wins. (golang/go#64449)
func TestADialThatTimesOutHasExactlyOneOfTwoErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Seed: 7})
		defer n.Close()
		h := n.Host("client")
		n.Cut(h, n.Host("server"))
		const dials = 700
		counts := map[string]int{}
		for range dials {
			_, err := h.DialTimeout("tcp", "server:80", time.Millisecond)
			timeout := net.Error(nil)
			if !errors.As(err, &timeout) || !timeout.Timeout() || !strings.HasSuffix(err.Error(), "i/o timeout") {
				t.Fatalf("DialTimeout: %v, want an i/o timeout", err)
			}
			counts[fmt.Sprint(errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded))]++
		}
		if of, ctx := counts["true false"], counts["false true"]; of+ctx != dials || ctx < 70 || ctx > 130 {
			t.Errorf("%d dials past their deadline: %v (os.ErrDeadlineExceeded, context.DeadlineExceeded), want about 100 of the second kind and no other", dials, counts)
		}
	})
}

// What accept does with a connection that its client has reset while it was queued.
func TestAConnectionResetInTheQueueReachesAcceptAsOnItsSystem(t *testing.T) {
	windows := profiles.Windows()
	windows.Aborted = netmodel.AbortedAtAccept
	for _, x := range []struct {
		name    string
		profile netmodel.Profile
		want    string // what Accept returns, or the first Read of what it returns
		why     string
	}{
		{"linux", profiles.Linux(), "read: read: connection reset by peer", "K12: accept succeeds"},
		{"darwin", profiles.Darwin(), "accept: i/o timeout", "an empty address, of which package syscall makes ECONNABORTED"},
		{"freebsd", profiles.FreeBSD(), "accept: i/o timeout", "ECONNABORTED, which package net skips"},
		{"windows", profiles.Windows(), "read: wsarecv: " + errnoText(winsock.WSAECONNRESET), "WS.X7: accept succeeds"},
		{"windows, as seen by Go", windows, "accept: i/o timeout", "WS.X6: WSAECONNRESET, which package net skips"},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := simnet.New(simnet.Config{Profile: x.profile, Descriptors: 20})
				defer n.Close()
				l := listenOn(t, n)
				for range 3 {
					c := dialed(t, n).(*simnet.Conn)
					_ = c.SetLinger(0)
					_ = c.Close()
				}
				time.Sleep(soon)
				free := n.Host("server").FreeDescriptors()
				_ = l.SetDeadline(time.Now().Add(soon))
				var got string
				if s, err := l.Accept(); err != nil {
					got = "accept: " + inmost(err)
				} else {
					_, err = s.Read(make([]byte, 1))
					got = "read: " + inmost(err)
					_ = s.Close()
				}
				if got != x.want {
					t.Errorf("three connections reset in the queue: %s, want %s (%s)", got, x.want, x.why)
				}
				time.Sleep(soon)
				if now := n.Host("server").FreeDescriptors(); now != free {
					t.Errorf("%d descriptors are free after it, want %d as before", now, free)
				}
			})
		})
	}
}

// inmost is what stands within the *net.OpError.
func inmost(err error) string {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err.Error()
	}
	return fmt.Sprint(err)
}

// errnoText is how this build prints a number of Windows.
func errnoText(e winsock.Errno) string { return syscall.Errno(e).Error() }

func TestAnUnknownServiceIsNamedWithTheNetworkThatWasAskedFor(t *testing.T) {
	n := simnet.New(simnet.Config{})
	defer n.Close()
	n.Host("server")
	_, err := n.Host("client").Dial("tcp4", "server:nosuch")
	if want := "dial tcp4: lookup tcp4/nosuch: unknown port"; fmt.Sprint(err) != want {
		t.Errorf("Dial(tcp4, server:nosuch): got %v, want %s", err, want)
	}
}

func TestAHostIsFoundByItsNameHoweverItIsWritten(t *testing.T) {
	n := simnet.New(simnet.Config{})
	defer n.Close()
	h := n.AddHost("Server", simnet.HostConfig{})
	for _, name := range []string{"server", "Server", "SERVER."} {
		if n.Host(name) != h || hooks.UnlimitedHost(n, name) != any(h) {
			t.Errorf("Host(%q), UnlimitedHost(%q): another host, want the one added as \"Server\"", name, name)
		}
	}
}
