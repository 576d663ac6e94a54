package netmodel

import (
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Keep-alive detects that the peer of an idle connection is gone. A connection that
// receives nothing for a time sends a probe. A probe is a segment without data whose
// sequence number the peer has acknowledged already, so the peer answers it. An answer
// restarts the time. Probes without an answer break the connection. (RFC 9293, section
// 3.8.4; RFC 1122, section 4.2.3.6)

// KeepAlive says when a connection probes its peer, and how long the connection waits for
// an acknowledgement. The zero value sends no probes and sets no user timeout. That is the
// default of RFC 1122.
type KeepAlive struct {
	Idle     time.Duration // silence before the first probe; TCP_KEEPIDLE. 0 = no probes
	Interval time.Duration // between two probes without an answer; TCP_KEEPINTVL
	Count    int           // unanswered probes that break the connection, 1 to 127; TCP_KEEPCNT
	// If data or a probe stays unacknowledged for this time, the connection breaks. Count
	// and the profile do not matter then. TCP_USER_TIMEOUT, only on Linux. 0 = never.
	// (RFC 5482; Linux 6.18: tcp_timer.c)
	UserTimeout time.Duration
}

// The bounds of KeepAlive in Linux: MAX_TCP_KEEPIDLE and MAX_TCP_KEEPCNT.
const (
	maxKeepAliveTime   = 32767 * time.Second
	maxKeepAliveProbes = 127
)

func (k KeepAlive) valid() bool {
	if k.UserTimeout < 0 || k.UserTimeout > maxKeepAliveTime {
		return false
	}
	return k.Idle == 0 || k.Idle > 0 && k.Idle <= maxKeepAliveTime && k.Interval > 0 && k.Interval <= maxKeepAliveTime && k.Count >= 1 && k.Count <= maxKeepAliveProbes
}

// A program that waits to write, because the peer does not read, has an idle connection:
// the model does not know of bytes that have no room yet. (Linux probes the window of the
// peer then, with other timers.)

// maxAnsweredProbes is how many answered probes in a row a connection sends. Then the
// connection rests until something arrives or a link of its host changes. The answer to a
// further probe is known, and an idle network must run out of events. With Go's interval
// of 15 s, 240 probes take one hour.
const maxAnsweredProbes = 240

// keepAliveState is the keep-alive of one connection.
type keepAliveState struct {
	KeepAlive
	timer    int32    // 0 = the connection rests
	probes   uint8    // without an answer
	answered uint8    // in a row; data from the peer sets it to 0
	heard    sim.Time // when the last segment of the peer arrived
	unacked  sim.Time // when the timer first retransmitted the data
}

// SetKeepAlive sets when a connection probes its peer. A socket that is not connected yet
// keeps the setting for its connection. A listener passes the setting on to each connection
// that it accepts. Errors: the errors of every call, WSAENOTSOCK, the errors of ValidateKeepAlive.
func (h *Host) SetKeepAlive(fd FD, k KeepAlive) error {
	i, err := h.enterSocket(fd)
	if err == nil {
		err = h.ValidateKeepAlive(k)
	}
	if err != nil {
		return err
	}
	h.keepAlive(i, k)
	return nil
}

// ValidateKeepAlive returns nil if a connection of the host can have the setting. Errors:
// WSAEINVAL (a value is out of range), WSAENOPROTOOPT (the profile has no UserTimeout).
func (h *Host) ValidateKeepAlive(k KeepAlive) error {
	switch {
	case !k.valid():
		return winsock.WSAEINVAL
	case k.UserTimeout != 0 && h.profile.Options != OptionsLinux:
		return winsock.WSAENOPROTOOPT
	}
	return nil
}

// keepAlive sets the keep-alive of a socket. The silence so far and the number of
// unanswered probes stay, because a setting is no sign that the peer is alive. (Linux 6.18:
// tcp_timer.c, tcp_set_keepalive; tcp.c, tcp_sock_set_keepidle_locked)
func (h *Host) keepAlive(i int32, set KeepAlive) {
	s := &h.socks[i]
	if s.keep != 0 && h.keepAlives[s.keep].timer != 0 && set.Idle > 0 {
		k := &h.keepAlives[s.keep]
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
	h.keepAlives[s.keep] = keepAliveState{KeepAlive: set, unacked: h.now}
	if s.state == stateOpen {
		h.startKeepAlive(i)
	}
}

// startKeepAlive starts the keep-alive of a connection, if it has one.
func (h *Host) startKeepAlive(i int32) {
	if s := &h.socks[i]; s.keep != 0 {
		h.keepAlives[s.keep].heard = h.now
		h.armKeepAlive(i, h.keepAlives[s.keep].Idle)
	}
}

// newKeepAlive returns a free place in Host.keeps. keeps[0] is unused.
func (h *Host) newKeepAlive() int32 {
	if n := len(h.freeKeepAlives); n > 0 {
		k := h.freeKeepAlives[n-1]
		h.freeKeepAlives = h.freeKeepAlives[:n-1]
		return k
	}
	if len(h.keepAlives) == 0 {
		h.keepAlives = append(h.keepAlives, keepAliveState{})
	}
	h.keepAlives = append(h.keepAlives, keepAliveState{})
	return int32(len(h.keepAlives) - 1)
}

// dropKeepAlive ends the keep-alive of a socket, if it has one.
func (h *Host) dropKeepAlive(i int32) {
	s := &h.socks[i]
	if s.keep == 0 {
		return
	}
	h.timers.cancel(h.keepAlives[s.keep].timer)
	h.keepAlives[s.keep] = keepAliveState{}
	h.freeKeepAlives = append(h.freeKeepAlives, s.keep)
	s.keep = 0
}

// armKeepAlive sets the timer for the next keepAliveTimeout of a connection.
func (h *Host) armKeepAlive(i int32, d time.Duration) {
	k := &h.keepAlives[h.socks[i].keep]
	h.timers.cancel(k.timer)
	k.timer = 0
	if k.Idle > 0 {
		k.timer = h.schedule(i, d, timerKeepAlive)
	}
}

// noteSegment notes that a segment came from the peer of a connection with keep-alive. data
// says whether the segment is more than the answer to a probe.
func (h *Host) noteSegment(i int32, data bool) {
	k := &h.keepAlives[h.socks[i].keep]
	k.heard = h.now
	if k.probes > 0 {
		k.probes = 0
		k.answered = min(k.answered+1, maxAnsweredProbes)
	}
	if data {
		k.answered = 0
		if k.timer == 0 {
			h.armKeepAlive(i, k.Idle)
		}
	}
}

// keepAliveTimeout probes the peer or breaks the connection, if the peer has been silent
// for long enough. (Linux 6.18: tcp_timer.c, tcp_keepalive_timer)
func (h *Host) keepAliveTimeout(i int32) {
	s := &h.socks[i]
	k := &h.keepAlives[s.keep]
	k.timer = 0
	silent := h.now.Sub(k.heard)
	switch {
	case s.state != stateOpen:
	case s.acked != s.sent: // data waits for its acknowledgement: the data timer finds a dead peer
		h.armKeepAlive(i, k.Idle)
	case k.answered == maxAnsweredProbes: // the connection rests
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

// keepAliveError returns the error of a connection that keep-alive has broken:
// WSAENETRESET on Windows (Winsock's recv page), ETIMEDOUT elsewhere (RFC 1122).
func (h *Host) keepAliveError() winsock.Errno {
	if h.profile.Calls == CallsWinsock {
		return winsock.WSAENETRESET
	}
	return winsock.WSAETIMEDOUT
}

// isProbe reports whether a segment carries nothing and repeats a sequence number that has
// been acknowledged. The answer is an acknowledgement in every state of the connection.
// (RFC 9293, section 3.10.7.4; for a half-open connection Linux: tcp_minisocks.c, tcp_check_req)
func (s *socket) isProbe(g *Segment) bool {
	return g.Len == 0 && g.Flags&(SYN|FIN|RST|ACK) == ACK && g.Seq+1 == s.received
}

// untilUserTimeout returns how long to wait for the acknowledgement of data: at most what
// is left of the user timeout. The user timeout begins when the timer retransmits the data.
// The first retransmission is a tail loss probe and does not count. (Linux 6.18:
// tcp_output.c, retrans_stamp. Measured there with user timeouts of 1, 2 and 5 s: the
// connection breaks 1.42 s, 2.44 s and 5.49 s after the write.)
func (h *Host) untilUserTimeout(i int32, wait time.Duration) time.Duration {
	s := &h.socks[i]
	k := &h.keepAlives[s.keep]
	if s.resends <= 2 {
		k.unacked = h.now
	}
	if k.UserTimeout > 0 {
		wait = min(wait, max(0, k.UserTimeout-h.now.Sub(k.unacked)))
	}
	return wait
}

// dataIsLate reports whether data has waited too long for its acknowledgement. The user
// timeout decides, or else the schedule of the profile.
func (h *Host) dataIsLate(i int32) bool {
	s := &h.socks[i]
	if s.keep != 0 && h.keepAlives[s.keep].UserTimeout > 0 {
		k := &h.keepAlives[s.keep]
		return s.resends >= 2 && h.now.Sub(k.unacked) >= k.UserTimeout
	}
	return h.profile.Data.ends(s.resends, 0)
}

// wakeKeepAlive makes connections that rest probe their peers again, because a link has
// changed.
func (h *Host) wakeKeepAlive() {
	for i := range h.socks {
		s := &h.socks[i]
		if s.keep != 0 && s.state == stateOpen && h.keepAlives[s.keep].timer == 0 {
			k := &h.keepAlives[s.keep]
			k.answered, k.heard = 0, h.now
			h.armKeepAlive(int32(i), k.Idle)
		}
	}
}
