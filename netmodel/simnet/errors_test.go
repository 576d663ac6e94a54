package simnet_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
)

// situation is something that a program runs into, and what it then sees, in the
// notation of world.sight. darwin and freebsd are as unix where they are empty.
// windows is empty where nobody here knows what Windows says.
type situation struct {
	name                           string
	meet                           func(w *world) error
	unix, darwin, freebsd, windows string
	kernel                         bool // it can be made on 127.0.0.1
	why                            string
}

// systems are those whose errors are known.
var systems = []struct {
	profile netmodel.Profile
	want    func(s *situation) string
}{
	{profiles.Linux(), func(s *situation) string { return s.unix }},
	{profiles.Darwin(), func(s *situation) string { return orElse(s.darwin, s.unix) }},
	{profiles.FreeBSD(), func(s *situation) string { return orElse(s.freebsd, s.unix) }},
	{profiles.Windows(), func(s *situation) string { return s.windows }},
}

// notDecided stands where a system differs from Linux in a way that the model does
// not have: its profile follows the calls of Linux.
const notDecided = "?"

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestErrorsAreThoseOfTheSystem(t *testing.T) {
	for _, system := range systems {
		t.Run(system.profile.Name, func(t *testing.T) {
			for _, s := range allSituations() {
				want := system.want(&s)
				if want == "" || want == notDecided {
					continue
				}
				t.Run(s.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := virtual(t, system.profile)
						if got := w.sight(s.meet(w)); got != want {
							t.Errorf("%s on %s:\n got %s\nwant %s\n(%s)", s.name, system.profile.Name, got, want, s.why)
						}
					})
				})
			}
		})
	}
}

func allSituations() []situation {
	var all []situation
	for _, some := range [][]situation{addressSituations, dialSituations, listenSituations, connSituations, closedSituations} {
		all = append(all, some...)
	}
	return all
}

// both is for errors of package net itself: they are the same everywhere.
func both(name string, kernel bool, want, why string, meet func(w *world) error) situation {
	return situation{name: name, meet: meet, unix: want, windows: want, kernel: kernel, why: why}
}

// An address that package net does not take; no system is asked.
var addressSituations = []situation{
	both("dial an unknown name", false, "dial tcp <nil>-><nil>: lookup nosuch: no such host", "no Addr: there is none",
		func(w *world) error { return w.dialErr(w.Context(), "tcp", "nosuch:80") }),
	both("dial an unknown network", true, "dial tpc <nil>-><nil>: unknown network tpc", "Net is what was asked for",
		func(w *world) error { return w.dialErr(w.Context(), "tpc", "127.0.0.1:80") }),
	both("dial no address", true, "dial tcp <nil>-><nil>: missing address", "net/dial.go, resolveAddrList",
		func(w *world) error { return w.dialErr(w.Context(), "tcp", "") }),
	both("dial without a port", true, "dial tcp <nil>-><nil>: address 127.0.0.1: missing port in address", "net.SplitHostPort",
		func(w *world) error { return w.dialErr(w.Context(), "tcp", "127.0.0.1") }),
	both("dial a port out of range", true, "dial tcp <nil>-><nil>: address 70000: invalid port", "net/lookup.go, LookupPort",
		func(w *world) error { return w.dialErr(w.Context(), "tcp", "127.0.0.1:70000") }),
	both("dial a negative port", true, "dial tcp <nil>-><nil>: address -1: invalid port", "net/port.go: a sign is part of a number",
		func(w *world) error { return w.dialErr(w.Context(), "tcp", "127.0.0.1:-1") }),
	both("dial a port of 20 digits", true, "dial tcp <nil>-><nil>: address 99999999999999999999: invalid port", "net/port.go saturates",
		func(w *world) error { return w.dialErr(w.Context(), "tcp", "127.0.0.1:99999999999999999999") }),
	both("dial an unknown service", true, "dial tcp <nil>-><nil>: lookup tcp/nosuch: unknown port", "no number: a name",
		func(w *world) error { return w.dialErr(w.Context(), "tcp", "127.0.0.1:nosuch") }),
	both("listen on an unknown network", true, "listen tpc <nil>-><nil>: unknown network tpc", "Net is what was asked for",
		func(w *world) error { return w.listenErr("tpc", "127.0.0.1:80") }),
	both("listen on a port out of range", true, "listen tcp <nil>-><nil>: address 70000: invalid port", "net/lookup.go, LookupPort",
		func(w *world) error { return w.listenErr("tcp", "127.0.0.1:70000") }),
}

