package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// byGo is what package net sets on every connection. (Go 1.26: net/tcpsock.go,
// net/tcpsockopt_unix.go)
var byGo = netmodel.KeepAlive{Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 9}

// keptPipe is a pipe whose client has keep-alive.
func keptPipe(t *testing.T, p netmodel.Profile, k netmodel.KeepAlive) *pipe {
	t.Helper()
	x := newPipe(t, setting{server: p, crowd: p})
	wantErr(t, "SetKeepAlive", x.client().SetKeepAlive(x.near, k), 0)
	return x
}

// brokeAt returns when the client's connection broke, and with what.
func (p *pipe) brokeAt() (sim.Time, winsock.Errno) {
	for _, r := range p.log {
		if r.Kind == netmodel.Broken && r.Host == p.crowd {
			return r.At, r.Errno
		}
	}
	return 0, 0
}

func (p *pipe) probes() []netmodel.Record {
	var all []netmodel.Record
	for _, r := range p.log {
		if r.Kind == netmodel.ProbeSent {
			all = append(all, r)
		}
	}
	return all
}

func TestKeepAliveBreaksAConnectionWhosePeerIsGone(t *testing.T) {
	for _, x := range []struct {
		profile netmodel.Profile
		want    winsock.Errno
		within  time.Duration // of 150 s
		why     string
	}{
		{profiles.FreeBSD(), winsock.WSAETIMEDOUT, 2 * time.Second, "15 s of silence, then nine probes 15 s apart"},
		{profiles.Darwin(), winsock.WSAETIMEDOUT, 2 * time.Second, "the same"},
		{profiles.Windows(), winsock.WSAENETRESET, 2 * time.Second, "the error of Winsock's recv page"},
		{profiles.Linux(), winsock.WSAETIMEDOUT, 8 * time.Second, "a slot of the timer wheel is up to 8/63 of the wait"},
	} {
		t.Run(x.profile.Name, func(t *testing.T) {
			p := keptPipe(t, x.profile, byGo)
			began := p.n.Now()
			p.n.Cut(p.crowd, p.server, true)
			p.pass(10 * time.Minute)
			at, errno := p.brokeAt()
			took := at.Sub(began)
			if errno != x.want || took < 150*time.Second || took > 150*time.Second+x.within {
				t.Errorf("a peer that is gone: %v after %v, want %v after 150s to %v (%s)", errno, took, x.want, 150*time.Second+x.within, x.why)
			}
			check(t, "probes", len(p.probes()), 9)
		})
	}
}

