package netmodel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// wantComplaint wants an error that contains all of the words.
func wantComplaint(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, want an error that says %q", what, err, word)
		}
	}
}

func TestProfileValidateSaysWhatIsWrong(t *testing.T) {
	for _, row := range []struct {
		say   []string
		spoil func(*netmodel.Profile)
	}{
		{[]string{"profile without a name"}, func(p *netmodel.Profile) { p.Name = "" }},
		{[]string{"profile wsp", "-2..200", "-1 <= Min"}, func(p *netmodel.Profile) { p.Backlog.Min = -2 }},
		{[]string{"1..0"}, func(p *netmodel.Profile) { p.Backlog.Max = 0 }},
		{[]string{"1048576"}, func(p *netmodel.Profile) { p.Backlog.Max = 1<<20 + 1 }},
		{[]string{"hints 0..5", "HintMax 0"}, func(p *netmodel.Profile) { p.Backlog.HintMax = 5 }},
		{[]string{"hints 7..5"}, func(p *netmodel.Profile) { p.Backlog.HintMin, p.Backlog.HintMax = 7, 5 }},
		{[]string{"hints 7..-5"}, func(p *netmodel.Profile) { p.Backlog.HintMin, p.Backlog.HintMax = 7, -5 }},
		{[]string{"ports 0..5000", "PortMin"}, func(p *netmodel.Profile) { p.PortMin = 0 }},
		{[]string{"ports 9000..5000"}, func(p *netmodel.Profile) { p.PortMin = 9000 }},
		{[]string{"negative"}, func(p *netmodel.Profile) { p.SlotReturnDelay = -1 }},
		{[]string{"negative"}, func(p *netmodel.Profile) { p.OfferLifetime = -1 }},
		{[]string{"negative"}, func(p *netmodel.Profile) { p.FinWait = -1 }},
		{[]string{"first wait 0s", "more than 0"}, func(p *netmodel.Profile) { p.SynAck.First = 0 }},
		{[]string{"first wait -1ns"}, func(p *netmodel.Profile) { p.Data.First = -1 }},
		{[]string{"first wait 25h0m0s", "24h"}, func(p *netmodel.Profile) { p.Client.Syn.First = 25 * time.Hour }},
		{[]string{"ceiling -1ns", "negative"}, func(p *netmodel.Profile) { p.Client.Syn.Max = -1 }},
		{[]string{"limit -1ns"}, func(p *netmodel.Profile) { p.Client.Syn.Limit = -1 }},
		{[]string{"31 retransmissions", "at most 30"}, func(p *netmodel.Profile) { p.Data.Retries = 31 }},
		{[]string{"factor 11"}, func(p *netmodel.Profile) { p.Data.Factor = 11 }},
		{[]string{"Calls is 4"}, func(p *netmodel.Profile) { p.Calls = 4 }},
		{[]string{"OnAckFull is 5"}, func(p *netmodel.Profile) { p.OnAckFull = 5 }},
		{[]string{"Options is 4"}, func(p *netmodel.Profile) { p.Options = 4 }},
		{[]string{"SynQueue.Size is 4"}, func(p *netmodel.Profile) { p.SynQueue.Size = 4 }},
		{[]string{"SynQueue.Victim is 3"}, func(p *netmodel.Profile) { p.SynQueue.Victim = 3 }},
		{[]string{"SynQueue.Cookies is 4"}, func(p *netmodel.Profile) { p.SynQueue.Cookies = 4 }},
		{[]string{"SynQueue.CookieFull is 2"}, func(p *netmodel.Profile) { p.SynQueue.CookieFull = 2 }},
		{[]string{"SYN queue of -1"}, func(p *netmodel.Profile) { p.SynQueue.Max = -1 }},
		{[]string{"AtSyn", "-1/2"}, func(p *netmodel.Profile) { p.AtSyn = netmodel.Limit{Num: -1, Den: 2} }},
		{[]string{"AtAck", "at least -1"}, func(p *netmodel.Profile) { p.AtAck.Min = -1 }},
		{[]string{"SynQueue.Limit"}, func(p *netmodel.Profile) { p.SynQueue.Limit.Add = 1 << 21 }},
		{[]string{"SlotsFree"}, func(p *netmodel.Profile) { p.SynQueue.Separate = true }},
		{[]string{"-1 young"}, func(p *netmodel.Profile) { p.Young = -1 }},
		{[]string{"becomes 101/1"}, func(p *netmodel.Profile) { p.Backlog.Num, p.Backlog.Den = 101, 1 }},
		{[]string{"-1 ticks a second"}, func(p *netmodel.Profile) { p.Timers.HZ = -1 }},
		{[]string{"a timer wheel without ticks"}, func(p *netmodel.Profile) { p.Timers.Wheel = true }},
		{[]string{`system "plan9"`}, func(p *netmodel.Profile) { p.System = "plan9" }},
		{[]string{"phase -1ns"}, func(p *netmodel.Profile) { p.Timers.Phase = -1 }},
		{[]string{"gap -1ns"}, func(p *netmodel.Profile) { p.Client.Refused.Gap = -1 }},
		{[]string{"Relisten is 4"}, func(p *netmodel.Profile) { p.Relisten = 4 }},
		{[]string{"Trim is 3"}, func(p *netmodel.Profile) { p.Trim = 3 }},
		{[]string{"OnFull is 6"}, func(p *netmodel.Profile) { p.OnFull = 6 }},
		{[]string{"Slots is 3"}, func(p *netmodel.Profile) { p.Slots = 3 }},
		{[]string{"Aborted is 5"}, func(p *netmodel.Profile) { p.Aborted = 5 }},
		{[]string{"CloseListener is 4"}, func(p *netmodel.Profile) { p.CloseListener = 4 }},
		{[]string{"Binds is 4"}, func(p *netmodel.Profile) { p.Binds = 4 }},
	} {
		p := profiles.WSP()
		row.spoil(&p)
		wantComplaint(t, "Validate()", p.Validate(), row.say...)
	}
	wantComplaint(t, "Validate() of the zero profile", netmodel.Profile{}.Validate(), "name")
}

