package netmodel

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// The methods that change nothing. lookAtAll calls each of them.
var (
	networkLooks = []string{"Check", "ClientByName", "ClientName", "Clone", "ConnName", "DecidedBy", "Err", "ErrnoName", "Hash", "Host", "HostName",
		"Next", "Now", "Progress", "RealTime", "Records", "Result", "Results", "StreamID", "Tally"}
	realTimeLooks = []string{"BufferedRecords", "NextDeadline"}
	hostLooks     = []string{"Arrived", "Check", "Clone", "Deadline", "FreeDescriptors", "Now", "PeerName", "Profile", "Queue", "Select", "SendError",
		"SockName", "Unacknowledged", "ValidateKeepAlive"}
)

// The methods that change something or drain something. GetSockOpt clears SO_ERROR.
var (
	networkActs = []string{"AddClients", "AddHost", "After", "Cancel", "CloseClient", "Cut", "CutOneWay",
		"DrainRecords", "DrainTap", "Run", "SendClient", "SetLink", "SetStallLimit", "Settle", "Start", "Step", "Tap"}
	realTimeActs = []string{"AddExternalClient", "AdvanceIdle", "DeliverDirectly", "Dial", "DrainReady", "Receive", "SendDirectly", "Watch"}
	hostActs     = []string{"Accept", "AcceptBadAddress", "AcceptIf", "Advance", "Bind", "Cleanup", "CloseFile", "CloseSocket", "Connect", "Deliver", "Drain",
		"DrainRecords", "GetSockOpt", "Listen", "OpenFile", "Receive", "Send", "SetClient", "SetConn", "SetFault", "SetKeepAlive", "SetSockOpt", "SetUser", "Shutdown",
		"Socket", "Startup"}
)

func TestEveryMethodEitherLooksOrActs(t *testing.T) {
	for _, row := range []struct {
		of          reflect.Type
		looks, acts []string
	}{
		{reflect.TypeFor[*Network](), networkLooks, networkActs},
		{reflect.TypeFor[RealTime](), realTimeLooks, realTimeActs},
		{reflect.TypeFor[*Host](), hostLooks, hostActs},
	} {
		named := slices.Concat(row.looks, row.acts)
		slices.Sort(named)
		var have []string
		for i := range row.of.NumMethod() {
			have = append(have, row.of.Method(i).Name)
		}
		slices.Sort(have)
		if !slices.Equal(have, named) {
			t.Errorf("%v has the methods\n%v\nthis test knows\n%v\na new one that looks belongs into lookAtAll, too", row.of, have, named)
		}
	}
}

// lookAtAll calls every method that changes nothing.
func lookAtAll(n *Network) {
	for id := HostID(1); int(id) < len(n.nodes); id++ {
		h := n.Host(id)
		for fd := FirstFD; fd < FirstFD+12; fd++ {
			_, _ = h.Arrived(fd)
			_, _ = h.PeerName(fd)
			_, _ = h.Queue(fd)
			_, _ = h.Select(fd)
			_ = h.SendError(fd)
			_, _ = h.SockName(fd)
			_, _ = h.Unacknowledged(fd)
		}
		_ = h.Check()
		h.Clone().Advance(h.Now().Add(1))
		_, _ = h.Deadline()
		_ = h.FreeDescriptors()
		_ = h.ValidateKeepAlive(KeepAlive{UserTimeout: 1})
		_ = h.Profile()
		_, _ = n.HostName(id), n.ErrnoName(id, winsock.WSAECONNREFUSED)
		_ = n.immediate(id, 1)
	}
	for c := range ConnID(n.attempts.len) {
		_ = n.DecidedBy(Record{Conn: c, Cause: QueueFull})
		_, _, _, _ = n.ConnName(c), n.Result(c), n.Progress(c), n.StreamID(c)
	}
	_, _ = n.ClientByName(n.ClientName(1))
	n.Clone().Run(n.Now().Add(1))
	_, _ = n.Check(), n.Err()
	_, _, _, _, _, _ = n.Results(), n.Hash(), n.Records(), n.Now(), n.RealTime().NextDeadline(), n.RealTime().BufferedRecords()
	_, _ = n.Next()
	_, _ = n.Tally()
}