// Measured on Linux 6.18 between two network namespaces: the time from connect to
// ETIMEDOUT, when the way is cut 0.3 s after the connect.
func TestKeepAliveEndsWhenItDidOnLinux(t *testing.T) {
	s := time.Second
	for _, x := range []struct {
		set      netmodel.KeepAlive
		measured [2]time.Duration
		write    bool
		why      string
	}{
		{netmodel.KeepAlive{Idle: s, Interval: s, Count: 3}, [2]time.Duration{4078 * time.Millisecond, 4085 * time.Millisecond}, false, "idle and three intervals"},
		{netmodel.KeepAlive{Idle: 2 * s, Interval: s, Count: 5}, [2]time.Duration{7128 * time.Millisecond, 7143 * time.Millisecond}, false, "idle and five intervals"},
		{netmodel.KeepAlive{Idle: 5 * s, Interval: 3 * s, Count: 4}, [2]time.Duration{17430 * time.Millisecond, 17547 * time.Millisecond}, false, "idle and four intervals"},
		{netmodel.KeepAlive{Idle: s, Interval: s, Count: 9, UserTimeout: 3 * s}, [2]time.Duration{3056 * time.Millisecond, 3064 * time.Millisecond}, false, "TCP_USER_TIMEOUT ends it before the ninth probe"},
		{netmodel.KeepAlive{Idle: s, Interval: s, Count: 2, UserTimeout: 10 * s}, [2]time.Duration{10230 * time.Millisecond, 10230 * time.Millisecond}, false, "TCP_USER_TIMEOUT, not the count"},
		{byGo, [2]time.Duration{151172 * time.Millisecond, 151172 * time.Millisecond}, false, "the defaults of Go"},
		{netmodel.KeepAlive{UserTimeout: s}, [2]time.Duration{1733 * time.Millisecond, 1767 * time.Millisecond}, true, "data that is not acknowledged"},
		{netmodel.KeepAlive{UserTimeout: 2 * s}, [2]time.Duration{2740 * time.Millisecond, 2740 * time.Millisecond}, true, "data that is not acknowledged"},
		{netmodel.KeepAlive{UserTimeout: 5 * s}, [2]time.Duration{5789 * time.Millisecond, 5816 * time.Millisecond}, true, "data that is not acknowledged"},
	} {
		p := keptPipe(t, profiles.Linux(), x.set)
		began := p.n.Now()
		p.pass(300 * time.Millisecond)
		p.n.Cut(p.crowd, p.server, true)
		if x.write {
			p.send(p.client(), p.near, 1, 0)
		}
		p.pass(10 * time.Minute)
		at, errno := p.brokeAt()
		took := at.Sub(began)
		// The phase of the machine's wheel is not known: a slot for waits of 15 s has 512 ms. The
		// commands that cut the way took 10 to 50 ms.
		unknown := 140 * time.Millisecond
		if x.set.Idle == byGo.Idle {
			unknown = 512 * time.Millisecond
		}
		if errno != winsock.WSAETIMEDOUT || took < x.measured[0]-unknown || took > x.measured[1]+unknown {
			t.Errorf("SetKeepAlive(%+v): %v after %v, want ETIMEDOUT after %v to %v (%s)", x.set, errno, took, x.measured[0], x.measured[1], x.why)
		}
	}
}

func TestAProbeIsAnsweredInEveryState(t *testing.T) {
	for _, x := range []struct {
		name string
		do   func(p *pipe)
		want winsock.Errno
		why  string
	}{
		{"open", func(*pipe) {}, 0, "RFC 9293, 3.10.7.4"},
		{"with data unread", func(p *pipe) { p.send(p.client(), p.near, 5, 0) }, 0, "the answer is the system's, not the program's"},
		{"closed by the peer, reset lost", func(p *pipe) {
			p.n.Cut(p.crowd, p.server, true)
			_ = p.host().SetSockOpt(p.far, winsock.SO_LINGER, 0)
			_ = p.host().CloseSocket(p.far)
			p.pass(time.Millisecond)
			p.n.Cut(p.crowd, p.server, false)
		}, winsock.WSAECONNRESET, "the answer to the probe is an RST"},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := keptPipe(t, profiles.FreeBSD(), byGo)
			x.do(p)
			p.pass(100 * time.Second)
			if _, errno := p.brokeAt(); errno != x.want {
				t.Errorf("100 s of silence: the connection ends with %v, want %v (%s)", errText(errno), errText(x.want), x.why)
			}
			if k := len(p.probes()); k == 0 || x.want == 0 && k != 6 {
				t.Errorf("100 s of silence: %d probes, want one every 15 s", k)
			}
		})
	}
}

func TestKeepAliveRestsWhenThePeerAnswersForLong(t *testing.T) {
	p := keptPipe(t, profiles.FreeBSD(), byGo)
	p.pass(24 * time.Hour)
	check(t, "probes in a day", len(p.probes()), 240)
	if at, ok := p.n.Next(); ok {
		t.Errorf("an event is due at %v, want none: the connection rests", at)
	}
	began := p.n.Now()
	p.n.Cut(p.crowd, p.server, true)
	p.pass(10 * time.Minute)
	at, errno := p.brokeAt()
	check(t, "error after a cut that comes later", errno, winsock.WSAETIMEDOUT)
	check(t, "time from the cut to the error", at.Sub(began), 150*time.Second)
}

