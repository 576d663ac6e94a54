package netmodel

import (
	"math/bits"
	"time"

	"wspsim/netmodel/winsock"
)

// SYN cookies: the number of the SYN-ACK is made of the addresses, the client's
// number and the time, so that the ACK that comes back proves itself. It counts
// for up to two periods.
const cookieAge = time.Minute

// cookie returns the number that a SYN-ACK carries as a cookie in a period.
func cookie(s *Segment, iss, period uint32) uint32 {
	local, remote := uint64(s.Dst.IP)<<16|uint64(s.Dst.Port), uint64(s.Src.IP)<<16|uint64(s.Src.Port)
	return mix32(local, remote, uint64(iss)) + period<<24 + mix32(local, remote, uint64(period), 1)&0xffffff
}

// useCookie makes the cookie the number of a half-open connection, so that it
// can be completed when its entry is gone.
func (h *Host) useCookie(i int32, s *Segment) {
	p := &h.socks[i]
	p.acked = cookie(s, s.Seq, h.cookiePeriod())
	p.sent = p.acked + 1
}

// sendCookie answers a SYN and remembers nothing. K3, K7
func (h *Host) sendCookie(l *listener, s *Segment) {
	h.noteCookie(l)
	h.recordListener(l, Record{Kind: CookieSent, Conn: s.Conn, Since: h.now, Cause: AnsweredWithCookie})
	h.send(Segment{Src: s.Dst, Dst: s.Src, Seq: cookie(s, s.Seq, h.cookiePeriod()), Ack: s.Seq + 1, Flags: SYN | ACK, Conn: s.Conn})
}

// noteCookie notes that a cookie was sent. Listeners that share an address with
// SO_REUSEPORT share the note, also those that join later. (measured on Linux 6.18)
func (h *Host) noteCookie(l *listener) {
	l.cookies, l.lastCookie = true, h.now
	for j := h.nextReusePort(l.sock, 0); j != 0; j = h.nextReusePort(l.sock, j) {
		o := &h.lists[h.socks[j].list]
		o.cookies, o.lastCookie = true, h.now
	}
}

// nextSharing returns the next listener after one, 0 for the first, that shares
// the address of a socket with SO_REUSEPORT.
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

// arriveCookie takes an ACK, or data, that belongs to no connection and may carry
// a cookie. It reports whether it did. K7
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

// completeCookie makes a complete connection of an ACK with a cookie.
func (h *Host) completeCookie(l *listener, s *Segment) {
	syn := *s
	syn.Seq--
	i := h.newPending(l.sock, &syn, stateOpen)
	p := &h.socks[i]
	p.acked, p.sent = s.Ack, s.Ack
	h.join(l, i, CookieAccepted)
	h.arriveOpen(i, s)
}

// cookiePeriod returns the number of whole periods of a cookie that have passed.
func (h *Host) cookiePeriod() uint32 { return uint32(int64(h.now) / int64(cookieAge)) }

// mix32 folds words into 32 bits that depend on each of them.
func mix32(words ...uint64) uint32 {
	hash := uint64(0x2545f4914f6cdd1d)
	for _, w := range words {
		hash = mix(hash, w)
	}
	return uint32(bits.RotateLeft64(hash, 17) ^ hash)
}
