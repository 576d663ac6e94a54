package measured

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
)

// segmentsOf returns the instants at which segments of a client were sent, as far
// as the records tell. The pure ACKs are those that a listener decided about or
// that were lost, less those that carried data.
func (w *clients) segmentsOf(client int) clientSegments {
	m := clientSegments{I: client}
	for _, r := range w.records {
		if r.Conn != netmodel.ConnID(client+1) {
			continue
		}
		at := float64(r.At) / float64(time.Millisecond)
		switch {
		case r.Kind == netmodel.RequestQueued, r.Kind == netmodel.CookieSent, r.Kind == netmodel.SynAckAgain:
			m.SynAck = append(m.SynAck, at)
		case r.Kind == netmodel.AckIgnored, r.Kind == netmodel.Completed, r.Kind == netmodel.ResetPending,
			r.Kind == netmodel.Lost && r.Value == int64(netmodel.ACK):
			m.Ack = append(m.Ack, at)
		case r.Kind == netmodel.Called && r.Call == netmodel.CallSend && r.Errno == 0, r.Kind == netmodel.DataSentAgain:
			m.Data = append(m.Data, at)
		case r.Kind == netmodel.Broken && r.Host == w.clientsID:
			m.Rst = append(m.Rst, at)
		}
	}
	for _, at := range m.Data {
		if i := slices.Index(m.Ack, at); i >= 0 {
			m.Ack = slices.Delete(m.Ack, i, i+1)
		}
	}
	return m
}

// onWire is how far the instants of a segment may lie apart: the timers are exact
// when their phase is known, the programs that made them run were not.
const wireTolerance = 6.0 // ms

// compareSegments compares when the segments of a client went out; those of data come last.
func (c *Comparison) compareSegments(measured, modelled clientSegments) {
	c.nearAll("wire synack_ms", measured.SynAck, modelled.SynAck, wireTolerance)
	c.nearAll("wire ack_ms", measured.Ack, modelled.Ack, wireTolerance)
	c.nearAll("wire rst_to_client_ms", measured.Rst, modelled.Rst, wireTolerance)
	c.nearAll("wire data_ms", measured.Data, modelled.Data, wireTolerance)
}

// lostUnseen gives a cause to what follows from data that the kernel counted as
// sent again, and that nobody saw: neither the capture nor the listener. (L11, lines
// 1 and 23: the second timeout of two clients)
func (c *Comparison) explainUnseenData(countedAlike bool) {
	missing := false
	for _, f := range c.Fields {
		missing = missing || !f.Agrees && f.Name == "wire data_ms" && len(strings.Fields(f.Measured))+1 == len(strings.Fields(f.Modelled))
	}
	if !missing || !countedAlike {
		return
	}
	for i := range c.Fields {
		switch f := &c.Fields[i]; f.Name {
		case "wire data_ms", "stat ListenOverflows", "stat ListenDrops":
			if !f.Agrees {
				f.Cause = "the kernel counted data as sent again that neither the capture nor the listener saw"
			}
		}
	}
}

// sampled is what a program saw when it looked at the queue and its clients.
type sample struct {
	At      float64        `json:"t_ms"`
	Q       int            `json:"q"`
	SynRecv int            `json:"synrecv"`
	Clients map[string]int `json:"clients"`
	States  map[string]int `json:"client_states"`
}

// sampleTakes is the longest that one look takes: the program reads q, then the
// table of half-open connections, then the states of its clients, and waits for
// the processor in between. In L11, line 7, clients are in CLOSE in a sample that
// begins 71 ms before the RST.
const sampleTakes = 500 * time.Millisecond

// sampled compares samples. One agrees if what it shows was the case, one thing
// after the other, from its instant on and before the next: within half a second.
// Where a network may have been late, what it shows may also have been the case so
// much earlier.
func (c *Comparison) samples(samples []sample, h history, late time.Duration) {
	for i, m := range samples {
		from, to := millis(m.At), millis(m.At)+sampleTakes
		if i+1 < len(samples) {
			to = min(to, millis(samples[i+1].At))
		}
		seen, got := h.shows(m, from-late, to)
		f := Field{Name: "sample", Measured: m.String(), Modelled: m.String(), Agrees: seen, Tolerance: fmt.Sprintf("read one after the other, %d ms before to 500 ms after", late.Milliseconds())}
		if !seen {
			f.Modelled = got.String()
		}
		c.Fields = append(c.Fields, f)
	}
}

func (m sample) String() string {
	return fmt.Sprintf("at %.1f q %d synrecv %d %v", m.At, m.Q, m.SynRecv, m.Clients)
}

// history is what there was to see, and from when on.
type history struct {
	at     []time.Duration
	states []sample
}

// historyOf follows the queue, and the clients from a number on, through the
// records.
func historyOf(s *testbed, first int) history {
	var h history
	now := sample{Clients: map[string]int{}}
	state := map[netmodel.ConnID]string{} // of those from first on
	for _, r := range s.records {
		is := ""
		switch {
		case r.Host == s.serverID && r.Kind.AtListener():
			now.Q, now.SynRecv = int(r.Pending), int(r.HalfOpen)
		case r.Kind == netmodel.SynSent:
			is = "SYN_SENT"
		case r.Host == s.clientsID && r.Kind == netmodel.Connected:
			is = "ESTABLISHED"
		case r.Host == s.clientsID && (r.Kind == netmodel.Broken || r.Kind == netmodel.ConnectFailed):
			is = "CLOSE"
		default:
			continue
		}
		if is != "" && int(r.Conn) > first {
			now.Clients = maps.Clone(now.Clients)
			if was := state[r.Conn]; now.Clients[was] > 1 {
				now.Clients[was]--
			} else {
				delete(now.Clients, was)
			}
			state[r.Conn] = is
			now.Clients[is]++
		}
		now.At = float64(r.At) / float64(time.Millisecond)
		h.at = append(h.at, time.Duration(r.At))
		h.states = append(h.states, now)
	}
	return h
}

// shows reports whether a sample could be taken between two instants. If not, it
// returns what there was to see at the first.
func (h *history) shows(m sample, from, to time.Duration) (bool, sample) {
	first, found := slices.BinarySearch(h.at, from)
	if found {
		first, _ = slices.BinarySearch(h.at, from+1)
	}
	first = max(first-1, 0)
	end, _ := slices.BinarySearchFunc(h.at, to, cmp.Compare[time.Duration])
	i := first
	for _, as := range []func(sample) bool{
		func(s sample) bool { return s.Q == m.Q },
		func(s sample) bool { return s.SynRecv == m.SynRecv },
		func(s sample) bool { return maps.Equal(s.Clients, m.Clients) },
	} {
		for i < end && !as(h.states[i]) {
			i++
		}
	}
	if i < end {
		return true, m
	}
	var got sample
	if first < len(h.states) {
		got = h.states[first]
	}
	got.At = m.At
	return false, got
}

// statesOf counts the states of the clients now.
func statesOf(s *testbed) map[string]int {
	h := historyOf(s, 0)
	if len(h.states) == 0 {
		return map[string]int{}
	}
	return h.states[len(h.states)-1].Clients
}