const (
	dialTimedOut = "dial tcp <nil>->server:80: i/o timeout (timeout) is ContextDeadline"
	dialTookLong = "dial tcp <nil>->server:80: i/o timeout (timeout) is Deadline"
	dialCanceled = "dial tcp <nil>->server:80: operation was canceled is Canceled"
)

// silent is the address of a server that does not answer.
func (w *world) silent() string {
	l := w.listening()
	w.silence(l)
	return l.Addr().String()
}

var dialSituations = []situation{
	{name: "dial with nobody listening", meet: func(w *world) error {
		l := w.listening()
		_ = l.Close()
		time.Sleep(soon)
		return w.dialErr(w.Context(), "tcp", l.Addr().String())
	}, unix: "dial tcp <nil>->server:80: connect ECONNREFUSED is ECONNREFUSED",
		windows: "dial tcp <nil>->server:80: connectex 10061", kernel: true,
		why: "no Source; on Windows syscall.ECONNREFUSED is a number that no call returns"},
	{name: "dial tcp4 with nobody listening", meet: func(w *world) error {
		l := w.listening()
		_ = l.Close()
		time.Sleep(soon)
		return w.dialErr(w.Context(), "tcp4", l.Addr().String())
	}, unix: "dial tcp4 <nil>->server:80: connect ECONNREFUSED is ECONNREFUSED",
		windows: "dial tcp4 <nil>->server:80: connectex 10061", kernel: true,
		why: "Net is the network that was asked for (net/dial.go, dialSingle)"},
	{name: "dial port 0", meet: func(w *world) error {
		host, _, _ := net.SplitHostPort(w.listening().Addr().String())
		return w.dialErr(w.Context(), "tcp", net.JoinHostPort(host, "0"))
	}, unix: "dial tcp <nil>->server: connect ECONNREFUSED is ECONNREFUSED",
		darwin:  "dial tcp <nil>->server: connect EADDRNOTAVAIL is EADDRNOTAVAIL",
		freebsd: "dial tcp <nil>->server: connect EADDRNOTAVAIL is EADDRNOTAVAIL",
		windows: "dial tcp <nil>->server: connectex 10049", kernel: true,
		why: "to Linux it is a port like others; in_pcbconnect of BSD and ConnectEx do not take it"},
	{name: "dial no host", meet: func(w *world) error {
		l := w.listening()
		_ = l.Close()
		time.Sleep(soon)
		_, port, _ := net.SplitHostPort(l.Addr().String())
		return w.dialErr(w.Context(), "tcp", ":"+port)
	}, unix: "dial tcp <nil>->:80: connect ECONNREFUSED is ECONNREFUSED",
		windows: "dial tcp <nil>->:80: connectex 10061", kernel: true,
		why: "Addr is what was asked for, not what it means"},
	both("dial with a cancelled context", true, dialCanceled, "before anything is sent",
		func(w *world) error { return w.dialErr(w.cancelled(0), "tcp", w.listening().Addr().String()) }),
	both("dial with a context past its deadline", true, dialTimedOut, "before anything is sent",
		func(w *world) error {
			ctx, cancel := context.WithDeadline(w.Context(), time.Now().Add(-time.Second))
			defer cancel()
			return w.dialErr(ctx, "tcp", w.listening().Addr().String())
		}),
	both("dial, cancelled meanwhile", true, dialCanceled, "errors.Is finds context.Canceled, the text is of old",
		func(w *world) error {
			at := w.silent()
			return w.dialErr(w.cancelled(soon), "tcp", at)
		}),
	both("dial, deadline meanwhile", true, dialTookLong, "package net returns either of two errors; with this seed it is that of the socket",
		func(w *world) error {
			at := w.silent()
			return w.dialErr(w.deadline(), "tcp", at)
		}),
	{name: "dial with no answer at all", meet: func(w *world) error {
		return w.dialErr(w.Context(), "tcp", w.silent())
	}, unix: "dial tcp <nil>->server:80: connect ETIMEDOUT (timeout) is ETIMEDOUT",
		windows: "dial tcp <nil>->server:80: connectex 10060",
		why:     "on Windows Timeout() is false: its syscall.ETIMEDOUT is an invented number, too"},
	{name: "dial with no descriptor free", meet: func(w *world) error {
		h := w.net.AddHost("full", simnet.HostConfig{Descriptors: 1})
		h.OpenFiles(1)
		_, err := h.Dial("tcp", w.listening().Addr().String())
		return err
	}, unix: "dial tcp <nil>->server:80: socket EMFILE is EMFILE",
		windows: "dial tcp <nil>->server:80: socket 10024",
		why:     "the call that fails is socket"},
}

