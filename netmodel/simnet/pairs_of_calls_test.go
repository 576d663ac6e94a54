package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
)

// moment is a connection and its listener at an instant at which programs call them.
type moment struct {
	n    *simnet.Network
	l    *simnet.Listener
	c, s *simnet.Conn // the ends of a connection
	d    *simnet.Dialer

	ctx    context.Context
	cancel func()
}

// moments are states in which calls differ.
var moments = []struct {
	name   string
	config simnet.Config
	make   func(m *moment)
}{
	{"nothing has arrived", simnet.Config{}, func(*moment) {}},
	{"with latency", simnet.Config{Link: netmodel.Link{Latency: time.Millisecond}}, func(*moment) {}},
	{"bytes have arrived", simnet.Config{}, func(m *moment) { _, _ = io.WriteString(m.s, "0123456789") }},
	{"the end has arrived", simnet.Config{}, func(m *moment) { _, _ = io.WriteString(m.s, "01"); _ = m.s.CloseWrite() }},
	{"the window is full", simnet.Config{Window: 10}, func(m *moment) { _, _ = io.WriteString(m.c, "0123456789") }},
	{"the window is nearly full", simnet.Config{Window: 10}, func(m *moment) { _, _ = io.WriteString(m.c, "01234") }},
	{"a client is queued", simnet.Config{}, func(m *moment) { _, _ = m.d.Dial("tcp", "server:80") }},
	{"the queue is full", simnet.Config{Backlog: 1}, func(m *moment) { _, _ = m.d.Dial("tcp", "server:80"); _, _ = m.d.Dial("tcp", "server:80") }},
	{"the peer has reset", simnet.Config{}, func(m *moment) { _ = m.s.SetLinger(0); _ = m.s.Close() }},
	{"on Windows", simnet.Config{Profile: profiles.Windows()}, func(m *moment) { _, _ = io.WriteString(m.s, "0123456789") }},
}

// acts are what a program can do at a moment. Each says what it saw.
var acts = []struct {
	name string
	do   func(m *moment) string
}{
	{"Read", func(m *moment) string { return read(m.c, 4) }},
	{"Read of the peer", func(m *moment) string { return read(m.s, 4) }},
	{"Write", func(m *moment) string { return write(m.c, 7) }},
	{"Write of the peer", func(m *moment) string { return write(m.s, 3) }},
	{"SetReadDeadline", func(m *moment) string { return fmt.Sprint(m.c.SetReadDeadline(time.Unix(1, 0))) }},
	{"SetWriteDeadline", func(m *moment) string { return fmt.Sprint(m.c.SetWriteDeadline(time.Unix(1, 0))) }},
	{"SetReadDeadline soon", func(m *moment) string { return fmt.Sprint(m.c.SetReadDeadline(time.Now().Add(1))) }},
	{"CloseRead", func(m *moment) string { return fmt.Sprint(m.c.CloseRead()) }},
	{"CloseWrite", func(m *moment) string { return fmt.Sprint(m.c.CloseWrite()) }},
	{"CloseWrite of the peer", func(m *moment) string { return fmt.Sprint(m.s.CloseWrite()) }},
	{"SetLinger", func(m *moment) string { return fmt.Sprint(m.c.SetLinger(0)) }},
	{"Close", func(m *moment) string { return fmt.Sprint(m.c.Close()) }},
	{"Close of the peer", func(m *moment) string { return fmt.Sprint(m.s.Close()) }},
	{"Accept", func(m *moment) string { return accept(m.l) }},
	{"Listener.SetDeadline", func(m *moment) string { return fmt.Sprint(m.l.SetDeadline(time.Unix(1, 0))) }},
	{"Listener.Close", func(m *moment) string { return fmt.Sprint(m.l.Close()) }},
	{"SetBacklog", func(m *moment) string { return fmt.Sprint(m.l.SetBacklog(2)) }},
	{"Dial", func(m *moment) string { return dialFor(m.d, context.Background()) }},
	{"Dial that is cancelled", func(m *moment) string {
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		return dialFor(m.d, ctx)
	}},
	{"Dial with a context", func(m *moment) string { return dialFor(m.d, m.ctx) }},
	{"cancel", func(m *moment) string { m.cancel(); return "" }},
	{"Dial past its deadline", func(m *moment) string {
		ctx, cancel := context.WithDeadline(context.Background(), time.Now())
		defer cancel()
		return dialFor(m.d, ctx)
	}},
	{"Dial elsewhere", func(m *moment) string {
		_, err := m.n.Host("other").Dial("tcp", "server:81")
		return fmt.Sprint(err)
	}},
	{"Listen", func(m *moment) string { _, err := m.n.Host("server").Listen("tcp", ":81"); return fmt.Sprint(err) }},
	{"OpenFiles", func(m *moment) string { m.n.Host("client").OpenFiles(2)(); return "" }},
	{"SetFault", func(m *moment) string { m.n.Host("client").SetFault(netmodel.FaultNoBuffers, true); return "" }},
	{"Cut", func(m *moment) string { m.n.Cut(m.n.Host("client"), m.n.Host("server")); return "" }},
}