func TestDataBeginsTheTimeOfKeepAliveAnew(t *testing.T) {
	p := keptPipe(t, profiles.FreeBSD(), byGo)
	for range 10 {
		p.pass(10 * time.Second)
		p.send(p.host(), p.far, 1, 0)
	}
	check(t, "probes while something comes every 10 s", len(p.probes()), 0)
	p.pass(24 * time.Hour)
	rested := len(p.probes())
	p.send(p.client(), p.near, 1, 0)
	p.pass(time.Minute)
	if k := len(p.probes()); k <= rested {
		t.Errorf("a minute after something was sent: %d probes, want more than %d: the connection rests no longer", k, rested)
	}
}

func TestAConnectionWithoutKeepAliveWaitsForEver(t *testing.T) {
	p := newPipe(t, setting{server: profiles.Linux(), crowd: profiles.Linux()})
	p.n.Cut(p.crowd, p.server, true)
	p.pass(24 * time.Hour)
	if at, errno := p.brokeAt(); errno != 0 {
		t.Errorf("no keep-alive: %v at %v, want nothing (RFC 1122: off by default)", errno, at)
	}
}

func TestSetKeepAliveSaysWhatIsWrong(t *testing.T) {
	s := time.Second
	for _, x := range []struct {
		set  netmodel.KeepAlive
		want winsock.Errno
		why  string
	}{
		{netmodel.KeepAlive{}, 0, "off"},
		{byGo, 0, "Go's"},
		{netmodel.KeepAlive{Idle: -s, Interval: s, Count: 1}, winsock.WSAEINVAL, "negative"},
		{netmodel.KeepAlive{Idle: s, Count: 1}, winsock.WSAEINVAL, "no interval"},
		{netmodel.KeepAlive{Idle: s, Interval: s}, winsock.WSAEINVAL, "no probe"},
		{netmodel.KeepAlive{Idle: s, Interval: s, Count: 128}, winsock.WSAEINVAL, "too many probes"},
		{netmodel.KeepAlive{Idle: 32768 * s, Interval: s, Count: 1}, winsock.WSAEINVAL, "too long"},
		{netmodel.KeepAlive{UserTimeout: -1}, winsock.WSAEINVAL, "negative"},
		{netmodel.KeepAlive{UserTimeout: s}, winsock.WSAENOPROTOOPT, "TCP_USER_TIMEOUT is Linux's"},
	} {
		p := newPipe(t, setting{server: profiles.FreeBSD(), crowd: profiles.FreeBSD()})
		wantErr(t, "SetKeepAlive: "+x.why, p.client().SetKeepAlive(p.near, x.set), x.want)
	}
	p := newPipe(t, setting{server: profiles.Linux(), crowd: profiles.Linux()})
	wantErr(t, "SetKeepAlive with TCP_USER_TIMEOUT on Linux", p.client().SetKeepAlive(p.near, netmodel.KeepAlive{UserTimeout: s}), 0)
	wantErr(t, "SetKeepAlive of no socket", p.client().SetKeepAlive(99, byGo), winsock.WSAEBADF)
}

// A phantom is a client that is connected where the server is not. Its probe does not
// get it in, and is answered as long as the server keeps its request.
func TestKeepAliveTellsAPhantomThatItIsOne(t *testing.T) {
	w := newWorld(t, setting{server: profiles.Linux(), crowd: profiles.Linux(), backlog: 3})
	h := w.n.Host(w.crowd)
	var fds []netmodel.FD
	for i := range 5 { // one is queued before; of the four others three fit
		if i == 1 {
			w.run(100 * time.Millisecond)
		}
		fd, err := h.Socket(winsock.SOCK_STREAM)
		wantErr(t, "Socket", err, 0)
		wantErr(t, "SetKeepAlive", h.SetKeepAlive(fd, byGo), 0)
		wantErr(t, "Connect", h.Connect(fd, w.to), winsock.WSAEWOULDBLOCK)
		fds = append(fds, fd)
	}
	w.run(5 * time.Minute)
	broken := 0
	for _, r := range w.log {
		if r.Kind == netmodel.Broken && r.Host == w.crowd {
			broken++
			check(t, "descriptor of the connection that breaks", r.FD, fds[4])
			check(t, "its error", r.Errno, winsock.WSAECONNRESET)
			if r.At < sim.Time(60*time.Second) || r.At > sim.Time(150*time.Second) {
				t.Errorf("the phantom breaks at %v, want it soon after the server has given its request up", r.At)
			}
		}
	}
	check(t, "connections that break", broken, 1)
}