// These methods change nothing, at any place between steps and calls: not what happens, not
// its order, not the number of events.
func TestLookingChangesNothing(t *testing.T) {
	type outcome struct {
		hash, records uint64
		steps         []Step
		seen          []Record
		results       []AttemptResult
		ready         []Socket
	}
	type call struct {
		op, k int
		look  bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		seed, directly, watched := rapid.Uint64().Draw(rt, "seed"), rapid.Bool().Draw(rt, "directly"), rapid.Bool().Draw(rt, "watched")
		calls := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) call {
			return call{rapid.IntRange(0, pairOpCount-1).Draw(rt, "op"), rapid.IntRange(0, 10).Draw(rt, "k"), rapid.Bool().Draw(rt, "look")}
		}), 1, 60).Draw(rt, "calls")
		play := func(looking bool) (o outcome) {
			w := newPair(seed)
			n := w.networks[0]
			if directly {
				n.RealTime().DeliverDirectly()
			}
			if watched {
				n.RealTime().Watch()
			}
			for _, c := range calls {
				if looking && c.look {
					lookAtAll(n)
				}
				w.do(n, c.op, c.k)
			}
			for range 10_000 {
				if looking && len(o.steps)%7 == 0 {
					lookAtAll(n)
				}
				step, ok := n.Step(sim.Time(10 * 60 * 1e9))
				if !ok {
					break
				}
				o.steps = append(o.steps, step)
			}
			o.ready = n.RealTime().DrainReady(nil)
			o.hash, o.records, o.seen, o.results = n.Hash(), n.Records(), n.DrainRecords(nil), n.Results()
			return o
		}
		want, got := play(false), play(true)
		if got.hash != want.hash || got.records != want.records || len(got.steps) != len(want.steps) {
			rt.Errorf("with looks: hash %x, %d records, %d events; without: %x, %d, %d", got.hash, got.records, len(got.steps), want.hash, want.records, len(want.steps))
		}
		if !slices.Equal(got.steps, want.steps) || !slices.Equal(got.seen, want.seen) || !slices.Equal(got.results, want.results) || !slices.Equal(got.ready, want.ready) {
			rt.Error("with looks: other steps, records, results or sockets than without")
		}
	})
}

// A method that looks counts calls of hosts that the network has not settled yet.
func TestALookSeesWhatHostsWereCalledFor(t *testing.T) {
	w := newPair(3)
	n := w.networks[0]
	server := n.Host(w.servers[0][0])
	for n.Now() < sim.Time(3e8) {
		n.Step(sim.Forever)
	}
	a, err := server.Accept(FirstFD)
	if err != nil {
		t.Fatalf("Accept() = %v, want a connection", err)
	}
	hash, records := n.Hash(), n.Records()
	result := n.Result(a.Conn)
	if result.Outcome != OutcomeAccepted {
		t.Errorf("after Accept: Result() = %+v, want accepted", result)
	}
	at, ok := n.Next()
	n.Settle()
	next, still := n.Next()
	if n.Hash() != hash || n.Records() != records || n.Result(a.Conn) != result || next != at || still != ok || n.RealTime().NextDeadline() != next {
		t.Errorf("before Settle: hash %x, %d records, %+v, next %v, %v; after it: %x, %d, %+v, next %v, %v, soonest %v",
			hash, records, result, at, ok, n.Hash(), n.Records(), n.Result(a.Conn), next, still, n.RealTime().NextDeadline())
	}
}

func TestNextSeesWhatIsNotYetOnItsWay(t *testing.T) {
	n := NewNetwork(1)
	server, client := n.AddHost("server", HostConfig{Profile: WSP()}), n.AddHost("client", HostConfig{Profile: WSP()})
	n.SetLink(server, client, Link{Latency: time.Millisecond})
	if at, ok := n.Next(); ok {
		t.Errorf("Next() of a network in which nothing is due = %v, true", at)
	}
	if _, _, err := n.RealTime().Dial(n.RealTime().AddExternalClient("p", client), Addr{HostAddr(server, 1), testPort}, nil); err != nil {
		t.Fatal(err)
	}
	if at, ok := n.Next(); at != sim.Time(time.Millisecond) || !ok {
		t.Errorf("Next() after Dial = %v, %v, want 1 ms, when the SYN arrives", at, ok)
	}
}

// What a caller does to his configuration afterwards is no longer the clients'.
func TestClientsKeepTheSettingsThatTheyWereAddedWith(t *testing.T) {
	syns := func(spoil bool) int {
		n := NewNetwork(1)
		server, client := n.AddHost("server", HostConfig{Profile: WSP()}), n.AddHost("client", HostConfig{Profile: WSP()})
		n.Cut(server, client, true)
		tcp := Client{Syn: Schedule{First: time.Second, Retries: 2}}
		id := n.AddClients(ClientConfig{Name: "c", Host: client, To: Addr{HostAddr(server, 1), testPort}, TCP: &tcp}, 1)
		if spoil {
			tcp = Client{}
		}
		n.Start(id, 0)
		n.Run(sim.Time(time.Minute))
		lost := 0
		for _, r := range n.DrainRecords(nil) {
			if r.Kind == Lost {
				lost++
			}
		}
		return lost
	}
	if before, after := syns(false), syns(true); before != 3 || after != 3 {
		t.Errorf("%d SYNs, %d when the caller changes the settings that AddClients was given; want 3 and 3", before, after)
	}
}
