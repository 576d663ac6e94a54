package simnet_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/hooks"
)

func TestAHostHasTheDescriptorsThatItsConfigSays(t *testing.T) {
	n := simnet.New(simnet.Config{Descriptors: 3})
	defer n.Close()
	for _, x := range []struct {
		name string
		host *simnet.Host
		want int // files that it can open, of 10
		why  string
	}{
		{"a", n.Host("a"), 3, "the number of the network"},
		{"b", n.AddHost("b", simnet.HostConfig{}), 3, "0 is the number of the network"},
		{"c", n.AddHost("c", simnet.HostConfig{Descriptors: 5}), 5, "a number of its own"},
		{"d", hooks.UnlimitedHost(n, "d").(*simnet.Host), 10, "no limit"},
		{"a", hooks.UnlimitedHost(n, "a").(*simnet.Host), 3, "the network already has a host of that name"},
		{"a", hooks.UnlimitedHost(n, "A.").(*simnet.Host), 3, "names are case-insensitive and may end in a dot"},
	} {
		before := x.host.FreeDescriptors()
		closeAll := x.host.OpenFiles(10)
		open := min(10, before)
		if free := x.host.FreeDescriptors(); x.want < 10 && free != 0 {
			t.Errorf("host %q: %d descriptors are free when 10 files were to be opened, want 0", x.name, free)
		}
		closeAll()
		if x.host.Name() != x.name || open != x.want {
			t.Errorf("host %q opens %d of 10 files, want %q and %d: %s", x.host.Name(), open, x.name, x.want, x.why)
		}
	}
}

func TestANumberOfDescriptorsThatIsNoneIsNamed(t *testing.T) {
	n := simnet.New(simnet.Config{})
	defer n.Close()
	defer func() {
		want := `host "a" with -2 descriptors: want 0 (the number of the network), NoLimit, or at least 1`
		if p, _ := recover().(string); !strings.Contains(p, want) {
			t.Errorf("AddHost with -2 descriptors panics with %q, want %q", p, want)
		}
	}()
	n.AddHost("a", simnet.HostConfig{Descriptors: -2})
}

// Hosts of two networks have the same numbers: nobody but a check notices.
func TestAHostOfAnotherNetworkIsNoEndOfALink(t *testing.T) {
	n, other := simnet.New(simnet.Config{}), simnet.New(simnet.Config{})
	defer n.Close()
	defer other.Close()
	a, stranger := n.Host("a"), other.Host("b")
	for _, x := range []struct {
		name string
		call func(*simnet.Host)
	}{
		{"Cut", func(h *simnet.Host) { n.Cut(a, h) }},
		{"Heal", func(h *simnet.Host) { n.Heal(h, a) }},
		{"SetLink", func(h *simnet.Host) { n.SetLink(a, h, netmodel.Link{}) }},
	} {
		for want, host := range map[string]*simnet.Host{
			"simnet: " + x.name + ` of host "b", which is on another network: want two hosts of this network`: stranger,
			"simnet: " + x.name + " of a nil *Host: want two hosts of this network":                           nil,
		} {
			func() {
				defer func() {
					if got := recover(); got != want {
						t.Errorf("%s panics with %v, want %q", x.name, got, want)
					}
				}()
				x.call(host)
			}()
		}
	}
}

func TestHostsAreFoundByTheirNumber(t *testing.T) {
	n := simnet.New(simnet.Config{})
	defer n.Close()
	a, b := n.Host("a"), n.AddHost("b", simnet.HostConfig{Profile: profiles.Windows()})
	byID := func(id netmodel.HostID) *simnet.Host { return hooks.HostByID(n, id).(*simnet.Host) }
	if got := byID(1); got != a || got.Profile().Name != "linux" {
		t.Errorf("HostByID(1) = %v, want a, on linux", got)
	}
	if got := byID(2); got != b || got.Profile().Name != "windows" {
		t.Errorf("HostByID(2) = %v, want b, on windows", got)
	}
	if byID(0) != nil || byID(3) != nil {
		t.Errorf("HostByID(0), HostByID(3) = %v, %v, want nil for both", byID(0), byID(3))
	}
}

// A network that is frozen can be read from outside its bubble, and nothing happens on
// it any more.
func TestAFrozenNetworkCanBeReadFromOutside(t *testing.T) {
	var n *simnet.Network
	hash := make(chan uint64, 1)
	simnet.BeforeBubble()
	synctest.Test(t, func(t *testing.T) {
		n = simnet.New(simnet.Config{Link: netmodel.Link{Latency: time.Second}})
		l, err := n.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		d := n.Host("client").Dialer("alice")
		go func() { _, _ = d.Dial("tcp", "server:80") }()
		time.Sleep(1500 * time.Millisecond)
		hash <- n.Hash()
		_ = l.Close()
		_ = n.Close()
		time.Sleep(time.Minute)
	})
	last, ok := hooks.LastEvent(n)
	if !ok || !hooks.Freeze(n) {
		t.Fatal("a network that nobody uses cannot be frozen")
	}
	if want := 61 * time.Second; last.Sub(0) > want || last.Sub(0) < 1500*time.Millisecond {
		t.Errorf("LastEvent() = %v, want an instant from 1.5s to %v", last, want)
	}
	before := n.Hash()
	var b strings.Builder
	if err := n.WriteTrace(&b, true); err != nil || !strings.Contains(b.String(), "alice") {
		t.Errorf("WriteTrace from outside the bubble: %v, %q, want a trace with alice in it", err, b.String())
	}
	if results := n.Results(); len(results) != 1 || n.ClientName(results[0].Client) != "alice" || len(n.Listeners()) != 0 {
		t.Errorf("Results from outside the bubble: %v, want one, of alice", results)
	}
	if n.Now() != last || n.Hash() != before || before == <-hash {
		t.Errorf("a frozen network is at %v, hash %x, want %v, %x, and another hash than at 1.5s", n.Now(), n.Hash(), last, before)
	}
}

// Records that are read twice are the same, however few are kept.
func TestReadingRecordsLosesNone(t *testing.T) {
	simnet.BeforeBubble()
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Trace: 1})
		n.Host("server")
		for range 700 { // each is refused
			_, _ = n.Host("client").Dial("tcp", "server:80")
		}
		first, gone := n.Records()
		var b strings.Builder
		_ = n.WriteTrace(&b, true) // a strings.Builder takes all
		again, stillGone := n.Records()
		if lines := strings.Count(b.String(), "\n") - 1; len(first) == 0 || len(first) != len(again) || gone != stillGone || lines != len(first) {
			t.Errorf("Records: %d, %d gone; then a trace of %d lines; then %d, %d gone: want the same each time", len(first), gone, lines, len(again), stillGone)
		}
		_ = n.Close()
	})
}