// contradictions are pairs of calls of which the one that comes first wins, on a
// real system and here. Key: the names in the order of acts. Each must really give two
// results at some moment.
var contradictions = map[string]string{
	"Read / SetReadDeadline":                     "of bytes that have arrived: a Read before a deadline in the past takes them",
	"Read / Close":                               "of bytes that have arrived: a Read before a Close takes them",
	"Write / SetWriteDeadline":                   "with room in the window: a Write before a deadline in the past sends",
	"Write / CloseWrite":                         "with room in the window: a Write before a CloseWrite sends",
	"Write / Close":                              "with room in the window: a Write before a Close sends",
	"Write of the peer / Close of the peer":      "the same at the other end",
	"Write of the peer / CloseWrite of the peer": "the same at the other end",
	"Read of the peer / Close of the peer":       "bytes that have arrived, at the other end",
	"SetReadDeadline / Close":                    "a connection that is closed takes no deadline",
	"SetReadDeadline soon / Close":               "a connection that is closed takes no deadline",
	"SetWriteDeadline / Close":                   "a connection that is closed takes no deadline",
	"CloseRead / Close":                          "a connection that is closed cannot be shut down",
	"CloseWrite / Close":                         "a connection that is closed cannot be shut down",
	"CloseWrite of the peer / Close of the peer": "a connection that is closed cannot be shut down",
	"SetLinger / Close":                          "a connection that is closed takes no option",
	"Listener.SetDeadline / Listener.Close":      "a listener that is closed takes no deadline",
}

// Two calls of one instant, made by two goroutines, have the same results whichever
// comes first, unless they contradict each other.
func TestTwoCallsOfOneInstantDoNotDependOnWhichCameFirst(t *testing.T) {
	met := map[string]bool{}
	for i := range acts {
		for j := i; j < len(acts); j++ {
			name := acts[i].name + " / " + acts[j].name
			for _, m := range moments {
				one, other := inOrder(t, m.config, m.make, i, j), inOrder(t, m.config, m.make, j, i)
				if i == j { // the two are alike
					slices.Sort(one[:2])
					slices.Sort(other[:2])
				} else {
					other[0], other[1] = other[1], other[0]
				}
				if one == other {
					continue
				}
				met[name] = true
				if _, ok := contradictions[name]; !ok {
					t.Errorf("%s, when %s:\n first then second: %s\n second then first: %s", name, m.name, strings.Join(one[:], " | "), strings.Join(other[:], " | "))
				}
			}
		}
	}
	for name, why := range contradictions {
		if !met[name] {
			t.Errorf("%s gives the same results in both orders, want it off the list of contradictions (%s)", name, why)
		}
	}
}

// inOrder lets two calls be made at one instant, and returns what each saw and the hash
// of the network.
func inOrder(t *testing.T, c simnet.Config, prepare func(m *moment), first, second int) (results [3]string) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(c)
		m := &moment{n: n, l: listenOn(t, n), d: n.Host("client").Dialer("d")}
		n.Host("other")
		m.c = dialed(t, n).(*simnet.Conn)
		s, err := m.l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		m.s = s.(*simnet.Conn)
		m.ctx, m.cancel = context.WithCancel(context.Background())
		time.Sleep(soon)
		prepare(m)
		time.Sleep(soon)
		over := make(chan bool, 2)
		for k, i := range []int{first, second} {
			go func() {
				began := time.Now()
				saw := acts[i].do(m)
				results[k] = fmt.Sprintf("%s after %v", saw, time.Since(began))
				over <- true
			}()
			synctest.Wait() // no time passes
		}
		time.Sleep(time.Minute)
		results[2] = fmt.Sprintf("hash %016x", n.Hash())
		_ = n.Close()
		<-over
		<-over
	})
	return results
}

// A Read that finds the end of the stream takes nothing, so a Close of the same instant
// leaves the same records before it and after it.
func TestAReadOfTheEndAndACloseOfOneInstantLeaveTheSameRecords(t *testing.T) {
	read, shut := actNamed(t, "Read"), actNamed(t, "Close")
	end := func(m *moment) { _ = m.s.CloseWrite() }
	one, other := inOrder(t, simnet.Config{}, end, read, shut), inOrder(t, simnet.Config{}, end, shut, read)
	if one[2] != other[2] {
		t.Errorf("Read, then Close: %s; Close, then Read: %s; want the same", one[2], other[2])
	}
}

func actNamed(t *testing.T, name string) int {
	for i := range acts {
		if acts[i].name == name {
			return i
		}
	}
	t.Fatalf("no act is named %q", name)
	return 0
}

func TestADialAtItsDeadlineTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		defer n.Close()
		listenOn(t, n)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		end, _ := ctx.Deadline()
		var all sync.WaitGroup
		for i := range 200 { // the timer of the context may ring before them, or after
			d := n.Host("client").Dialer(fmt.Sprint("c", i))
			all.Go(func() {
				time.Sleep(time.Until(end))
				began := time.Now()
				_, err := d.DialContext(ctx, "tcp", "server:80")
				if took := time.Since(began); took != 0 || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Dial at the deadline of its context: %v after %v, want %v at once", err, took, context.DeadlineExceeded)
				}
			})
		}
		all.Wait()
	})
}

// dueNow is a context whose deadline is a given instant, and whose timer has not rung.
type dueNow struct {
	context.Context
	at time.Time
}

func (c dueNow) Deadline() (time.Time, bool) { return c.at, true }

func TestADialWhoseContextHasNotNoticedItsDeadlineTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		defer n.Close()
		listenOn(t, n)
		time.Sleep(time.Second)
		began := time.Now()
		_, err := n.Host("client").DialContext(dueNow{t.Context(), began}, "tcp", "server:80")
		if took := time.Since(began); took != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Dial with a deadline of this instant: %v after %v, want %v at once", err, took, context.DeadlineExceeded)
		}
	})
}

// Two listeners of one address accept at one instant: the records are in the same order
// whichever comes first.
func TestListenersOfOneAddressAcceptInOneOrder(t *testing.T) {
	hash := func(first int) (h uint64) {
		synctest.Test(t, func(t *testing.T) {
			n := simnet.New(simnet.Config{Seed: 3})
			defer n.Close()
			var both [2]*simnet.Listener
			for i := range both {
				l, err := simnet.ListenConfig{ReusePort: true}.Listen(n.Host("server"), "tcp", ":80")
				if err != nil {
					t.Fatal(err)
				}
				both[i] = l
			}
			for range 10 { // some for each
				dialed(t, n)
			}
			time.Sleep(soon)
			for _, l := range []*simnet.Listener{both[first], both[1-first]} {
				if l.Queue().Complete == 0 {
					t.Fatal("a listener has nobody in its queue, so nothing is compared")
				}
				go l.Accept()
				synctest.Wait() // no time passes
			}
			time.Sleep(soon)
			h = n.Hash()
		})
		return h
	}
	if one, other := hash(0), hash(1); one != other {
		t.Errorf("hash %016x if the first listener accepts first, %016x if the second does: want the same", one, other)
	}
}

// A listener and its duplicate accept at one instant: the one that was opened first gets
// the connection, whichever of the two calls comes first.
func TestTheListenerThatWasOpenedFirstAcceptsFirst(t *testing.T) {
	for _, first := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			n := simnet.New(simnet.Config{})
			defer n.Close()
			l := listenOn(t, n)
			d, err := l.Dup()
			if err != nil {
				t.Fatal(err)
			}
			dialed(t, n)
			time.Sleep(soon)
			got := [2]bool{}
			both := [2]*simnet.Listener{l, d}
			var all sync.WaitGroup
			for _, i := range []int{first, 1 - first} {
				_ = both[i].SetDeadline(time.Now().Add(time.Second))
				all.Go(func() { _, err := both[i].Accept(); got[i] = err == nil })
				synctest.Wait() // no time passes
			}
			all.Wait()
			if got != [2]bool{true, false} {
				t.Errorf("Accept of listener %d comes first: the first accepts %v, its duplicate %v, want true and false", first, got[0], got[1])
			}
		})
	}
}

// The last SetLinger of an instant holds, as it does on the kernel.
func TestTheLastSetLingerOfAnInstantHolds(t *testing.T) {
	for _, x := range []struct {
		sets []int
		want string // of the peer's Read
	}{
		{[]int{-1, 0}, "reset"}, {[]int{5, 0}, "reset"}, {[]int{5, -1, 0}, "reset"}, {[]int{0, -1}, "EOF"}, {[]int{0, 5}, "EOF"},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := simnet.New(simnet.Config{})
			defer n.Close()
			l := listenOn(t, n)
			c := dialed(t, n).(*simnet.Conn)
			s, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			for _, seconds := range x.sets {
				_ = c.SetLinger(seconds)
			}
			_ = c.Close()
			time.Sleep(soon)
			if got := read(s, 1); !strings.Contains(got, x.want) {
				t.Errorf("SetLinger of %v, then Close: the peer reads %s, want %s", x.sets, got, x.want)
			}
		})
	}
}

