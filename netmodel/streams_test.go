package netmodel_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// who is a client, a crowd or a program of a cast.
type who struct {
	name    string
	host    string
	count   int // of a crowd, 0 = one client
	program bool
	at      time.Duration // when the first one comes
}

// cast is who is there, in the order of being added.
type cast struct {
	profile netmodel.Profile
	hosts   []string // those before the server
	all     []who
}

// play lets a cast connect, over a link on which everything happens, to a server with
// room for all. It returns what each client met, by its name.
func (c cast) play(seed uint64) map[string]string {
	n := netmodel.NewNetwork(seed)
	hosts := map[string]netmodel.HostID{}
	for _, name := range append(slices.Clone(c.hosts), "server") {
		hosts[name] = n.AddHost(name, netmodel.HostConfig{Profile: c.profile})
	}
	for _, w := range c.all {
		if hosts[w.host] == 0 {
			hosts[w.host] = n.AddHost(w.host, netmodel.HostConfig{Profile: c.profile})
		}
		n.SetLink(hosts["server"], hosts[w.host], rough())
	}
	h := n.Host(hosts["server"])
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Bind(fd, netmodel.Addr{Port: port})
	_ = h.Listen(fd, 200)
	to := netmodel.Addr{IP: netmodel.HostAddr(hosts["server"], 1), Port: port}
	dials := c.join(n, hosts, to)
	stories := map[string]*strings.Builder{}
	for {
		step, ok := n.Step(sim.Time(2 * time.Minute))
		if !ok {
			break
		}
		if step.Program {
			_, _, _ = n.RealTime().Dial(dials[step.Tag], to, nil)
		}
		for {
			if _, err := h.Accept(fd); err != nil {
				break
			}
		}
		for _, r := range n.DrainRecords(nil) {
			name := n.ConnName(r.Conn)
			if stories[name] == nil {
				stories[name] = new(strings.Builder)
			}
			if r.Kind != netmodel.Called {
				fmt.Fprintf(stories[name], "%v %d %v %d %d\n", r.At, r.Kind, r.Cause, r.Errno, r.Wait())
			}
		}
	}
	met := map[string]string{}
	for name, b := range stories {
		lines := slices.Sorted(strings.Lines(b.String())) // at one instant the order is that of the timers of all
		met[name] = strings.Join(lines, "")
	}
	return met
}

// join adds everybody and schedules when they come. It returns the programs by tag.
func (c cast) join(n *netmodel.Network, hosts map[string]netmodel.HostID, to netmodel.Addr) []netmodel.ClientID {
	var dials []netmodel.ClientID
	for _, w := range c.all {
		if w.program {
			dials = append(dials, n.RealTime().AddExternalClient(w.name, hosts[w.host]))
			for i := range 2 {
				n.After(w.at+time.Duration(i)*70*time.Millisecond, uint64(len(dials)-1))
			}
			continue
		}
		first := n.AddClients(netmodel.ClientConfig{Name: w.name, Host: hosts[w.host], To: to, Send: 10, GiveUp: time.Minute,
			Retry: netmodel.Retry{Attempts: 2, Delay: time.Second, Jitter: sim.Ratio{Num: 1, Den: 2}}}, max(1, w.count))
		for i := range max(1, w.count) {
			n.Start(first+netmodel.ClientID(i), w.at+time.Duration(i)*13*time.Millisecond)
		}
	}
	return dials
}

// everybody is a cast of the clients, crowds and programs with the given numbers.
func everybody(numbers []int) []who {
	var all []who
	for _, i := range numbers {
		w := who{name: fmt.Sprintf("x%d.", i), host: []string{"clients", "others"}[i%2], at: time.Duration(i*17) * time.Millisecond}
		switch i % 3 {
		case 1:
			w.count = 5 + i%4
		case 2:
			w.program = true
		}
		all = append(all, w)
	}
	return all
}

