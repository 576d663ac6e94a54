package simnet_test

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
)

// restart lets 20 clients come, one every 10 ms, while a slow server is replaced by a
// new one. It returns what became of the clients.
func restart(p netmodel.Profile, replace func(h *simnet.Host, old *simnet.Listener) *simnet.Listener, config simnet.ListenConfig) (outcome string) {
	n := simnet.New(simnet.Config{Profile: p, Link: netmodel.Link{Latency: time.Millisecond}})
	defer time.Sleep(time.Second) // for servers that sleep
	defer n.Close()
	server := n.Host("server")
	old, err := config.Listen(server, "tcp", ":80")
	if err != nil {
		return err.Error()
	}
	go serveSlowly(old)
	results := make(chan error)
	for i := range 20 {
		d := n.Host("clients").Dialer(fmt.Sprint("client-", i))
		time.AfterFunc(time.Duration(i)*10*time.Millisecond, func() { results <- askOnce(d) })
	}
	time.AfterFunc(95*time.Millisecond, func() {
		if next := replace(server, old); next != nil {
			go serveSlowly(next)
		}
	})
	served, reset, refused, other := 0, 0, 0, 0
	for range 20 {
		switch err := <-results; {
		case err == nil:
			served++
		case errors.Is(err, syscall.ECONNRESET):
			reset++
		case errors.Is(err, syscall.ECONNREFUSED):
			refused++
		default:
			other++
		}
	}
	return fmt.Sprintf("%d served, %d reset, %d refused, %d other", served, reset, refused, other)
}

// serveSlowly serves a connection every 15 ms.
func serveSlowly(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Write([]byte("ok"))
		_ = c.Close()
		time.Sleep(15 * time.Millisecond)
	}
}

// askOnce connects and reads an answer.
func askOnce(d *simnet.Dialer) error {
	c, err := d.Dial("tcp", "server:80")
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 2)
	if _, err = c.Read(b); err == nil && string(b) != "ok" {
		return fmt.Errorf("the answer is %q, want ok", b)
	}
	return err
}

func migrating() netmodel.Profile {
	p := profiles.Linux()
	p.Migrates = true // net.ipv4.tcp_migrate_req = 1
	return p
}

// The ways to replace a server, and whom each of them loses.
var handovers = []struct {
	name    string
	profile netmodel.Profile
	config  simnet.ListenConfig
	replace func(h *simnet.Host, old *simnet.Listener) *simnet.Listener
	want    string
	why     string
}{
	{"close, then listen 30 ms later", profiles.Linux(), simnet.ListenConfig{}, func(h *simnet.Host, old *simnet.Listener) *simnet.Listener {
		_ = old.Close()
		time.Sleep(30 * time.Millisecond)
		next, _ := h.Listen("tcp", ":80")
		return next
	}, "14 served, 3 reset, 3 refused, 0 other", "a close resets who is queued, and who comes meanwhile finds nobody"},
	{"hand the socket on", profiles.Linux(), simnet.ListenConfig{}, func(h *simnet.Host, old *simnet.Listener) *simnet.Listener {
		next, _ := old.Dup()
		_ = old.Close()
		time.Sleep(30 * time.Millisecond) // the queue holds who comes meanwhile
		return next
	}, "20 served, 0 reset, 0 refused, 0 other", "the socket and its queue stay (systemd, envoyproxy/envoy#3804)"},
	{"SO_REUSEPORT, the new one first", profiles.Linux(), simnet.ListenConfig{ReusePort: true}, func(h *simnet.Host, old *simnet.Listener) *simnet.Listener {
		next, _ := simnet.ListenConfig{ReusePort: true}.Listen(h, "tcp", ":80")
		_ = old.Close()
		return next
	}, "17 served, 3 reset, 0 refused, 0 other", "a close resets who is queued at the old one (libp2p/go-reuseport#6)"},
	{"SO_REUSEPORT with tcp_migrate_req", migrating(), simnet.ListenConfig{ReusePort: true}, func(h *simnet.Host, old *simnet.Listener) *simnet.Listener {
		next, _ := simnet.ListenConfig{ReusePort: true}.Listen(h, "tcp", ":80")
		_ = old.Close()
		return next
	}, "20 served, 0 reset, 0 refused, 0 other", "the queue of the old one goes to the new one (K15)"},
}

func TestWhoIsLostWhenAServerIsReplaced(t *testing.T) {
	for _, x := range handovers {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := restart(x.profile, x.replace, x.config); got != x.want {
					t.Errorf("%s: %s, want %s (%s)", x.name, got, x.want, x.why)
				}
			})
		})
	}
}

