package measured

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
)

type burstParams struct {
	Backlog  int      `json:"backlog"`
	_        struct{} `unread:"clients=number send=number"`
	Prefill  int      `json:"prefill"` // clients that are pending before the burst
	OneWay   float64  `json:"owd_ms"`
	AcceptAt float64  `json:"accept_at_ms"`
	Watch    float64  `json:"watch_ms"`
}

type burstObserved struct {
	QBefore     int            `json:"q_before_burst"`
	Samples     []sample       `json:"samples"`
	AcceptedAt  []int          `json:"accepted_at"`
	AcceptedEnd []int          `json:"accepted_end"`
	Clients     []burstClient  `json:"clients"`
	Stat        map[string]int `json:"stat"` // of the server alone
}

// burstClient is a client. The instants are those at which the relay between the two sides
// read its segments.
type burstClient struct {
	I      int       `json:"i"`
	State  string    `json:"state"`
	Read   string    `json:"read"`
	Syn    []float64 `json:"syn_ms"`
	SynAck []float64 `json:"synack_ms"`
	Data   []float64 `json:"data_ms"`
	Rst    []float64 `json:"rst_ms"`
}

// burst is clients that connect at one instant over a link with a delay. The burst starts
// some time after virtual time 0, so that the prefill can connect before it.
type burst struct {
	*clients
	p        *burstParams
	o        *burstObserved
	connects []float64 // milliseconds since the burst
	// the clients that the program accepted at accept_at_ms and at the end
	acceptedMidway, acceptedAtEnd []int
}

const burstStart = time.Second

