package measured

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
)

type phantomParams struct {
	Backlog  int      `json:"backlog"`
	Prefill  int      `json:"prefill"` // clients whose handshake is undisturbed
	Half     int      `json:"half"`    // clients whose final ACK is lost at first
	Send     int      `json:"send"`    // 1: they send data then, 0: they are silent to the end
	AcceptAt *float64 `json:"accept_at_ms"`
	Watch    float64  `json:"watch_ms"`
}

type phantomObserved struct {
	WithAcksLost  sample           `json:"with_acks_lost"`
	AcksAllowedAt float64           `json:"acks_allowed_at_ms"`
	Samples       []sample         `json:"samples"`
	AcceptedAt    []int             `json:"accepted_at"`
	DrainedEnd    []int             `json:"drained_end"`
	ClientsEnd    []phantomClientEnd      `json:"clients_end"`
	Wire          []clientSegments `json:"wire"`
	Stat          map[string]int    `json:"stat"`
}

type phantomClientEnd struct {
	I          int    `json:"i"`
	State      string `json:"state"`
	Read       string `json:"read"`
	Write      string `json:"write"`
	ReadAfter  string `json:"read_after_300ms"`
	StateAfter string `json:"state_after"`
}

// phantomSegments are instants of segments of one client.
type clientSegments struct {
	I      int       `json:"i"`
	SynAck []float64 `json:"synack_ms"`
	Ack    []float64 `json:"ack_ms"`
	Data   []float64 `json:"data_ms"`
	Rst    []float64 `json:"rst_to_client_ms"`
}

