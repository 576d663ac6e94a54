package netmodel_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// modelRun is one of two networks that get the same calls, with the sockets that its program has
// open.
type modelRun struct {
	n              *netmodel.Network
	server, client netmodel.HostID
	dialer         netmodel.ClientID
	listener       netmodel.FD
	open           [2][]netmodel.FD // at the client and at the server; 0 for closed ones
	direct         bool
}

func newModelRun(p netmodel.Profile, direct bool) *modelRun {
	w := &modelRun{n: netmodel.NewNetwork(1), direct: direct}
	if direct {
		w.n.RealTime().DeliverDirectly()
	}
	w.server = w.n.AddHost("server", netmodel.HostConfig{Profile: p, Descriptors: 6})
	w.client = w.n.AddHost("client", netmodel.HostConfig{Profile: p})
	w.dialer = w.n.RealTime().AddExternalClient("dialer", w.client)
	s := w.n.Host(w.server)
	w.listener, _ = s.Socket(winsock.SOCK_STREAM)
	_ = s.Bind(w.listener, netmodel.Addr{Port: port})
	_ = s.Listen(w.listener, 2)
	return w
}

// host returns a host of the network.
func (w *modelRun) host(side int) *netmodel.Host {
	return w.n.Host([...]netmodel.HostID{w.client, w.server}[side])
}

// send sends as package simnet does: directly if that is possible.
func (w *modelRun) send(side int, fd netmodel.FD, bytes int) (int, error) {
	if w.direct && w.n.RealTime().SendDirectly([...]netmodel.HostID{w.client, w.server}[side], fd, bytes) {
		return bytes, nil
	}
	return w.host(side).Send(fd, bytes)
}

// step is one call, in numbers that mean the same in both networks.
type modelStep struct {
	what       string
	side, conn int
	bytes      int
}

func drawStep(t *rapid.T) modelStep {
	whats := []string{"dial", "accept", "send", "send", "receive", "receive", "shutdown", "linger", "close", "linger", "cut", "fault"}
	return modelStep{
		what:  rapid.SampledFrom(whats).Draw(t, "what"),
		side:  rapid.IntRange(0, 1).Draw(t, "side"),
		conn:  rapid.IntRange(0, 5).Draw(t, "conn"),
		bytes: rapid.IntRange(0, 5).Draw(t, "bytes"),
	}
}

func (w *modelRun) do(s modelStep) string {
	list := w.open[s.side]
	var fd netmodel.FD
	if len(list) > 0 {
		fd = list[s.conn%len(list)]
	}
	h := w.host(s.side)
	switch s.what {
	case "dial":
		fd, _, err := w.n.RealTime().Dial(w.dialer, netmodel.Addr{IP: netmodel.HostAddr(w.server, 1), Port: port}, nil)
		w.open[0] = append(w.open[0], fd)
		return fmt.Sprint(fd, err)
	case "accept":
		a, err := w.host(1).Accept(w.listener)
		if err == nil {
			w.open[1] = append(w.open[1], a.FD)
		}
		return fmt.Sprint(a, err)
	case "send":
		n, err := w.send(s.side, fd, s.bytes)
		return fmt.Sprint(n, err)
	case "receive":
		n, err := w.n.RealTime().Receive([...]netmodel.HostID{w.client, w.server}[s.side], fd, s.bytes)
		return fmt.Sprint(n, err)
	case "shutdown":
		return fmt.Sprint(h.Shutdown(fd, s.bytes%3))
	case "linger":
		return fmt.Sprint(h.SetSockOpt(fd, winsock.SO_LINGER, 0))
	case "fault":
		h.SetFault(netmodel.FaultNetworkDown, s.bytes%2 == 0)
	case "cut":
		w.n.Cut(w.client, w.server, s.bytes%2 == 0)
	case "close":
		if len(list) > 0 {
			list[s.conn%len(list)] = 0
		}
		return fmt.Sprint(h.CloseSocket(fd))
	}
	return ""
}

