package lockstep

import (
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// isn is the initial sequence number in a SYN-ACK: that of a connection, or a cookie. A
// cookie is the same for one attempt in one period. The zero isn is none.
type isn struct {
	conn   int // 1 for the first connection, 0 for a cookie
	period int // of a cookie, 1 for the first period
}

// cookieUse says when a listener last used cookies: it sent one, or it evicted a
// connection whose SYN-ACK carried one. A listener that never used cookies accepts none.
type cookieUse struct {
	known bool
	at    sim.Time
}

// A cookie is valid in the period in which it was sent, and in the next.
const cookiePeriod = time.Minute

// cookie returns the cookie of this period.
func (r *reference) cookie() isn {
	return isn{period: 1 + int(time.Duration(r.now)/cookiePeriod)}
}

// sendCookie answers a request and keeps no state. K3, K7
func (r *reference) sendCookie(client int) {
	who := Attempt{client, r.clients[client].attempt}
	r.cookies = cookieUse{true, r.now}
	r.decideFor(who, netmodel.CookieSent, netmodel.AnsweredWithCookie)
	r.sendTo(who, ReplySynAck)
	r.receiveSynAck(who, r.cookie())
}

// acceptCookie handles an acknowledgement of a SYN-ACK that no half-open connection
// sent. It returns the connection that takes the rest of the segment, noConn if there is
// none. K4, K7
func (r *reference) acceptCookie(client int) int {
	c, who := &r.clients[client], Attempt{client, r.clients[client].attempt}
	age := r.cookie().period - c.isn.period
	switch {
	case !r.listening, c.isn.period == 0, c.pastSyn, r.profile.SynQueue.Cookies == netmodel.CookiesNever:
		return r.answerStray(client)
	case age > 1, !r.cookies.known, r.now.Sub(r.cookies.at) > 2*cookiePeriod:
		r.mark(markCookieStale)
		return r.answerStray(client)
	case len(r.done) < r.atAck, r.profile.OnAckFull == netmodel.AdmitAck:
		i := r.newConn(client)
		r.conns[i].complete = true
		if c.phantom {
			r.mark(markCookiePromoted)
		}
		c.phantom = false
		r.join(i, netmodel.CookieAccepted)
		return i
	case r.profile.SynQueue.CookieFull == netmodel.ResetAck:
		r.decideFor(who, netmodel.ResetPending, netmodel.AckOverflow)
		r.mark(markCookieReset)
		r.sendTo(who, ReplyRst)
	default:
		c.phantom = true
		r.decideFor(who, netmodel.AckIgnored, netmodel.AckOverflow)
		r.mark(markCookieIgnored)
	}
	return noConn
}