func TestASocketStaysOpenUntilItsLastListenerIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Descriptors: 10})
		defer n.Close()
		h := n.Host("server")
		free := h.FreeDescriptors()
		l := listenOn(t, n)
		d, err := l.Dup()
		if err != nil {
			t.Fatal(err)
		}
		if got := h.FreeDescriptors(); got != free-2 {
			t.Errorf("after Listen and Dup: %d descriptors are free, want %d", got, free-2)
		}
		if err := l.Close(); err != nil {
			t.Errorf("Close of the first: %v, want nil", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept of the first after its Close: %v, want %v", err, net.ErrClosed)
		}
		if _, err := l.Dup(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Dup of the first after its Close: %v, want %v", err, net.ErrClosed)
		}
		c := dialed(t, n)
		if s, err := d.Accept(); err != nil || s.RemoteAddr().String() != c.LocalAddr().String() {
			t.Errorf("Accept of the second: %v, %v, want the connection of the client", s, err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("Close of the second: %v, want nil", err)
		}
		if _, err := n.Host("client").Dial("tcp", "server:80"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("Dial after both are closed: %v, want %v", err, syscall.ECONNREFUSED)
		}
		if got := h.FreeDescriptors(); got != free-1 { // the accepted connection has one
			t.Errorf("after both are closed: %d descriptors are free, want %d", got, free-1)
		}
		last := h.OpenFiles(10)
		if k := len(n.Listeners()); k != 0 {
			t.Errorf("%d listeners are open, want none", k)
		}
		last()
	})
}

func TestAListenConfigSetsWhatTheSystemHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		defer n.Close()
		h := n.Host("server")
		l, err := simnet.ListenConfig{Backlog: 3, DeferAccept: 1500 * time.Millisecond}.Listen(h, "tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Queue().Limit; got != 4 {
			t.Errorf("Backlog 3 on Linux: a queue of %d, want 4 (K1)", got)
		}
		dialed(t, n) // and says nothing
		time.Sleep(100 * time.Millisecond)
		if got := l.Queue().Complete; got != 0 {
			t.Errorf("DeferAccept: %d connections are queued, want none: the client is silent (K14)", got)
		}
		if _, err := h.Listen("tcp", ":80"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a second listener without ReusePort: %v, want %v", err, syscall.EADDRINUSE)
		}
		freebsd := n.AddHost("bsd", simnet.HostConfig{Profile: profiles.FreeBSD()})
		for _, c := range []simnet.ListenConfig{{ReusePort: true}, {DeferAccept: time.Second}} {
			if _, err := c.Listen(freebsd, "tcp", ":80"); !errors.Is(err, syscall.ENOPROTOOPT) {
				t.Errorf("%+v on FreeBSD: %v, want %v", c, err, syscall.ENOPROTOOPT)
			}
		}
	})
}

// A server is replaced while clients come. Three are queued at the old one, and one comes
// before the new one accepts. Who is lost depends on the way.
func Example_handOver() {
	reuse := simnet.ListenConfig{ReusePort: true}
	migrates := profiles.Linux()
	migrates.Migrates = true // net.ipv4.tcp_migrate_req = 1
	for _, way := range []struct {
		name    string
		profile netmodel.Profile
		config  simnet.ListenConfig
		close   func(h *simnet.Host, old *simnet.Listener) (next *simnet.Listener)
	}{
		{"close, then listen", profiles.Linux(), simnet.ListenConfig{}, func(h *simnet.Host, old *simnet.Listener) *simnet.Listener {
			_ = old.Close()
			return nil // later
		}},
		{"hand the socket on", profiles.Linux(), simnet.ListenConfig{}, func(h *simnet.Host, old *simnet.Listener) *simnet.Listener {
			next, _ := old.Dup() // as socket activation does
			_ = old.Close()
			return next
		}},
		{"SO_REUSEPORT", profiles.Linux(), reuse, func(h *simnet.Host, old *simnet.Listener) *simnet.Listener {
			next, _ := reuse.Listen(h, "tcp", ":80")
			_ = old.Close()
			return next
		}},
		{"SO_REUSEPORT and tcp_migrate_req", migrates, reuse, func(h *simnet.Host, old *simnet.Listener) *simnet.Listener {
			next, _ := reuse.Listen(h, "tcp", ":80")
			_ = old.Close()
			return next
		}},
	} {
		n := simnet.New(simnet.Config{Profile: way.profile})
		server, clients := n.Host("server"), n.Host("clients")
		old, _ := way.config.Listen(server, "tcp", ":80")
		var queued []net.Conn
		for range 3 {
			c, _ := clients.Dial("tcp", "server:80")
			queued = append(queued, c)
		}
		next := way.close(server, old)
		_, late := clients.Dial("tcp", "server:80")
		if next == nil {
			next, _ = server.Listen("tcp", ":80")
		}
		served := 0
		for next.Queue().Complete > 0 {
			if c, err := next.Accept(); err == nil {
				served++
				_ = c.Close()
			}
		}
		reset := 0
		for _, c := range queued {
			if _, err := c.Read(make([]byte, 1)); errors.Is(err, syscall.ECONNRESET) {
				reset++
			}
		}
		fmt.Printf("%s: %d served, %d reset, the late one refused: %v\n", way.name, served, reset, late != nil)
		_ = n.Close()
	}
	// Output:
	// close, then listen: 0 served, 3 reset, the late one refused: true
	// hand the socket on: 4 served, 0 reset, the late one refused: false
	// SO_REUSEPORT: 1 served, 3 reset, the late one refused: false
	// SO_REUSEPORT and tcp_migrate_req: 4 served, 0 reset, the late one refused: false
}