// happened returns the records, in the order that one host and one connection see.
func (w *modelRun) happened() []netmodel.Record {
	records := w.n.DrainRecords(nil)
	slices.SortStableFunc(records, func(a, b netmodel.Record) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Conn, b.Conn))
	})
	return records
}

// What a network that delivers directly leaves out changes nothing: not what calls
// return, not what is recorded, not what is left in the hosts.
func TestDirectDeliveryComesToTheSame(t *testing.T) {
	profiles := profiles.All()
	rapid.Check(t, func(t *rapid.T) {
		p := profiles[rapid.IntRange(0, len(profiles)-1).Draw(t, "profile")]
		events, direct := newModelRun(p, false), newModelRun(p, true)
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			s := drawStep(t)
			if got, want := direct.do(s), events.do(s); got != want {
				t.Fatalf("step %d under %s: %+v = %s directly, %s by events", i, p.Name, s, got, want)
			}
			now := sim.Time(0).Add(time.Duration(i+1) * 100 * time.Millisecond)
			events.n.Run(now)
			direct.n.Run(now)
			if diff := gocmp.Diff(events.happened(), direct.happened()); diff != "" {
				t.Fatalf("step %d under %s: %+v: what happened (-by events +directly):\n%s", i, p.Name, s, diff)
			}
		}
		events.n.Run(sim.Time(0).Add(time.Hour))
		direct.n.Run(sim.Time(0).Add(time.Hour))
		if diff := gocmp.Diff(events.happened(), direct.happened()); diff != "" {
			t.Fatalf("under %s, in the end (-by events +directly):\n%s", p.Name, diff)
		}
		if err := direct.n.Check(); err != nil {
			t.Fatalf("under %s: Check() = %v", p.Name, err)
		}
	})
}

func TestBufferedRecordsAreThoseThatDrainRecordsReturns(t *testing.T) {
	w := newModelRun(profiles.Linux(), true)
	w.n.Settle()
	want := w.n.RealTime().BufferedRecords()
	if got := len(w.n.DrainRecords(nil)); got != want || got == 0 {
		t.Errorf("DrainRecords returned %d records, want %d, the number that BufferedRecords gave", got, want)
	}
	check(t, "BufferedRecords afterwards", w.n.RealTime().BufferedRecords(), 0)
}

// connected opens a connection over a link without delay and returns its two ends.
func (w *modelRun) connected(t *testing.T) (client, server netmodel.FD) {
	t.Helper()
	client, _, _ = w.n.RealTime().Dial(w.dialer, netmodel.Addr{IP: netmodel.HostAddr(w.server, 1), Port: port}, nil)
	w.n.Run(w.n.Now())
	got, err := w.host(1).Accept(w.listener)
	wantErr(t, "Accept", err, 0)
	w.n.Run(w.n.Now())
	return client, got.FD
}

func TestAdvanceIdleDoesNothingOnceACallHasMovedATimer(t *testing.T) {
	w := newModelRun(profiles.Linux(), true)
	client, _ := w.connected(t)
	w.n.Settle()
	r, now := w.n.RealTime(), w.n.Now()
	check(t, "AdvanceIdle of an idle network", r.AdvanceIdle(now.Add(time.Microsecond)), true)
	wantErr(t, "SetKeepAlive", w.host(0).SetKeepAlive(client, netmodel.KeepAlive{Idle: time.Second, Interval: time.Second, Count: 3}), 0)
	check(t, "AdvanceIdle after a call that armed a timer", r.AdvanceIdle(now.Add(2*time.Microsecond)), false)
}

// The window of the peer is the limit with direct delivery too.
func TestSendDirectlyStopsWhereHostSendStops(t *testing.T) {
	const piece = 1 << 20
	sent := [2]int{}
	for i, direct := range []bool{false, true} {
		w := newModelRun(profiles.Linux(), direct)
		client, _ := w.connected(t)
		for sent[i] < 1<<30 {
			n, err := w.send(0, client, piece)
			if err != nil || n < piece {
				break
			}
			sent[i] += n
			w.n.Run(w.n.Now())
		}
	}
	check(t, "bytes sent directly until the window is full", sent[1], sent[0])
}
