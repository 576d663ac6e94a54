package netmodel

import (
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Keep-alive finds out that the peer of an idle connection is gone. A connection that
// has heard nothing for a time sends a probe: a segment without data whose sequence number
// the peer has acknowledged already, so that the peer answers it. A probe that is answered
// begins the time anew; probes without an answer break the connection. (RFC 9293, section
// 3.8.4; RFC 1122, section 4.2.3.6)

// KeepAlive says when a connection probes its peer, and how long it waits for an
// acknowledgement at all. The zero value does neither, as RFC 1122 wants it.
type KeepAlive struct {
	Idle     time.Duration // silence before the first probe; TCP_KEEPIDLE. 0 = no probes
	Interval time.Duration // between two probes without an answer; TCP_KEEPINTVL
	Count    int           // probes without an answer that break the connection, 1 to 127; TCP_KEEPCNT
	// With data or a probe that is not acknowledged, the connection breaks after this
	// time, whatever Count and the profile say; TCP_USER_TIMEOUT, which Linux has. 0 = never.
	// (RFC 5482; Linux 6.18: tcp_timer.c)
	UserTimeout time.Duration
}

// The bounds of KeepAlive are those of Linux: MAX_TCP_KEEPIDLE and MAX_TCP_KEEPCNT.
const (
	longestProbe = 32767 * time.Second
	mostProbes   = 127
)

func (k KeepAlive) valid() bool {
	if k.UserTimeout < 0 || k.UserTimeout > longestProbe {
		return false
	}
	return k.Idle == 0 || k.Idle > 0 && k.Idle <= longestProbe && k.Interval > 0 && k.Interval <= longestProbe && k.Count >= 1 && k.Count <= mostProbes
}

// A connection whose program waits to write, because the peer does not read, counts as
// idle: the model does not know of bytes that have no room yet. (Linux probes the window of
// such a peer, by other timers.)

// mostAnswered is how many probes in a row are sent to a peer that answers all of
// them. Then the connection rests until something arrives or a link of its host changes:
// what an answer to a further probe would be is known, and a network that is idle comes to
// an end of its events. With Go's 15 s that is an hour.
const mostAnswered = 240

// keeping is the keep-alive of one connection.
type keepAliveState struct {
	KeepAlive
	timer    int32    // 0: it rests
	probes   uint8    // without an answer
	answered uint8    // in a row, without anything else that arrived
	heard    sim.Time // when the peer was heard last
	unacked  sim.Time // when data was first sent again by its timer
}

// SetKeepAlive sets when a connection probes its peer. A socket that is not connected yet
// keeps the setting for its connection, a listener for those that it accepts. Errors: those
// of every call, WSAENOTSOCK, and those of MayKeepAlive.
func (h *Host) SetKeepAlive(fd FD, k KeepAlive) error {
	i, err := h.enterSocket(fd)
	if err == nil {
		err = h.MayKeepAlive(k)
	}
	if err != nil {
		return err
	}
	h.keepAlive(i, k)
	return nil
}

// MayKeepAlive says whether a connection of the host takes a setting: WSAEINVAL (a value
// out of range), WSAENOPROTOOPT (a UserTimeout where the profile has none).
func (h *Host) MayKeepAlive(k KeepAlive) error {
	switch {
	case !k.valid():
		return winsock.WSAEINVAL
	case k.UserTimeout != 0 && h.profile.Options != OptionsLinux:
		return winsock.WSAENOPROTOOPT
	}
	return nil
}

// keepAlive sets the keep-alive of a socket. What a connection has been silent for, and how
// many probes had no answer, stays: no setting is a sign of life. (Linux 6.18: tcp_timer.c,
// tcp_set_keepalive; tcp.c, tcp_sock_set_keepidle_locked)
func (h *Host) keepAlive(i int32, set KeepAlive) {
	s := &h.socks[i]
	if s.keep != 0 && h.keeps[s.keep].timer != 0 && set.Idle > 0 {
		k := &h.keeps[s.keep]
		old := k.Idle
		k.KeepAlive = set
		if set.Idle != old {
			h.armKeepAlive(i, max(0, set.Idle-h.now.Sub(k.heard)))
		}
		return
	}
	h.dropKeepAlive(i)
	if set == (KeepAlive{}) {
		return
	}
	s.keep = h.newKeepAlive()
	h.keeps[s.keep] = keepAliveState{KeepAlive: set, unacked: h.now}
	if s.state == stateOpen {
		h.startKeepAlive(i)
	}
}

// startKeepAlive begins the keep-alive of a connection, if it has one.
func (h *Host) startKeepAlive(i int32) {
	if s := &h.socks[i]; s.keep != 0 {
		h.keeps[s.keep].heard = h.now
		h.armKeepAlive(i, h.keeps[s.keep].Idle)
	}
}

// newKeepAlive returns a free place in Host.keeps. keeps[0] is unused.
func (h *Host) newKeepAlive() int32 {
	if n := len(h.freeKeeps); n > 0 {
		k := h.freeKeeps[n-1]
		h.freeKeeps = h.freeKeeps[:n-1]
		return k
	}
	if len(h.keeps) == 0 {
		h.keeps = append(h.keeps, keepAliveState{})
	}
	h.keeps = append(h.keeps, keepAliveState{})
	return int32(len(h.keeps) - 1)
}

// dropKeepAlive ends the keep-alive of a socket, if it has one.
func (h *Host) dropKeepAlive(i int32) {
	s := &h.socks[i]
	if s.keep == 0 {
		return
	}
	h.timers.cancel(h.keeps[s.keep].timer)
	h.keeps[s.keep] = keepAliveState{}
	h.freeKeeps = append(h.freeKeeps, s.keep)
	s.keep = 0
}

// armKeepAlive waits before the next look at a connection.
func (h *Host) armKeepAlive(i int32, d time.Duration) {
	k := &h.keeps[h.socks[i].keep]
	h.timers.cancel(k.timer)
	k.timer = 0
	if k.Idle > 0 {
		k.timer = h.schedule(i, d, timerKeepAlive)
	}
}

// hear notes that something came from the peer of a connection with keep-alive.
func (h *Host) noteSegment(i int32, data bool) {
	k := &h.keeps[h.socks[i].keep]
	k.heard = h.now
	if k.probes > 0 {
		k.probes = 0
		k.answered = min(k.answered+1, mostAnswered)
	}
	if data {
		k.answered = 0
		if k.timer == 0 {
			h.armKeepAlive(i, k.Idle)
		}
	}
}

// keepAliveTimeout looks whether a connection has been silent for long, and probes the
// peer or breaks the connection. (Linux 6.18: tcp_timer.c, tcp_keepalive_timer)
func (h *Host) keepAliveTimeout(i int32) {
	s := &h.socks[i]
	k := &h.keeps[s.keep]
	k.timer = 0
	silent := h.now.Sub(k.heard)
	switch {
	case s.state != stateOpen:
	case s.acked != s.sent: // data waits for its acknowledgement, which does the same
		h.armKeepAlive(i, k.Idle)
	case k.answered == mostAnswered: // it rests
	case silent < k.Idle:
		h.armKeepAlive(i, k.Idle-silent)
	case k.probes > 0 && k.UserTimeout > 0 && silent >= k.UserTimeout, k.UserTimeout == 0 && int(k.probes) >= k.Count:
		h.sendReset(i, KeepAliveUnanswered)
		h.breakConnection(i, h.keepAliveError(), KeepAliveUnanswered)
	default:
		k.probes++
		h.record(Record{Kind: ProbeSent, Conn: s.conn, FD: s.fd, Value: int64(k.probes), Cause: PeerSilent})
		h.armKeepAlive(i, k.Interval)
		h.sendData(i, s.sent-1, 0, 0)
	}
}

// keepAliveError is what a program is told of a connection that probes have broken:
// WSAENETRESET on Windows (Winsock's recv page), ETIMEDOUT elsewhere (RFC 1122).
func (h *Host) keepAliveError() winsock.Errno {
	if h.profile.Calls == CallsWinsock {
		return winsock.WSAENETRESET
	}
	return winsock.WSAETIMEDOUT
}

// isProbe reports whether a segment repeats a sequence number that has been acknowledged
// and carries nothing: the answer is an acknowledgement, whatever state the connection is
// in. (RFC 9293, section 3.10.7.4; for a half-open connection Linux: tcp_minisocks.c, tcp_check_req)
func (s *socket) isProbe(g *Segment) bool {
	return g.Len == 0 && g.Flags&(SYN|FIN|RST|ACK) == ACK && g.Seq+1 == s.received
}

// untilUserTimeout returns how long to wait for the acknowledgement of data, which is no
// longer than the user timeout. That begins when data is sent again by its timer: the
// first time it goes out again is a probe for a lost tail, which does not count. (Linux
// 6.18: tcp_output.c, retrans_stamp; measured there: a write is given up 1.42 s, 2.44 s and 5.49 s
// later with user timeouts of 1, 2 and 5 s)
func (h *Host) untilUserTimeout(i int32, wait time.Duration) time.Duration {
	s := &h.socks[i]
	k := &h.keeps[s.keep]
	if s.resends <= 2 {
		k.unacked = h.now
	}
	if k.UserTimeout > 0 {
		wait = min(wait, max(0, k.UserTimeout-h.now.Sub(k.unacked)))
	}
	return wait
}

// dataIsLate reports whether data has waited too long for its acknowledgement: by the user
// timeout, or by the schedule of the profile.
func (h *Host) dataIsLate(i int32) bool {
	s := &h.socks[i]
	if s.keep != 0 && h.keeps[s.keep].UserTimeout > 0 {
		k := &h.keeps[s.keep]
		return s.resends >= 2 && h.now.Sub(k.unacked) >= k.UserTimeout
	}
	return h.profile.Data.ends(s.resends, 0)
}

// wakeKeepAlive lets connections that rest probe their peers again: a link has changed.
func (h *Host) wakeKeepAlive() {
	for i := range h.socks {
		s := &h.socks[i]
		if s.keep != 0 && s.state == stateOpen && h.keeps[s.keep].timer == 0 {
			k := &h.keeps[s.keep]
			k.answered, k.heard = 0, h.now
			h.armKeepAlive(int32(i), k.Idle)
		}
	}
}