// How long a system tries before it says ETIMEDOUT.
func TestAConnectThatIsNotAnsweredTimesOutWhenTheSystemSays(t *testing.T) {
	for _, x := range []struct {
		profile netmodel.Profile
		want    time.Duration
		off     time.Duration // at most
		why     string
	}{
		{profiles.Linux(), 131 * time.Second, 5 * time.Second, "ip-sysctl, tcp_syn_retries: \"the final timeout ... after 131 seconds\"; its timers are late"},
		{profiles.Darwin(), 75 * time.Second, time.Second, "TCPTV_KEEP_INIT"},
		{profiles.FreeBSD(), 75 * time.Second, time.Second, "net.inet.tcp.keepinit"},
		{profiles.Windows(), 21 * time.Second, time.Second, "measured by others"},
	} {
		t.Run(x.profile.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := virtual(t, x.profile)
				at := w.silent()
				began := time.Now()
				err := w.dialErr(w.Context(), "tcp", at)
				if got := time.Since(began); err == nil || got < x.want-x.off || got > x.want+x.off {
					t.Errorf("dial of a host that is cut off: got %v after %v, want an error after %v ± %v (%s)", err, got, x.want, x.off, x.why)
				}
			})
		})
	}
}

// How long a refused dial takes: Windows sends its SYN four times more, 500 ms apart,
// but not for programs of Go that dial 127.0.0.1 (net/fd_windows.go, connect).
func TestARefusedDialTakesAsLongAsTheSystemTries(t *testing.T) {
	for _, x := range []struct {
		profile netmodel.Profile
		address string
		want    time.Duration
		why     string
	}{
		{profiles.Linux(), "server:9", 0, "an RST is final"},
		{profiles.Linux(), "127.0.0.1:9", 0, "an RST is final"},
		{profiles.Windows(), "server:9", 2 * time.Second, "TcpMaxConnectRetransmissions counts refusals, too"},
		{profiles.Windows(), "127.0.0.1:9", 0, "package net sets TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS"},
		{profiles.Windows(), "localhost:9", 0, "likewise"},
	} {
		t.Run(x.profile.Name+"/"+x.address, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := virtual(t, x.profile)
				began := time.Now()
				err := w.dialErr(w.Context(), "tcp", x.address)
				if got := time.Since(began).Round(100 * time.Millisecond); err == nil || got != x.want {
					t.Errorf("dial(%s) with nobody listening: got %v after %v, want an error after %v (%s)", x.address, err, got, x.want, x.why)
				}
			})
		})
	}
}

