package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
)

// playOpenLoop: connection requests arrive at random and one worker accepts. The log has
// the arrivals. The replay compares every decision of the kernel, and the totals.
// K1 to K8
//
// Results of the clients are compared if they follow from the decisions. In runs in which
// clients send data, results depend on when a client looked.
func playOpenLoop(profile netmodel.Profile, p *openLoopParams, o *openLoopObserved, c *Comparison) error {
	// A timer fires a little before its segment is sent.
	profile.Timers.Phase = phaseOfTimers(profile.Timers, synTimers(profile, o.Events), usualDelay) + 100*time.Microsecond
	loop, err := newOpenLoop(profile, p.Backlog, o.Events)
	if err != nil {
		return err
	}
	if err := loop.run(); err != nil {
		return err
	}
	missed := 0
	for k, d := range loop.kinds {
		c.decided(decisionKind(k).String(), d.all, d.all-d.misses())
		c.because(d.cause())
		missed += d.misses()
	}
	follows := ""
	if missed > 0 {
		follows = fmt.Sprintf("follows from the %d decisions that differ", missed)
	}
	loop.compareTotals(c, p, o, follows)
	return nil
}

// compareTotals compares the totals of the decisions.
func (o *openLoop) compareTotals(c *Comparison, p *openLoopParams, m *openLoopObserved, follows string) {
	equal := func(name string, measured, modelled int) {
		c.equal(name, measured, modelled)
		c.because(follows)
	}
	arrivals, connected := 0, 0
	by := map[string]int{}
	for _, l := range o.clients {
		if l.syns > 0 {
			arrivals++
		}
		if l.answered > 0 {
			connected++
			by[fmt.Sprintf("%d retransmissions", l.answered-1)]++
		}
	}
	equal("arrivals", m.Arrivals, arrivals)
	equal("accepted", m.Accepted, o.accepted)
	equal("immediate", m.Immediate, by["0 retransmissions"])
	for n := range maxSyns {
		name := fmt.Sprintf("%d retransmissions", n)
		if m.ByRetransmissions[name] > 0 || by[name] > 0 {
			equal(name, m.ByRetransmissions[name], by[name])
		}
	}
	equal("failed", m.Failed, arrivals-connected)
	equal("phantom", m.Phantom, connected-o.accepted)
	if p.Send == 0 {
		equal("OK", m.Results["OK"], connected)
	}
	equal("half_open_left", m.HalfOpenLeft, o.halfOpen())
	stat := counterNames(&o.counters)
	for _, name := range []string{
		"PassiveOpens", "ListenOverflows", "ListenDrops", "TCPReqQFullDoCookies", "TCPReqQFullDrop",
		"SyncookiesSent", "SyncookiesRecv",
	} {
		equal("stat "+name, m.Stat[name], stat[name])
	}
}

// maxSyns is more than the SYNs of any client.
const maxSyns = 64

// synTimers returns the timers of retransmitted SYNs.
func synTimers(p netmodel.Profile, log []logEvent) []observedTimer {
	var out []observedTimer
	last := map[int]time.Duration{}
	sent := map[int]uint8{}
	for _, e := range log {
		if e.kind != 'S' {
			continue
		}
		if n := sent[e.client]; n > 0 {
			out = append(out, observedTimer{set: last[e.client], fired: e.at, wait: p.Client.Syn.Wait(n - 1)})
		}
		last[e.client] = e.at
		sent[e.client]++
	}
	return out
}