// playBurst: many clients connect at once over a slow link. All SYNs arrive before any
// final ACK. K3, K4, K7, K8
//
// A relay was the link. It read several segments at a time, some milliseconds late. So the
// replay tries two guesses for the calls of connect: 20 µs apart, or as far apart as the
// relay read the SYNs. The instants of segments have a tolerance for the relay.
//
// Inputs are: when a client first sent data, when the program accepted, and the round trip
// from which the timeouts of data follow.
func playBurst(profile netmodel.Profile, p *burstParams, o *burstObserved, c *Comparison) error {
	if len(o.Clients) == 0 {
		return errEmptyList("observed.clients")
	}
	trips := 1
	if slices.ContainsFunc(o.Clients, func(m burstClient) bool { return len(m.Data) > 1 }) {
		trips = maxTrips
	}
	for more := range trips {
		profile.Data.First = leastTimeout(profile.Timers, 2*milliseconds(p.OneWay)+time.Duration(more)*roundTripStep)
		for _, asRead := range []bool{false, true} {
			connects := connectsOf(o.Clients, asRead)
			chains, period := burstChains(profile, p, o.Clients, connects)
			in := phaseRange{
				first:   phaseOfChains(profile.Timers, chains, milliseconds(relayTolerance)),
				period:  period,
				longest: longestWait(profile.SynAck, milliseconds(p.Watch)),
			}
			err := c.bestPhase(profile, in, func(profile netmodel.Profile, c *Comparison) error {
				return playBurstFrom(profile, p, o, connects, c)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// The replay tries maxTrips round trips: that of the link, and 1, 2 and 3 ticks more.
const (
	maxTrips      = 4
	roundTripStep = 4 * time.Millisecond
)

// connectsOf returns when the clients connect, in milliseconds since the burst.
func connectsOf(clients []burstClient, asRead bool) []float64 {
	out := make([]float64, len(clients))
	for k, m := range clients {
		out[k] = float64(k) * 0.02
		if asRead && len(m.Syn) > 0 && len(clients[0].Syn) > 0 {
			out[k] = max(out[k], m.Syn[0]-clients[0].Syn[0])
		}
	}
	return out
}

// burstChains returns the timers whose firings the relay saw, in virtual time, and the
// widest slot of their waits.
func burstChains(p netmodel.Profile, b *burstParams, clients []burstClient, connects []float64) (chains []timerChain, period time.Duration) {
	add := func(set float64, instants []float64, s netmodel.Schedule) {
		c := timerChain{set: burstStart + milliseconds(set)}
		for k := 1; k < len(instants); k++ {
			c.waits = append(c.waits, s.Wait(uint8(k-1)))
			c.fired = append(c.fired, burstStart+milliseconds(instants[k]))
			period = max(period, phasePeriod(p.Timers, []observedTimer{{wait: s.Wait(uint8(k - 1))}}))
		}
		if len(c.waits) > 0 {
			chains = append(chains, c)
		}
	}
	for k, m := range clients {
		add(connects[k], m.Syn, p.Client.Syn)
		if len(m.Syn) == 1 { // with more SYNs, the answered one is not known
			add(connects[k]+b.OneWay, m.SynAck, p.SynAck)
		}
		if len(m.Data) > 0 {
			add(m.Data[0], m.Data, p.Data)
		}
	}
	return chains, period
}

// playBurstFrom plays the burst with one phase and one guess of the connects.
func playBurstFrom(profile netmodel.Profile, p *burstParams, o *burstObserved, connects []float64, c *Comparison) error {
	w := newClients(profile, p.Backlog)
	w.net.SetLink(w.serverID, w.clientsID, netmodel.Link{Latency: milliseconds(p.OneWay)})
	b := &burst{clients: w, p: p, o: o, connects: connects}
	w.connectAll(p.Prefill, 0, 20*time.Microsecond)
	w.advance(burstStart)
	q := w.queue().Complete
	if err := b.act(); err != nil {
		return err
	}
	c.work = w.timeSteps + len(w.records)
	c.equal("q_before_burst", o.QBefore, q)
	b.compare(c)
	return w.err
}

// act makes the clients and the program act when they did, in order.
func (b *burst) act() error {
	type action struct {
		at time.Duration
		do func() error
	}
	accept := func(into *[]int) func() error {
		return func() error {
			*into, _ = b.acceptAll()
			return nil
		}
	}
	actions := []action{
		{acceptedAt(b.p.AcceptAt, b.o.Samples), accept(&b.acceptedMidway)},
		{milliseconds(b.p.Watch), accept(&b.acceptedAtEnd)},
	}
	for k, m := range b.o.Clients {
		if m.I != b.p.Prefill+k {
			return fmt.Errorf("clients: entry %d is client %d: want %d", k, m.I, b.p.Prefill+k)
		}
		at := milliseconds(b.connects[k])
		actions = append(actions, action{at, func() error { b.sendSyn(burstStart + at); return b.err }})
		if len(m.Data) > 0 {
			actions = append(actions, action{milliseconds(m.Data[0]), func() error { return b.sendWhenConnected(m.I) }})
		}
	}
	slices.SortStableFunc(actions, func(x, y action) int { return cmp.Compare(x.at, y.at) })
	for _, a := range actions {
		b.advance(burstStart + a.at)
		if err := a.do(); err != nil {
			return err
		}
	}
	return b.err
}

// sendWhenConnected makes a client send data as soon as its connect has succeeded. If the
// connect does not succeed within a round trip, the client sends nothing.
func (b *burst) sendWhenConnected(client int) error {
	for range 1 + 2*int(b.p.OneWay) {
		if b.connectResult(client) == "OK" {
			_, err := b.clientHost().Send(b.fds[client], 4)
			return err
		}
		b.advanceUnchecked(b.now() + time.Millisecond)
	}
	return b.err
}

// compare compares the queue, the clients and the segments.
func (b *burst) compare(c *Comparison) {
	samples := slices.Clone(b.o.Samples)
	for i := range samples {
		samples[i].At += float64(burstStart / time.Millisecond)
	}
	c.samples(samples, historyOf(b.testbed, b.p.Prefill), relayDelay)
	c.equal("accepted_at", b.o.AcceptedAt, b.acceptedMidway)
	cause := ""
	for _, m := range b.o.Clients {
		c.equal("client's state", m.State, b.stateOf(m.I))
		c.equal("client's read", m.Read, b.read(b.clientHost(), b.fds[m.I]))
		got := b.segmentsOf(m.I)
		c.nearRelay("syn_ms", m.Syn, b.sinceBurst(allInMilliseconds(b.attempt(m.I).syns)))
		c.nearRelay("synack_ms", m.SynAck, b.sinceBurst(got.SynAck))
		c.nearRelay("rst_ms", m.Rst, b.sinceBurst(got.Rst))
		c.nearAll("data_ms", m.Data, b.sinceBurst(got.Data), relayTolerance)
		if c.lastDiffers() && fitsOwnRoundTrip(b.profile, b.p, m) {
			c.because("the timeout of this client follows from the round trip of its own handshake, or rang a tick late: another slot")
			cause = "follows from the slots of timers of data in which clients differ"
		}
	}
	c.sameClients("accepted_end", b.o.AcceptedEnd, b.acceptedAtEnd, cause)
	stat := countersOf(slices.DeleteFunc(slices.Clone(b.records), func(r netmodel.Record) bool { return r.Host != b.serverID }))
	stat["CurrEstab"] = b.clients.ends.count(b.serverID)["ESTABLISHED"]
	c.equalCounts("stat ", []string{
		"CurrEstab", "PassiveOpens", "ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies",
		"SyncookiesSent", "SyncookiesRecv", "RetransSegs", "TCPSynRetrans", "TCPTimeouts", "EmbryonicRsts",
	}, b.o.Stat, stat)
}

// fitsOwnRoundTrip reports whether a round trip of its own explains when a client sent
// data again, if each tick may be late.
func fitsOwnRoundTrip(p netmodel.Profile, b *burstParams, m burstClient) bool {
	for more := range maxTrips {
		p.Data.First = leastTimeout(p.Timers, 2*milliseconds(b.OneWay)+time.Duration(more)*roundTripStep)
		if timers := sentAgain(m.Data, p.Data); len(timers) > 0 && fitsTickDelay(p.Timers, timers) {
			return true
		}
	}
	return false
}

// nearRelay compares the instants at which the relay read segments.
func (c *Comparison) nearRelay(name string, measured, modelled []float64) {
	c.nearAll(name, measured, modelled, relayTolerance)
	if slices.EqualFunc(measured, modelled, func(a, b float64) bool {
		return a-b >= -relayTolerance && a-b <= float64(relayDelay/time.Millisecond)
	}) {
		c.because("the relay ran late: what follows is on time again")
	}
}

// relayTolerance is how far an instant of a segment may lie from that of the model,
// because the relay ran when the scheduler let it.
const relayTolerance = 15.0 // ms

// relayDelay is the largest delay of the relay. It passed several segments in a row.
const relayDelay = 60 * time.Millisecond

// sinceBurst returns instants since virtual time 0 as instants since the burst.
func (b *burst) sinceBurst(instants []float64) []float64 {
	out := make([]float64, 0, len(instants))
	for _, at := range instants {
		out = append(out, at-float64(burstStart/time.Millisecond))
	}
	return out
}

// allInMilliseconds is inMilliseconds for a list.
func allInMilliseconds(instants []time.Duration) []float64 {
	var out []float64
	for _, at := range instants {
		out = append(out, inMilliseconds(at))
	}
	return out
}