func TestLinkValidateSaysWhatIsWrong(t *testing.T) {
	bad := sim.Ratio{Num: 2, Den: 1}
	for _, row := range []struct {
		link netmodel.Link
		say  string
	}{
		{netmodel.Link{Latency: -1}, "latency -1ns"},
		{netmodel.Link{Latency: time.Hour + 1}, "1h0m0s"},
		{netmodel.Link{Jitter: sim.Uniform{Min: 2, Max: 1}}, "jitter"},
		{netmodel.Link{Loss: bad}, "loss"},
		{netmodel.Link{Duplicate: bad}, "duplicate"},
		{netmodel.Link{Reorder: bad}, "reorder"},
	} {
		wantComplaint(t, "Validate()", row.link.Validate(), "link", row.say)
	}
	for _, link := range []netmodel.Link{{}, rough(), {Latency: time.Hour, Loss: sim.Ratio{Num: 1, Den: 1}}} {
		if err := link.Validate(); err != nil {
			t.Errorf("Validate() of %+v = %v, want nil", link, err)
		}
	}
}

func TestClientConfigValidateSaysWhatIsWrong(t *testing.T) {
	for _, row := range []struct {
		say   string
		spoil func(*netmodel.ClientConfig)
	}{
		{"cannot connect to 10.0.0.1:0", func(c *netmodel.ClientConfig) { c.To.Port = 0 }},
		{"cannot connect to 0.0.0.0:80", func(c *netmodel.ClientConfig) { c.To.IP = netmodel.AnyIP }},
		{"negative", func(c *netmodel.ClientConfig) { c.GiveUp = -1 }},
		{"negative", func(c *netmodel.ClientConfig) { c.Retry.Delay = -1 }},
		{"negative", func(c *netmodel.ClientConfig) { c.Retry.Max = -1 }},
		{"-1 further attempts", func(c *netmodel.ClientConfig) { c.Retry.Attempts = -1 }},
		{"1001 further attempts: want 0 to 1000", func(c *netmodel.ClientConfig) { c.Retry.Attempts = 1001 }},
		{"factor -1", func(c *netmodel.ClientConfig) { c.Retry.Factor = -1 }},
		{"factor 11: want 0 to 10", func(c *netmodel.ClientConfig) { c.Retry.Factor = 11 }},
		{"sends -1 bytes", func(c *netmodel.ClientConfig) { c.Send = -1 }},
		{"sends 1073741825 bytes", func(c *netmodel.ClientConfig) { c.Send = 1<<30 + 1 }},
		{"jitter", func(c *netmodel.ClientConfig) { c.Retry.Jitter = sim.Ratio{Num: 3, Den: 2} }},
		{"first wait", func(c *netmodel.ClientConfig) { c.TCP = &netmodel.Client{} }},
	} {
		c := netmodel.ClientConfig{Name: "x", To: netmodel.Addr{IP: netmodel.IPv4(10, 0, 0, 1), Port: 80}}
		if err := c.Validate(); err != nil {
			t.Fatalf("Validate() of a good one = %v, want nil", err)
		}
		row.spoil(&c)
		wantComplaint(t, "Validate()", c.Validate(), row.say)
	}
}

