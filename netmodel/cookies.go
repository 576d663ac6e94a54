package netmodel

import (
	"math/bits"
	"time"

	"wspsim/netmodel/winsock"
)

// cookieAge is the period of SYN cookies. The sequence number of a cookie is a hash of the
// addresses, the client's sequence number and the period. So the host can check the ACK
// without a stored connection. A cookie is valid in its period and in the next one.
const cookieAge = time.Minute

// cookie returns the sequence number of a SYN-ACK that is a cookie of the given period.
func cookie(s *Segment, iss, period uint32) uint32 {
	local, remote := uint64(s.Dst.IP)<<16|uint64(s.Dst.Port), uint64(s.Src.IP)<<16|uint64(s.Src.Port)
	return mix32(local, remote, uint64(iss)) + period<<24 + mix32(local, remote, uint64(period), 1)&0xffffff
}

// useCookie makes a cookie the sequence number of a half-open connection. Then an ACK can
// complete the connection after its entry was evicted.
func (h *Host) useCookie(i int32, s *Segment) {
	p := &h.socks[i]
	p.acked = cookie(s, s.Seq, h.cookiePeriod())
	p.sent = p.acked + 1
}

// sendCookie answers a SYN with a cookie and stores no connection. K3, K7
func (h *Host) sendCookie(l *listener, s *Segment) {
	h.noteCookie(l)
	h.recordListener(l, Record{Kind: CookieSent, Conn: s.Conn, Since: h.now, Cause: AnsweredWithCookie})
	h.send(Segment{Src: s.Dst, Dst: s.Src, Seq: cookie(s, s.Seq, h.cookiePeriod()), Ack: s.Seq + 1, Flags: SYN | ACK, Conn: s.Conn})
}

// noteCookie notes that a listener sent a cookie. All listeners that share the address
// with SO_REUSEPORT share this note, also a listener that joins later (measured on Linux
// 6.18).
func (h *Host) noteCookie(l *listener) {
	l.cookies, l.lastCookie = true, h.now
	for j := h.nextReusePort(l.sock, 0); j != 0; j = h.nextReusePort(l.sock, j) {
		o := &h.lists[h.socks[j].list]
		o.cookies, o.lastCookie = true, h.now
	}
}

// nextReusePort returns the next listener, behind socket after, that shares the address of
// socket of with SO_REUSEPORT, or 0. after is 0 for the first.
func (h *Host) nextReusePort(of, after int32) int32 {
	o := &h.socks[of]
	if !o.has(flagReusePort) {
		return 0
	}
	j := h.ports.first(winsock.SOCK_STREAM, o.local.Port)
	if after != 0 {
		j = h.socks[after].portNext
	}
	for ; j != 0; j = h.socks[j].portNext {
		if s := &h.socks[j]; j != of && s.state == stateListening && s.has(flagReusePort) && s.local.IP == o.local.IP {
			return j
		}
	}
	return 0
}

// arriveCookie handles an ACK, or data, that belongs to no connection. It reports whether
// the segment acknowledges a valid cookie. K7
func (h *Host) arriveCookie(s *Segment) bool {
	q := &h.profile.SynQueue
	if q.Cookies == CookiesNever || s.Flags&(SYN|ACK|RST) != ACK {
		return false
	}
	at := h.listenerFor(s.Dst, s.Src)
	if at == 0 {
		return false
	}
	l := &h.lists[h.socks[at].list]
	iss := s.Seq - 1
	now := h.cookiePeriod()
	known := s.Ack-1 == cookie(s, iss, now) || now > 0 && s.Ack-1 == cookie(s, iss, now-1)
	if !known || !l.cookies || h.now.Sub(l.lastCookie) > 2*cookieAge {
		return false
	}
	r := Record{Kind: AckIgnored, Conn: s.Conn, Value: ByCookie, Cause: AckOverflow}
	switch {
	case int(l.done.len) < l.atAck || h.profile.OnAckFull == AdmitAck:
		h.completeCookie(l, s)
	case q.CookieFull == ResetAck:
		r.Kind = ResetPending
		h.recordListener(l, r)
		h.answerStray(s, AckOverflow)
	default:
		h.recordListener(l, r)
	}
	return true
}

// completeCookie makes a complete connection from an ACK with a valid cookie.
func (h *Host) completeCookie(l *listener, s *Segment) {
	syn := *s
	syn.Seq--
	i := h.newPending(l.sock, &syn, stateOpen)
	p := &h.socks[i]
	p.acked, p.sent = s.Ack, s.Ack
	h.join(l, i, CookieAccepted)
	h.arriveOpen(i, s)
}

// cookiePeriod returns the number of the current cookie period.
func (h *Host) cookiePeriod() uint32 { return uint32(int64(h.now) / int64(cookieAge)) }

// mix32 returns a 32-bit hash of words.
func mix32(words ...uint64) uint32 {
	hash := uint64(0x2545f4914f6cdd1d)
	for _, w := range words {
		hash = mix(hash, w)
	}
	return uint32(bits.RotateLeft64(hash, 17) ^ hash)
}
