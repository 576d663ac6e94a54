package netmodel_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// end is one end of a connection, with the bytes that it has sent and received.
type end struct {
	host     netmodel.HostID
	fd       netmodel.FD
	sent     int
	got      int
	finished bool  // has sent its FIN
	eof      bool  // has read to the end
	err      error // what send or receive reported
}

// act makes an end send, read or finish, at random.
func (e *end) act(t *testing.T, rt *rapid.T, n *netmodel.Network, peer *end) {
	h := n.Host(e.host)
	switch rapid.IntRange(0, 9).Draw(rt, "act") {
	case 0, 1, 2, 3:
		k, err := h.Send(e.fd, rapid.IntRange(0, 500).Draw(rt, "bytes"))
		if e.finished && err == nil {
			rt.Errorf("Send after Shutdown(send) = %d, nil, want WSAESHUTDOWN", k)
		}
		e.sent += k
		e.note(err)
	case 4:
		if e.sent > 1000 && !e.finished {
			e.note(h.Shutdown(e.fd, winsock.SD_SEND))
			e.finished = true
		}
	default:
		e.read(rt, n, peer, rapid.IntRange(1, 400).Draw(rt, "limit"))
	}
}

func (e *end) note(err error) {
	if err != nil && err != error(winsock.WSAEWOULDBLOCK) && err != error(winsock.WSAESHUTDOWN) {
		e.err = err
	}
}

// read reads once and compares with what the peer has sent.
func (e *end) read(rt *rapid.T, n *netmodel.Network, peer *end, limit int) {
	k, err := n.Host(e.host).Receive(e.fd, limit)
	if e.eof && (k != 0 || err != nil) && e.err == nil && err != error(winsock.WSAETIMEDOUT) {
		rt.Errorf("Receive after the end of the stream = %d, %v, want 0, nil", k, err)
	}
	e.note(err)
	e.got += k
	if e.got > peer.sent {
		rt.Errorf("Receive: %d bytes so far, want at most the %d that were sent", e.got, peer.sent)
	}
	if err == nil && k == 0 {
		e.eof = true
		if e.got != peer.sent || !peer.finished {
			rt.Errorf("end of the stream after %d bytes, want after the peer's FIN and %d", e.got, peer.sent)
		}
	}
}

// The links lose, duplicate and reorder segments, and are cut for a time. All bytes arrive
// exactly once in both directions, or the connection breaks and both ends get an error.
func TestEveryByteArrivesOnceOrTheConnectionBreaks(t *testing.T) {
	complete, broken := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		patient := profiles.WSP()
		patient.Data.Retries = rapid.SampledFrom([]uint8{1, 5, 20}).Draw(rt, "retries")
		p := newPipe(t, setting{server: patient, crowd: patient, seed: rapid.Uint64().Draw(rt, "seed")})
		p.n.SetLink(p.server, p.crowd, netmodel.Link{
			Latency:   20 * time.Millisecond,
			Jitter:    sim.Uniform{Max: 30 * time.Millisecond},
			Loss:      sim.Ratio{Num: rapid.Uint32Range(0, 50).Draw(rt, "loss"), Den: 100},
			Duplicate: sim.Ratio{Num: rapid.Uint32Range(0, 50).Draw(rt, "duplicate"), Den: 100},
			Reorder:   sim.Ratio{Num: rapid.Uint32Range(0, 50).Draw(rt, "reorder"), Den: 100},
		})
		near, far := &end{host: p.crowd, fd: p.near}, &end{host: p.server, fd: p.far}
		for range rapid.IntRange(0, 60).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "near") {
				near.act(t, rt, p.n, far)
			} else {
				far.act(t, rt, p.n, near)
			}
			p.pass(time.Duration(rapid.IntRange(0, 200).Draw(rt, "ms")) * time.Millisecond)
			p.n.Cut(p.server, p.crowd, rapid.IntRange(0, 19).Draw(rt, "cut") == 0)
		}
		p.n.Cut(p.server, p.crowd, false)
		for _, e := range []*end{near, far} {
			if !e.finished {
				_ = p.n.Host(e.host).Shutdown(e.fd, winsock.SD_SEND)
				e.finished = true
			}
		}
		p.pass(24 * time.Hour)
		for range 200 {
			near.read(rt, p.n, far, 1000)
			far.read(rt, p.n, near, 1000)
			p.pass(time.Hour)
		}
		switch {
		case near.eof && far.eof && near.got == far.sent && far.got == near.sent:
			complete++
		case near.err != nil || far.err != nil:
			broken++
		default:
			rt.Errorf("near %+v, far %+v: want every byte and the end of the stream at both, or an error", near, far)
		}
	})
	if !testing.Short() && (complete == 0 || broken == 0) { // a few may be all of one kind
		t.Errorf("%d connections completed and %d broke: want some of each", complete, broken)
	}
}