var listenSituations = []situation{
	{name: "listen on a taken address", meet: func(w *world) error {
		return w.listenErr("tcp", w.listening().Addr().String())
	}, unix: "listen tcp <nil>->server:80: bind EADDRINUSE is EADDRINUSE",
		windows: "listen tcp <nil>->server:80: bind 10048", kernel: true,
		why: "package net sets SO_REUSEADDR on Unix; it does not help against a listener"},
	{name: "listen on every address with a taken port", meet: func(w *world) error {
		w.listening()
		return w.listenErr("tcp", ":80")
	}, unix: "listen tcp <nil>->:80: bind EADDRINUSE is EADDRINUSE",
		why: "Addr is what was asked for; Windows lets both listen"},
	{name: "listen on another host's address", meet: func(w *world) error {
		return w.listenErr("tcp", "client:80")
	}, unix: "listen tcp <nil>->client:80: bind EADDRNOTAVAIL is EADDRNOTAVAIL",
		windows: "listen tcp <nil>->client:80: bind 10049",
		why:     "bind asks for the addresses of its own host"},
	{name: "listen with no descriptor free", meet: func(w *world) error {
		w.net.AddHost("full", simnet.HostConfig{Descriptors: 1}).OpenFiles(1)
		_, err := w.net.Listen("tcp", "full:80")
		return err
	}, unix: "listen tcp <nil>->?:80: socket EMFILE is EMFILE", windows: "listen tcp <nil>->?:80: socket 10024",
		why: "the call that fails is socket"},
	both("accept after close", true, "accept tcp <nil>->server:80: use of closed network connection is Closed", "Addr is the listener's",
		func(w *world) error { l := w.listening(); _ = l.Close(); return acceptErr(l) }),
	both("accept, closed meanwhile", true, "accept tcp <nil>->server:80: use of closed network connection is Closed", "it does not wait for ever",
		func(w *world) error {
			l := w.listening()
			time.AfterFunc(soon, func() { _ = l.Close() })
			return acceptErr(l)
		}),
	both("accept deadline", true, "accept tcp <nil>->server:80: i/o timeout (timeout) is Deadline", "it is no context's",
		func(w *world) error {
			l := w.listening()
			_ = l.SetDeadline(time.Now().Add(soon))
			return acceptErr(l)
		}),
	both("accept with a past deadline and a client", true, "accept tcp <nil>->server:80: i/o timeout (timeout) is Deadline",
		"the deadline is looked at first", func(w *world) error {
			l := w.listening()
			w.connect(l)
			time.Sleep(soon)
			_ = l.SetDeadline(time.Unix(1, 0))
			return acceptErr(l)
		}),
	both("close a listener twice", true, "close tcp <nil>->server:80: use of closed network connection is Closed", "Addr is the listener's",
		func(w *world) error { l := w.listening(); _ = l.Close(); return l.Close() }),
	both("set a deadline on a closed listener", true, "use of closed network connection is Closed",
		"net/tcpsock.go: the one error that package net does not wrap",
		func(w *world) error { l := w.listening(); _ = l.Close(); return l.SetDeadline(time.Time{}) }),
	{name: "accept with no descriptor free", meet: func(w *world) error {
		h := w.net.AddHost("starved", simnet.HostConfig{Descriptors: 2})
		l, err := h.Listen("tcp", ":80")
		if err != nil {
			return err
		}
		h.OpenFiles(1)
		_, err = w.net.Host("client").Dial("tcp", "starved:80")
		if err != nil {
			return err
		}
		return acceptErr(l)
	}, unix: "accept tcp <nil>->?:80: accept4 EMFILE is EMFILE", darwin: "accept tcp <nil>->?:80: accept EMFILE is EMFILE",
		windows: "accept tcp <nil>->?:80: socket 10024",
		why:     "Darwin has no accept4; Windows wants a socket first (internal/poll, FD.Accept)"},
	{name: "accept with no buffers", meet: func(w *world) error {
		l := w.listening()
		w.connect(l)
		w.net.Host("server").SetFault(netmodel.FaultNoBuffers, true)
		return acceptErr(l)
	}, unix: "accept tcp <nil>->server:80: accept4 ENOBUFS is ENOBUFS", darwin: "accept tcp <nil>->server:80: accept ENOBUFS is ENOBUFS",
		windows: "accept tcp <nil>->server:80: acceptex 10055",
		why:     "WSAENOBUFS, on Windows from AcceptEx itself"},
	{name: "accept a connection that was reset", meet: func(w *world) error {
		l := w.listening()
		c := w.connect(l)
		_ = c.SetLinger(0)
		_ = c.Close()
		time.Sleep(soon)
		_ = l.SetDeadline(time.Now().Add(soon))
		s, err := l.Accept()
		if err != nil {
			return err
		}
		defer s.Close()
		return readErr(s)
	}, unix: "read tcp server:80->client: read ECONNRESET is ECONNRESET",
		darwin:  "accept tcp <nil>->server:80: i/o timeout (timeout) is Deadline",
		freebsd: "accept tcp <nil>->server:80: i/o timeout (timeout) is Deadline",
		windows: "read tcp server:80->client: wsarecv 10054",
		kernel:  true,
		why:     "FreeBSD reports ECONNABORTED, macOS hands out an empty address, and package net waits for the next"},
	both("accept a connection that was closed", true, "EOF", "its end can be read", func(w *world) error {
		l := w.listening()
		_ = w.connect(l).Close()
		time.Sleep(soon)
		s, err := l.Accept()
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = io.ReadFull(s, make([]byte, 1))
		return err
	}),
}
