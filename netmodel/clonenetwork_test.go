package netmodel

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/sim"
)

// pair is a network, later two, and what a caller of it remembers.
type pair struct {
	networks [2]*Network
	servers  [2][]HostID
	client   HostID
	program  ClientID
	first    ClientID
}

const pairClients = 8

// newPair returns a network on whose links everything happens: two servers, a crowd
// and a program.
func newPair(seed uint64) *pair {
	n := NewNetwork(seed)
	w := &pair{networks: [2]*Network{n}}
	for _, p := range []Profile{Linux(), WSP()} {
		id := n.AddHost("server", HostConfig{Profile: p, Descriptors: 12})
		w.servers[0] = append(w.servers[0], id)
		fd := listenOnQuietly(n.Host(id), testPort)
		_ = n.Host(id).Listen(fd, 2)
	}
	w.client = n.AddHost("clients", HostConfig{Profile: Linux()})
	for _, id := range w.servers[0] {
		n.SetLink(id, w.client, Link{Latency: 5 * time.Millisecond, Jitter: sim.Exponential{Mean: time.Millisecond},
			Loss: sim.Ratio{Num: 1, Den: 10}, Duplicate: sim.Ratio{Num: 1, Den: 20}, Reorder: sim.Ratio{Num: 1, Den: 20}})
	}
	tcp := Windows().Client
	w.first = n.AddClients(ClientConfig{Name: "c", Host: w.client, To: Addr{HostAddr(w.servers[0][0], 1), testPort}, TCP: &tcp, Send: 9,
		GiveUp: 30 * time.Second, Retry: Retry{Attempts: 3, Delay: 300 * time.Millisecond, Jitter: sim.Ratio{Num: 1, Den: 2}}}, pairClients)
	w.program = n.RealTime().AddExternalClient("p", w.client)
	for i := range ClientID(pairClients) {
		n.Start(w.first+i, time.Duration(i)*10*time.Millisecond)
	}
	return w
}

// do makes one call, k says which of its kind.
func (w *pair) do(n *Network, op, k int) {
	server := w.servers[0][k%2]
	fd := FirstFD + FD(k%10)
	to := Addr{HostAddr(server, 1), testPort}
	switch op {
	case 0, 1, 2, 3:
		n.Step(n.Now().Add(time.Duration(k) * time.Second))
	case 4, 5:
		_, _ = n.Host(server).Accept(FirstFD)
	case 6:
		_ = n.Host(server).CloseSocket(FirstFD + 1 + FD(k%9))
	case 7:
		_ = n.Host(server).Listen(FirstFD, 1+k%5)
	case 8:
		n.Start(w.first+ClientID(k%pairClients), time.Duration(k)*time.Millisecond)
	case 9:
		_ = n.CloseClient(w.first+ClientID(k%pairClients), k%2 == 0)
	case 10:
		_, _, _ = n.RealTime().Dial(w.program, to, nil)
	case 11:
		_, _ = n.Host(w.client).Send(fd, k)
	case 12:
		n.After(time.Duration(k)*time.Millisecond, uint64(k))
	case 13:
		n.Cut(server, w.client, k < 5)
	case 14:
		n.SetLink(server, w.client, Link{Latency: time.Duration(k) * time.Millisecond, Loss: sim.Ratio{Num: 1, Den: 5}})
	case 15:
		n.AddClients(ClientConfig{Name: "d", Host: w.client, To: to}, 1+k)
	case 16:
		_ = n.SendClient(w.first+ClientID(k%pairClients), k)
	case 17:
		n.DrainRecords(nil)
	case 18:
		_, _ = n.RealTime().Receive([]HostID{server, w.client}[k%2], fd, k)
	case 19:
		n.AddHost("further", HostConfig{Profile: WSP()})
	case 20:
		n.Settle()
	case 21:
		n.RealTime().SendDirectly(w.client, fd, k)
	case 22:
		n.RealTime().AdvanceIdle(n.Now().Add(time.Duration(k)))
	case 23:
		_ = n.Host(w.client).SetKeepAlive(fd, KeepAlive{Idle: time.Duration(k) * time.Second, Interval: time.Second, Count: 3})
	case 24:
		n.Tap()
	case 25:
		n.DrainTap(nil)
	}
}

const pairOpCount = 26

// Whatever is done to one copy leaves the other as it was, and the same history has
// the same outcome in both.
func TestWhatIsDoneToOneCopyOfANetworkLeavesTheOtherAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newPair(rapid.Uint64().Draw(rt, "seed"))
		n := w.networks[0]
		if rapid.IntRange(0, 3).Draw(rt, "directly") == 0 {
			n.RealTime().DeliverDirectly()
		}
		if rapid.Bool().Draw(rt, "watched") {
			n.RealTime().Watch()
		}
		op, k := rapid.IntRange(0, pairOpCount-1), rapid.IntRange(0, 10)
		for range rapid.IntRange(0, 60).Draw(rt, "before") {
			w.do(n, op.Draw(rt, "op"), k.Draw(rt, "k"))
		}
		w.networks[1] = n.Clone()
		is := [...]string{dump(n), dump(w.networks[1])} // as they are written down
		type call struct{ op, k int }
		var made [2][]call
		for range rapid.IntRange(1, 30).Draw(rt, "after") {
			which := rapid.IntRange(0, 1).Draw(rt, "copy")
			c := call{op.Draw(rt, "op"), k.Draw(rt, "k")}
			made[which] = append(made[which], c)
			w.do(w.networks[which], c.op, c.k)
			if after := dump(w.networks[1-which]); after != is[1-which] {
				rt.Fatalf("operation %d(%d) on copy %d changed copy %d:\nbefore %s\nafter  %s", c.op, c.k, which, 1-which, is[1-which], after)
			}
			is[which] = dump(w.networks[which])
		}
		// Each catches up with what the other was called for, if that comes to the same.
		if len(made[0]) == 0 || len(made[1]) == 0 {
			which := 0
			if len(made[0]) > 0 {
				which = 1
			}
			for _, c := range made[1-which] {
				w.do(w.networks[which], c.op, c.k)
			}
			a, b := w.networks[0], w.networks[1]
			if a.Hash() != b.Hash() || a.Records() != b.Records() || !slices.Equal(a.Results(), b.Results()) {
				rt.Fatalf("the same calls: hash %x after %d records in one copy, %x after %d in the other", a.Hash(), a.Records(), b.Hash(), b.Records())
			}
		}
		for i, copied := range w.networks {
			if err := copied.Check(); err != nil {
				rt.Fatalf("copy %d: Check() = %v, want nil", i, err)
			}
		}
	})
}
