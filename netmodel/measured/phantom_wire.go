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

// segmentsOf returns when the segments of a client were sent. A pure ACK shows in a
// record only if the listener decided about it or if it was lost.
func (w *clients) segmentsOf(client int) clientSegments {
	m := clientSegments{I: client, SynAck: allInMilliseconds(w.attempt(client).synAcks)}
	for _, r := range w.records {
		if r.Conn != attemptOf(client) {
			continue
		}
		at := inMilliseconds(time.Duration(r.At))
		switch {
		case r.Kind == netmodel.AckIgnored, r.Kind == netmodel.Completed, r.Kind == netmodel.ResetPending,
			r.Kind == netmodel.Lost && r.Value == int64(netmodel.ACK):
			m.Ack = append(m.Ack, at)
		case r.Kind == netmodel.Called && r.Call == netmodel.CallSend && r.Errno == 0, r.Kind == netmodel.DataRetransmitted:
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

// wireTolerance is how far an instant of a segment may lie from that of the model. With a
// known phase the timers are exact, but the programs that set them ran late.
const wireTolerance = 6.0 // ms

// compareSegments compares when the segments of a client were sent. Data is the last
// field.
func (c *Comparison) compareSegments(measured, modelled clientSegments) {
	c.nearAll("wire synack_ms", measured.SynAck, modelled.SynAck, wireTolerance)
	c.nearAll("wire ack_ms", measured.Ack, modelled.Ack, wireTolerance)
	c.nearAll("wire rst_to_client_ms", measured.Rst, modelled.Rst, wireTolerance)
	c.nearAll("wire data_ms", measured.Data, modelled.Data, wireTolerance)
}

// explainUnseenData gives a cause to differences that follow from unseen data. The kernel
// counted the data as sent again, but neither the capture nor the listener saw it.
// (L11_phantom.jsonl, lines 1 and 23: the second timeout of two clients)
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

// sample is what the program saw in the queue and in the states of its clients.
type sample struct {
	At      float64        `json:"t_ms"`
	Q       int            `json:"q"`
	SynRecv int            `json:"synrecv"`
	Clients map[string]int `json:"clients"`
	States  map[string]int `json:"client_states"`
}

// sampleTime is the longest time of one sample. The program reads the queue, then the
// half-open connections, then the states of its clients, and waits for the processor in
// between. In line 7 of L11_phantom.jsonl, clients are in CLOSE in a sample that starts
// 71 ms before the RST.
const sampleTime = 500 * time.Millisecond

// samples compares samples. A sample agrees if its values were true one after the other,
// between its instant and the next sample, within sampleTime. With a network that was up
// to late behind, they may have been true that much earlier.
func (c *Comparison) samples(samples []sample, h history, late time.Duration) {
	for i, m := range samples {
		from, to := milliseconds(m.At), milliseconds(m.At)+sampleTime
		if i+1 < len(samples) {
			to = min(to, milliseconds(samples[i+1].At))
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

// history is the values that a sample can show, and since when.
type history struct {
	at     []time.Duration
	states []sample
}

// historyOf returns the history of the queue, and of the clients from a number on.
func historyOf(s *testbed, first int) history {
	var h history
	now := sample{Clients: map[string]int{}}
	state := map[netmodel.ConnID]string{} // of the clients from first on
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
		now.At = inMilliseconds(time.Duration(r.At))
		h.at = append(h.at, time.Duration(r.At))
		h.states = append(h.states, now)
	}
	return h
}

// shows reports whether the program could take a sample between two instants. If not, it
// returns what a sample at the first instant shows.
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

// statesOf counts the clients by their present state.
func statesOf(s *testbed) map[string]int {
	h := historyOf(s, 0)
	if len(h.states) == 0 {
		return map[string]int{}
	}
	return h.states[len(h.states)-1].Clients
}