// The answer to a probe is an ACK and nothing more: a half-open connection joins the
// queue with the answer to the next SYN-ACK.
func TestAProbeDoesNotCompleteAHalfOpenConnection(t *testing.T) {
	w := newWorld(t, setting{server: profiles.Linux(), crowd: profiles.Linux(), backlog: 3})
	h := w.n.Host(w.crowd)
	var fd netmodel.FD
	for i := range 5 { // one is queued before; of the four others three fit
		if i == 1 {
			w.run(100 * time.Millisecond)
		}
		var err error
		fd, err = h.Socket(winsock.SOCK_STREAM)
		wantErr(t, "Socket", err, 0)
		wantErr(t, "SetKeepAlive", h.SetKeepAlive(fd, byGo), 0)
		wantErr(t, "Connect", h.Connect(fd, w.to), winsock.WSAEWOULDBLOCK)
	}
	w.accept(20 * time.Second) // there is room
	w.run(time.Minute)
	var probe, in sim.Time
	for _, r := range w.log {
		switch {
		case r.Kind == netmodel.ProbeSent && r.FD == fd && r.At > sim.Time(20*time.Second) && probe == 0:
			probe = r.At
		case r.Kind == netmodel.Completed: // the phantom is the last
			in = r.At
		}
	}
	if probe == 0 || in <= probe.Add(100*time.Millisecond) {
		t.Errorf("the phantom probes at %v and joins the queue at %v, want it to join with a SYN-ACK later", probe, in)
	}
}

func TestAcceptedConnectionsInheritKeepAlive(t *testing.T) {
	w := newWorld(t, setting{server: profiles.FreeBSD(), crowd: profiles.FreeBSD()})
	wantErr(t, "SetKeepAlive of the listener", w.host().SetKeepAlive(w.fd, byGo), 0)
	w.client("a", 0, netmodel.ClientConfig{})
	w.accept(10 * time.Millisecond)
	w.run(40 * time.Second)
	probes := 0
	for _, r := range w.log {
		if r.Kind == netmodel.ProbeSent && r.Host == w.server {
			probes++
		}
	}
	check(t, "probes of the accepted connection in 40 s", probes, 2)
}

// A program that sets its keep-alive again and again does not keep a dead connection alive.
func TestASettingOfKeepAliveIsNoSignOfLife(t *testing.T) {
	shorter := byGo
	shorter.Idle = 10 * time.Second
	for _, x := range []struct {
		name string
		set  netmodel.KeepAlive // every 7 s
		want time.Duration      // of silence, at most 12 s more
		why  string
	}{
		{"the same", byGo, 150 * time.Second, "tcp_set_keepalive does nothing to a socket that has it"},
		{"a shorter wait", shorter, 145 * time.Second, "tcp_sock_set_keepidle_locked counts what has passed"},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := keptPipe(t, profiles.FreeBSD(), byGo)
			began := p.n.Now()
			p.n.Cut(p.crowd, p.server, true)
			for range 60 {
				_ = p.client().SetKeepAlive(p.near, x.set) // it fails once the connection is broken
				p.pass(7 * time.Second)
			}
			at, _ := p.brokeAt()
			if took := at.Sub(began); took < x.want-time.Second || took > x.want+12*time.Second {
				t.Errorf("a peer that is gone: broken after %v, want %v to %v (%s)", took, x.want, x.want+12*time.Second, x.why)
			}
		})
	}
}