// Adding, removing and reordering clients, crowds, programs and hosts leaves those
// who stay what they met.
func TestWhatAClientMeetsDoesNotDependOnWhoElseIsThere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		profile := rapid.SampledFrom([]netmodel.Profile{profiles.Linux(), profiles.WSP(), profiles.Windows(), profiles.FreeBSD()}).Draw(rt, "profile")
		seed := rapid.Uint64().Draw(rt, "seed")
		some := rapid.SliceOfNDistinct(rapid.IntRange(0, 11), 1, 8, rapid.ID[int])
		hosts := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"clients", "others", "idle", "spare"}), 0, 4, rapid.ID[string])
		one := cast{profile, hosts.Draw(rt, "hosts of one"), everybody(some.Draw(rt, "one"))}
		other := cast{profile, hosts.Draw(rt, "hosts of the other"), everybody(some.Draw(rt, "other"))}
		met, now := one.play(seed), other.play(seed)
		for _, name := range slices.Sorted(maps.Keys(met)) {
			if again, both := now[name]; both && name != "" && again != met[name] {
				rt.Errorf("%s met, among %v,\n%sand among %v\n%s", name, one.all, met[name], other.all, again)
			}
		}
	})
}

// A larger crowd is the smaller one with more clients behind it, and a crowd of one is
// a client.
func TestACrowdThatGrowsKeepsItsFirstClients(t *testing.T) {
	play := func(count int) map[string]string {
		return cast{profiles.Linux(), nil, []who{{name: "c", host: "clients", count: count}}}.play(3)
	}
	five, nine, one := play(5), play(9), play(1)
	for _, name := range []string{"c1", "c2", "c5"} {
		if five[name] != nine[name] || five[name] == "" {
			t.Errorf("%s met, of five,\n%sand of nine\n%s", name, five[name], nine[name])
		}
	}
	if one["c"] != five["c1"] {
		t.Errorf("the one client of a crowd met\n%sand the first of five\n%s", one["c"], five["c1"])
	}
}

// Those who have one name differ, and who is which is the order of being added.
func TestNamesakesAreToldApartByTheirOrder(t *testing.T) {
	play := func(all ...who) map[string]string { return cast{profiles.Linux(), nil, all}.play(5) }
	for _, kind := range []who{{program: true}, {}, {count: 4}} {
		twin := func(at time.Duration) who {
			w := kind
			w.name, w.host, w.at = "twin", "clients", at
			return w
		}
		name := map[bool]string{true: "twin1", false: "twin"}[kind.count > 1]
		alone := play(twin(0))[name]
		second := play(twin(time.Hour), twin(0))[name] // the first never comes
		third := play(who{name: "z", host: "clients"}, twin(time.Hour), who{name: "a", host: "clients", program: true}, twin(0))[name]
		if alone == second || alone == "" || second == "" {
			t.Errorf("%+v: the second of a name met what the first did:\n%s", kind, second)
		}
		far := twin(time.Hour)
		far.host = "others"
		if elsewhere := play(far, twin(0))[name]; elsewhere != alone {
			t.Errorf("%+v: alone it met\n%sand with a client of its name on another host\n%s", kind, alone, elsewhere)
		}
		if second != third {
			t.Errorf("%+v: the second of a name met\n%sand among others\n%s", kind, second, third)
		}
	}
}

// A host that is added before others leaves alone whom they evict.
func TestWhomAHostEvictsDoesNotDependOnOtherHosts(t *testing.T) {
	evicted := func(before ...string) (names []string) {
		n := netmodel.NewNetwork(1)
		for _, name := range before {
			n.AddHost(name, netmodel.HostConfig{Profile: profiles.Darwin()})
		}
		server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.Darwin()})
		crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.Darwin()})
		n.CutOneWay(server, crowd, true)
		h := n.Host(server)
		fd, _ := h.Socket(winsock.SOCK_STREAM)
		_ = h.Bind(fd, netmodel.Addr{Port: port})
		_ = h.Listen(fd, 8)
		first := n.AddClients(netmodel.ClientConfig{Name: "x", Host: crowd, To: netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: port}}, 60)
		for i := range 60 {
			n.Start(first+netmodel.ClientID(i), time.Duration(i)*time.Millisecond)
		}
		n.Run(sim.Time(time.Second / 2))
		for _, r := range n.DrainRecords(nil) {
			if r.Cause == netmodel.Evicted {
				names = append(names, n.ConnName(r.Conn))
			}
		}
		return names
	}
	alone, among := evicted(), evicted("a", "b")
	if len(alone) < 20 || !slices.Equal(alone, among) {
		t.Errorf("evicted %v alone and %v among other hosts, want the same, and 20 or more", alone, among)
	}
}