// A test that ends with the closing of its server and its network leaves no goroutine
// that waits.
func TestABubbleCanEndRightAfterClose(t *testing.T) {
	for _, x := range []struct {
		name  string
		start func(t *testing.T, n *simnet.Network) (stop func())
		why   string
	}{
		{"net/http", func(t *testing.T, n *simnet.Network) func() {
			server := &http.Server{Handler: http.HandlerFunc(hello)}
			l := listenOn(t, n)
			go server.Serve(l)
			client := http.Client{Transport: &http.Transport{DialContext: n.Host("client").DialContext}}
			for range 3 {
				get(&client, "http://server/")
			}
			return func() { _ = server.Close() }
		}, "connections that are idle on both sides"},
		{"a request that nobody answers", func(t *testing.T, n *simnet.Network) func() {
			listenOn(t, n)
			client := http.Client{Transport: &http.Transport{DialContext: n.Host("client").DialContext}}
			go get(&client, "http://server/")
			time.Sleep(time.Second)
			return func() {}
		}, "a Read that waits"},
		{"calls that have only begun", func(t *testing.T, n *simnet.Network) func() {
			l := listenOn(t, n)
			c := dialed(t, n)
			for _, call := range []func(){
				func() { _, _ = l.Accept(); _, _ = l.Accept() },
				func() { _, _ = c.Read(make([]byte, 1)) },
				func() { _, _ = n.Host("client").Dial("tcp", "server:80") },
				func() { _, _ = n.Host("client").Dial("tcp", "server:81") },
				func() { _, _ = n.Host("server").Listen("tcp", ":82") },
				func() { n.Cut(n.Host("client"), n.Host("server")) },
				func() { n.Host("server").OpenFiles(3)() },
			} {
				go call()
			}
			synctest.Wait() // each waits for the next nanosecond
			return func() {}
		}, "calls that are put down"},
		{"a dial into a blackhole", func(t *testing.T, n *simnet.Network) func() {
			n.Cut(n.Host("client"), n.Host("server"))
			go n.Host("client").DialTimeout("tcp", "server:80", time.Hour)
			time.Sleep(time.Second)
			return func() {}
		}, "a dial under way"},
		{"a client that dials again and again", func(t *testing.T, n *simnet.Network) func() {
			n.Host("server")
			go func() {
				for {
					if _, err := n.Host("client").Dial("tcp", "server:80"); errors.Is(err, net.ErrClosed) {
						return
					}
				}
			}()
			time.Sleep(time.Microsecond)
			return func() {}
		}, "a dial on a closed network fails at once"},
		{"an accept loop that pauses after an error", func(t *testing.T, n *simnet.Network) func() {
			l := listenOn(t, n)
			go func() {
				for {
					if _, err := l.Accept(); errors.Is(err, net.ErrClosed) {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			dialed(t, n)
			time.Sleep(time.Millisecond) // the loop pauses now
			return func() {}
		}, "a goroutine that sleeps when the network closes"},
		{"a Close that lingers", func(t *testing.T, n *simnet.Network) func() {
			listenOn(t, n)
			c := dialed(t, n).(*simnet.Conn)
			n.Cut(n.Host("client"), n.Host("server"))
			_ = c.SetLinger(100)
			_, _ = io.WriteString(c, "x")
			go c.Close()
			time.Sleep(time.Second)
			return func() {}
		}, "a Close that waits for the peer"},
	} {
		t.Run(x.name, func(t *testing.T) {
			for _, latency := range []time.Duration{0, time.Millisecond} {
				synctest.Test(t, func(t *testing.T) { // or it panics: "deadlock: main bubble goroutine has exited"
					n := simnet.New(simnet.Config{Link: netmodel.Link{Latency: latency}})
					stop := x.start(t, n)
					stop()
					_ = n.Close()
				})
			}
		})
	}
}

func read(c net.Conn, most int) string {
	n, err := c.Read(make([]byte, most))
	return fmt.Sprint(n, err)
}

func write(c net.Conn, count int) string {
	n, err := c.Write(make([]byte, count))
	return fmt.Sprint(n, err)
}

func accept(l net.Listener) string {
	_, err := l.Accept()
	return fmt.Sprint(err)
}

func dialFor(d *simnet.Dialer, ctx context.Context) string {
	_, err := d.DialContext(ctx, "tcp", "server:80")
	return fmt.Sprint(err)
}

// An Accept that has only begun counts as well: a bubble can stand still at that instant.
func TestAcceptingCountsCallsThatHaveOnlyBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		l := listenOn(t, n)
		for range 3 {
			go l.Accept()
		}
		synctest.Wait() // no time passes
		if got := l.Accepting(); got != 3 {
			t.Errorf("three calls of Accept at one instant: Accepting() = %d, want 3", got)
		}
		time.Sleep(time.Second)
		if got := l.Accepting(); got != 3 {
			t.Errorf("a second later: Accepting() = %d, want 3", got)
		}
		_ = n.Close()
	})
}