// panics returns what f panics with, "" if it does not.
func panics(f func()) (said string) {
	defer func() {
		if r := recover(); r != nil {
			said = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

func TestMistakesOfAProgramPanicWithASentence(t *testing.T) {
	good := netmodel.HostConfig{Profile: profiles.WSP(), Addrs: []netmodel.IP{hostIP}}
	world := func() (*netmodel.Network, netmodel.HostID) {
		n := netmodel.NewNetwork(1)
		return n, n.AddHost("a", netmodel.HostConfig{Profile: profiles.WSP()})
	}
	client := netmodel.ClientConfig{Name: "c", Host: 1, To: netmodel.Addr{IP: hostIP, Port: 80}}
	for _, row := range []struct {
		why string
		do  func()
		say string
	}{
		{"no profile", func() { netmodel.NewHost(netmodel.HostConfig{Addrs: good.Addrs}) }, "netmodel: profile without a name"},
		{"no address", func() { netmodel.NewHost(netmodel.HostConfig{Profile: good.Profile}) }, "at least one address"},
		{"the wildcard as an address", func() {
			netmodel.NewHost(netmodel.HostConfig{Profile: good.Profile, Addrs: []netmodel.IP{netmodel.AnyIP}})
		}, "none of them 0.0.0.0"},
		{"fewer than no descriptors", func() {
			netmodel.NewHost(netmodel.HostConfig{Profile: good.Profile, Addrs: good.Addrs, Descriptors: -1})
		}, "-1 descriptors"},
		{"time runs back", func() {
			h := netmodel.NewHost(good)
			h.Advance(ms(5))
			h.Advance(ms(4))
		}, "netmodel: Advance to 4.000 ms: the host is at 5.000 ms already"},
		{"too many hosts", func() {
			n, _ := world()
			for range 250 {
				n.AddHost("h", netmodel.HostConfig{Profile: profiles.WSP()})
			}
		}, "more than 250 hosts"},
		{"a bad link", func() { n, a := world(); n.SetLink(a, a, netmodel.Link{Latency: -1}) }, "SetLink: link: latency -1ns"},
		{"a bad client", func() { n, _ := world(); n.AddClients(netmodel.ClientConfig{Name: "c", Host: 1}, 1) }, "AddClients: client \"c\""},
		{"no clients", func() { n, _ := world(); n.AddClients(client, 0) }, "0 clients on host 1: want 1 to "},
		{"no host", func() { n, _ := world(); c := client; c.Host = 9; n.AddClients(c, 1) }, "1 clients on host 9"},
	} {
		if said := panics(row.do); !strings.Contains(said, row.say) {
			t.Errorf("%s: panic %q, want one that says %q", row.why, said, row.say)
		}
	}
}

func TestLongSchedulesDoNotOverflow(t *testing.T) {
	s := netmodel.Schedule{First: 24 * time.Hour, Retries: 20}
	before := time.Duration(0)
	for n := range uint8(21) {
		d := s.Wait(n)
		if d < before || d <= 0 {
			t.Fatalf("Wait(%d) = %v, want at least Wait(%d) = %v", n, d, n-1, before)
		}
		before = d
	}
}

func TestEveryReadyMadeProfileIsValid(t *testing.T) {
	names := map[string]bool{}
	for _, p := range profiles.All() {
		if err := p.Validate(); err != nil {
			t.Errorf("%s: Validate() = %v, want nil", p.Name, err)
		}
		if p.Long == "" || names[p.Name] {
			t.Errorf("%s: description %q, named before %v: want one, and a name of its own", p.Name, p.Long, names[p.Name])
		}
		names[p.Name] = true
		got, ok := profiles.ByName(p.Name)
		check(t, "ProfileByName("+p.Name+"): found", ok, true)
		check(t, "ProfileByName("+p.Name+")", got, p)
	}
}
