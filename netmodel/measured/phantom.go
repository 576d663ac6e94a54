package measured

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
)

type phantomParams struct {
	Backlog  int      `json:"backlog"`
	Prefill  int      `json:"prefill"` // clients with a complete handshake
	Half     int      `json:"half"`    // clients whose first ACKs are lost
	Send     int      `json:"send"`    // 1: they send data afterwards, 0: they send none
	AcceptAt *float64 `json:"accept_at_ms"`
	Watch    float64  `json:"watch_ms"`
}

type phantomObserved struct {
	WithAcksLost  sample             `json:"with_acks_lost"`
	AcksAllowedAt float64            `json:"acks_allowed_at_ms"`
	Samples       []sample           `json:"samples"`
	AcceptedAt    []int              `json:"accepted_at"`
	DrainedEnd    []int              `json:"drained_end"`
	ClientsEnd    []phantomClientEnd `json:"clients_end"`
	Wire          []clientSegments   `json:"wire"`
	Stat          map[string]int     `json:"stat"`
}

type phantomClientEnd struct {
	I          int    `json:"i"`
	State      string `json:"state"`
	Read       string `json:"read"`
	Write      string `json:"write"`
	ReadAfter  string `json:"read_after_300ms"`
	StateAfter string `json:"state_after"`
}

// clientSegments is the instants of one client's segments, in milliseconds.
type clientSegments struct {
	I      int       `json:"i"`
	SynAck []float64 `json:"synack_ms"`
	Ack    []float64 `json:"ack_ms"`
	Data   []float64 `json:"data_ms"`
	Rst    []float64 `json:"rst_to_client_ms"`
}

// playPhantom: final ACKs are lost for some time. Afterwards the queue has room for some
// of the clients only; the others are phantoms. K4, K6
//
// Inputs are: when the clients connected, when ACKs arrived again, when data was first
// sent, and when the program accepted, as its samples show.
func playPhantom(profile netmodel.Profile, p *phantomParams, o *phantomObserved, c *Comparison) error {
	// The round trip that a client measured is an input: 0, 1 or 2 ticks.
	for _, roundTrip := range []time.Duration{0, 4 * time.Millisecond, 8 * time.Millisecond} {
		profile.Data.First = leastTimeout(profile.Timers, roundTrip)
		observed := phantomTimers(profile, o.Wire)
		in := phaseRange{
			first:   phaseOfTimers(profile.Timers, observed, usualDelay),
			period:  phasePeriod(profile.Timers, observed),
			longest: longestWait(profile.SynAck, milliseconds(p.Watch)),
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

// playPhantomOnce plays the trial with one phase of the tick clock.
func playPhantomOnce(profile netmodel.Profile, p *phantomParams, o *phantomObserved, c *Comparison) error {
	w := newClients(profile, p.Backlog)
	if err := w.loseFinalAcks(p, o, c); err != nil {
		return err
	}
	if p.Send == 1 {
		if err := w.sendFirst(o.Wire); err != nil {
			return err
		}
	}
	if p.AcceptAt != nil {
		w.advance(acceptedAt(*p.AcceptAt, o.Samples))
		order, _ := w.acceptAll()
		c.equal("accepted_at", o.AcceptedAt, order)
	}
	w.advance(milliseconds(p.Watch))
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
	return w.err
}

// phantomTimers returns the timers whose firings the capture shows.
func phantomTimers(p netmodel.Profile, wire []clientSegments) []observedTimer {
	var out []observedTimer
	for _, w := range wire {
		out = append(out, sentAgain(w.SynAck, p.SynAck)...)
		out = append(out, sentAgain(w.Data, p.Data)...)
	}
	return out
}

// sentAgain returns the timers of a segment that was sent and sent again.
func sentAgain(instants []float64, s netmodel.Schedule) []observedTimer {
	var out []observedTimer
	for i := 1; i < len(instants); i++ {
		out = append(out, observedTimer{set: milliseconds(instants[i-1]), fired: milliseconds(instants[i]), wait: s.Wait(uint8(i - 1))})
	}
	return out
}

// loseFinalAcks plays the trial up to the instant from which ACKs arrive.
func (w *clients) loseFinalAcks(p *phantomParams, o *phantomObserved, c *Comparison) error {
	first := milliseconds(o.AcksAllowedAt)
	for k, m := range o.Wire {
		if m.I != p.Prefill+k || len(m.SynAck) == 0 {
			return fmt.Errorf("wire: entry %d is client %d with %d SYN-ACKs: want client %d with at least one", k, m.I, len(m.SynAck), p.Prefill+k)
		}
		first = min(first, milliseconds(m.SynAck[0]))
	}
	w.connectAll(p.Prefill, max(0, first-time.Millisecond), 0)
	for _, m := range o.Wire {
		w.connectHalfOpen(milliseconds(m.SynAck[0]))
	}
	w.dropFromClients(true)
	w.advance(milliseconds(o.AcksAllowedAt))
	q := w.queue()
	c.equal("with_acks_lost q", o.WithAcksLost.Q, q.Complete)
	c.equal("with_acks_lost synrecv", o.WithAcksLost.SynRecv, q.HalfOpen)
	c.equal("with_acks_lost client_states", o.WithAcksLost.States, statesOf(w.testbed))
	w.dropFromClients(false)
	return w.err
}

// sendFirst makes the clients send data when they did.
func (w *clients) sendFirst(wire []clientSegments) error {
	for _, m := range wire {
		if len(m.Data) == 0 {
			continue
		}
		w.advance(milliseconds(m.Data[0]))
		if _, err := w.clientHost().Send(w.fds[m.I], 4); err != nil {
			return err
		}
		w.settle()
	}
	return w.err
}

// acceptedAt returns when the program accepted: at the first sample after the wanted
// instant. A sample takes the program up to 0.5 s.
func acceptedAt(wanted float64, samples []sample) time.Duration {
	for _, s := range samples {
		if s.At >= wanted {
			return milliseconds(s.At)
		}
	}
	return milliseconds(wanted)
}

// clientEnds returns the state of each client at the end, and the results of its calls:
// read, write, and read again 300 ms later.
func (w *clients) clientEnds(o *phantomObserved) ([]phantomClientEnd, error) {
	ends := make([]phantomClientEnd, len(o.ClientsEnd))
	writes := slices.ContainsFunc(o.ClientsEnd, func(e phantomClientEnd) bool { return e.Write != "" })
	for _, m := range o.Wire {
		if len(m.Data) > 0 && writes {
			w.advance(milliseconds(m.Data[len(m.Data)-1]))
			break
		}
	}
	for i, m := range o.ClientsEnd {
		if m.I < 0 || m.I >= len(w.fds) {
			return nil, w.firstError(fmt.Errorf("clients_end: no client %d: there are %d", m.I, len(w.fds)))
		}
		ends[i] = phantomClientEnd{I: m.I, State: w.stateOf(m.I), Read: w.read(w.clientHost(), w.fds[m.I])}
		if m.Write != "" {
			ends[i].Write = w.write(w.clientHost(), w.fds[m.I], 4)
		}
		w.settle()
	}
	w.advance(w.now() + 300*time.Millisecond)
	for i, m := range o.ClientsEnd {
		ends[i].ReadAfter, ends[i].StateAfter = w.read(w.clientHost(), w.fds[m.I]), w.stateOf(m.I)
	}
	return ends, w.err
}