// replayPhantom: final ACKs are lost, and when they no longer are, the queue has
// room for some only. K4, K6
//
// When the clients connected, when ACKs were let through, when data was first
// sent and when the program accepted (as its samples show) are inputs.
func playPhantom(profile netmodel.Profile, p *phantomParams, o *phantomObserved, c *Comparison) error {
	// The round trip that a client measured is an input: a tick more or less of it.
	for _, roundTrip := range []time.Duration{0, 4 * time.Millisecond, 8 * time.Millisecond} {
		profile.Data.First = leastTimeout(profile.Timers, roundTrip)
		observed := phantomTimers(profile, o.Wire)
		in := phaseRange{
			first: phaseOfTimers(profile.Timers, observed, usualDelay),
			period: phasePeriod(profile.Timers, observed),
			longest: longestWait(profile.SynAck, millis(p.Watch)),
		}
		err := c.bestPhase(profile, in, func(profile netmodel.Profile, c *Comparison) error {
			return playPhantomOnce(profile, p, o, c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// playPhantom plays it with the clock of ticks in some phase.
func playPhantomOnce(profile netmodel.Profile, p *phantomParams, o *phantomObserved, c *Comparison) error {
	w, err := newClients(profile, p.Backlog)
	if err != nil {
		return err
	}
	if err := w.loseFinalAcks(p, o, c); err != nil {
		return err
	}
	if p.Send == 1 {
		if err := w.sendFirst(o.Wire); err != nil {
			return err
		}
	}
	if p.AcceptAt != nil {
		if err := w.advance(acceptedAt(*p.AcceptAt, o.Samples)); err != nil {
			return err
		}
		order, _ := w.acceptAll()
		c.equal("accepted_at", o.AcceptedAt, order)
	}
	if err := w.advance(millis(p.Watch)); err != nil {
		return err
	}
	order, _ := w.acceptAll()
	ends, err := w.clientEnds(o)
	if err != nil {
		return err
	}
	c.work = w.timeSteps + len(w.records)
	c.samples(o.Samples, historyOf(w.testbed, 0), 0)
	c.equal("drained_end", o.DrainedEnd, order)
	for i, e := range ends {
		c.equal("client's end", o.ClientsEnd[i], e)
	}
	for _, m := range o.Wire {
		c.compareSegments(m, w.segmentsOf(m.I))
		if c.lastDiffers() && fitsTickDelay(profile.Timers, sentAgain(m.Data, profile.Data)) {
			c.because("timers rang a tick late, and each sets the next from when it rang")
		}
	}
	c.equalCounts("stat ", []string{
		"ActiveOpens", "PassiveOpens", "CurrEstab", "ListenOverflows", "ListenDrops", "EmbryonicRsts", "EstabResets",
		"OutRsts", "RetransSegs", "TCPSynRetrans", "TCPTimeouts", "SyncookiesSent",
	}, o.Stat, w.counters())
	c.explainUnseenData(o.Stat["RetransSegs"] == w.counters()["RetransSegs"])
	return nil
}

// millis makes a duration of milliseconds.
func millis(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// phantomTimers are the timers that can be seen on the wire.
func phantomTimers(p netmodel.Profile, wire []clientSegments) []observedTimer {
	var out []observedTimer
	for _, w := range wire {
		out = append(out, sentAgain(w.SynAck, p.SynAck)...)
		out = append(out, sentAgain(w.Data, p.Data)...)
	}
	return out
}

// sentAgain are the timers behind the instants at which something was sent, the
// first time and again.
func sentAgain(instants []float64, s netmodel.Schedule) []observedTimer {
	var out []observedTimer
	for i := 1; i < len(instants); i++ {
		out = append(out, observedTimer{set: millis(instants[i-1]), fired: millis(instants[i]), wait: s.Wait(uint8(i - 1))})
	}
	return out
}

// loseFinalAcks plays the beginning, up to the instant from which on ACKs arrive.
func (w *clients) loseFinalAcks(p *phantomParams, o *phantomObserved, c *Comparison) error {
	first := millis(o.AcksAllowedAt)
	for k, m := range o.Wire {
		if m.I != p.Prefill+k || len(m.SynAck) == 0 {
			return fmt.Errorf("wire: entry %d is client %d with %d SYN-ACKs: want client %d with at least one", k, m.I, len(m.SynAck), p.Prefill+k)
		}
		first = min(first, millis(m.SynAck[0]))
	}
	if err := w.connectAll(p.Prefill, max(0, first-time.Millisecond), 0); err != nil {
		return err
	}
	for _, m := range o.Wire {
		if err := w.connectHalfOpen(millis(m.SynAck[0])); err != nil {
			return err
		}
	}
	w.dropFromClients(true)
	if err := w.advance(millis(o.AcksAllowedAt)); err != nil {
		return err
	}
	q := w.queue()
	c.equal("with_acks_lost q", o.WithAcksLost.Q, q.Complete)
	c.equal("with_acks_lost synrecv", o.WithAcksLost.SynRecv, q.HalfOpen)
	c.equal("with_acks_lost client_states", o.WithAcksLost.States, statesOf(w.testbed))
	w.dropFromClients(false)
	return nil
}

// sendFirst lets the clients send data when they did.
func (w *clients) sendFirst(wire []clientSegments) error {
	for _, m := range wire {
		if len(m.Data) == 0 {
			continue
		}
		if err := w.advance(millis(m.Data[0])); err != nil {
			return err
		}
		if _, err := w.clientHost().Send(w.fds[m.I], 4); err != nil {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	return nil
}

// acceptedAt returns when the program accepted: it looked at the clock between two
// samples, which take it up to half a second.
func acceptedAt(wanted float64, samples []sample) time.Duration {
	for _, s := range samples {
		if s.At >= wanted {
			return millis(s.At)
		}
	}
	return millis(wanted)
}

// endOf returns how the clients end: their state, what they read, write and, 300
// ms later, read.
func (w *clients) clientEnds(o *phantomObserved) ([]phantomClientEnd, error) {
	ends := make([]phantomClientEnd, len(o.ClientsEnd))
	writes := slices.ContainsFunc(o.ClientsEnd, func(e phantomClientEnd) bool { return e.Write != "" })
	for _, m := range o.Wire {
		if len(m.Data) > 0 && writes {
			if err := w.advance(millis(m.Data[len(m.Data)-1])); err != nil {
				return nil, err
			}
			break
		}
	}
	for i, m := range o.ClientsEnd {
		if m.I < 0 || m.I >= len(w.fds) {
			return nil, fmt.Errorf("clients_end: no client %d: there are %d", m.I, len(w.fds))
		}
		ends[i] = phantomClientEnd{I: m.I, State: w.stateOf(m.I), Read: w.read(w.clientHost(), w.fds[m.I])}
		if m.Write != "" {
			ends[i].Write = w.writeFour(m.I)
		}
		if err := w.settle(); err != nil {
			return nil, err
		}
	}
	if err := w.advance(w.now() + 300*time.Millisecond); err != nil {
		return nil, err
	}
	for i, m := range o.ClientsEnd {
		ends[i].ReadAfter, ends[i].StateAfter = w.read(w.clientHost(), w.fds[m.I]), w.stateOf(m.I)
	}
	return ends, nil
}

func (w *clients) writeFour(client int) string {
	if _, err := w.clientHost().Send(w.fds[client], 4); err != nil {
		return nameOf(err)
	}
	return "WROTE4"
}
