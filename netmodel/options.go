package netmodel

import (
	"strconv"
	"time"
)

// Option names a socket option, with the numbers of the Windows headers.
type Option int32

// The options. Values are 0 or 1 unless said otherwise.
const (
	SO_ACCEPTCONN       Option = 0x0002 // get: 1 if the socket listens. WS.U6
	SO_REUSEADDR        Option = 0x0004 // before bind: allow the address to be shared
	SO_EXCLUSIVEADDRUSE Option = -5     // before bind: allow nobody to share it
	SO_LINGER           Option = 0x0080 // seconds that close waits; 0 resets; -1 is off, the default
	SO_ERROR            Option = 0x1007 // get: how the last connect failed, an Errno
	SO_TYPE             Option = 0x1008 // get: a SocketType
	// Before listen: requests wait, unanswered, for the condition function. WS.Q10, WS.C12
	SO_CONDITIONAL_ACCEPT Option = 0x3002
	SO_PAUSE_ACCEPT       Option = 0x3003 // refuse every request. WS.Q9
	// Linux. Before bind, on every socket: share the address, and its requests by a
	// hash. K15
	SO_REUSEPORT Option = 15
	// Linux: a connection joins the queue when its first data comes, or after so
	// many seconds, rounded up to whole waits for an ACK. K14
	TCP_DEFER_ACCEPT Option = 6<<12 | 9
)

// String returns the name of the option in the headers.
func (o Option) String() string {
	switch o {
	case SO_ACCEPTCONN:
		return "SO_ACCEPTCONN"
	case SO_REUSEADDR:
		return "SO_REUSEADDR"
	case SO_EXCLUSIVEADDRUSE:
		return "SO_EXCLUSIVEADDRUSE"
	case SO_LINGER:
		return "SO_LINGER"
	case SO_ERROR:
		return "SO_ERROR"
	case SO_TYPE:
		return "SO_TYPE"
	case SO_CONDITIONAL_ACCEPT:
		return "SO_CONDITIONAL_ACCEPT"
	case SO_PAUSE_ACCEPT:
		return "SO_PAUSE_ACCEPT"
	case SO_REUSEPORT:
		return "SO_REUSEPORT"
	case TCP_DEFER_ACCEPT:
		return "TCP_DEFER_ACCEPT"
	}
	return "option " + strconv.Itoa(int(o))
}

// GetSockOpt returns the value of an option. Errors: those of every call,
// WSAENOTSOCK, WSAENOPROTOOPT (unknown).
func (h *Host) GetSockOpt(fd FD, o Option) (int, error) {
	i, err := h.enterSocket(fd)
	if err != nil {
		return 0, err
	}
	s := &h.socks[i]
	switch o {
	case SO_ACCEPTCONN:
		return truth(s.state == stateListening), nil
	case SO_LINGER:
		return int(s.linger), nil
	case SO_TYPE:
		return int(s.typ), nil
	case SO_ERROR:
		e := s.soError
		if !h.profile.ErrorSticks {
			s.soError = 0
		}
		return int(e), nil
	case TCP_DEFER_ACCEPT:
		if h.profile.Options == OptionsLinux {
			return int(h.deferralPeriod(s.deferral) / time.Second), nil
		}
	}
	f, err := h.flagOf(o)
	if err != nil {
		return 0, err
	}
	return truth(s.has(f)), nil
}

// SetSockOpt sets an option. Errors: those of every call, WSAENOTSOCK,
// WSAENOPROTOOPT (unknown, or can only be read), WSAEINVAL (a value out of
// range; too late: after bind for the two address options (WS.U5), after listen
// for SO_CONDITIONAL_ACCEPT (WS.C12); SO_REUSEADDR together with
// SO_EXCLUSIVEADDRUSE (WS.U2)).
func (h *Host) SetSockOpt(fd FD, o Option, value int) error {
	err := h.setSockOpt(fd, o, value)
	h.recordCall(CallSetOption, fd, int64(o)<<32|int64(uint32(value)), err)
	return err
}

func (h *Host) setSockOpt(fd FD, o Option, value int) error {
	i, err := h.enterSocket(fd)
	if err != nil {
		return err
	}
	s := &h.socks[i]
	if o == SO_LINGER {
		if value < noLinger || value > 0xffff {
			return WSAEINVAL
		}
		s.linger = int32(value)
		return nil
	}
	if o == TCP_DEFER_ACCEPT && h.profile.Options == OptionsLinux {
		s.deferral = h.deferralOf(time.Duration(min(max(value, 0), 1<<20)) * time.Second)
		return nil
	}
	f, err := h.flagOf(o)
	switch {
	case err != nil:
		return err
	case value != 0 && value != 1:
		return WSAEINVAL
	case (f == flagReuse || f == flagExclusive) && s.state != stateUnbound && h.profile.Calls != CallsUnix:
		return WSAEINVAL
	case f == flagReuse && s.has(flagExclusive) || f == flagExclusive && s.has(flagReuse):
		return WSAEINVAL
	case f == flagConditional && s.state == stateListening:
		return WSAEINVAL
	}
	s.set(f, value == 1)
	if f == flagPaused && value == 1 && h.profile.PauseResets && s.state == stateListening {
		h.resetQueue(&h.lists[s.list])
	}
	return nil
}

// resetQueue resets everything that is pending. What was reset gives its slots
// back; only listen and accept fill. WS.Q9, WS.D7
func (h *Host) resetQueue(l *listener) {
	for l.pending() > 0 {
		h.resetPending(h.excessOf(l), Paused)
		l.giveBack()
	}
}

// flagOf returns the flag of an option that can be set.
func (h *Host) flagOf(o Option) (flag, error) {
	switch {
	case o == SO_REUSEADDR:
		return flagReuse, nil
	case o == SO_EXCLUSIVEADDRUSE && (h.profile.Options == OptionsWindows || h.profile.Options == OptionsWine):
		return flagExclusive, nil
	case o == SO_CONDITIONAL_ACCEPT && h.profile.Options == OptionsWindows:
		return flagConditional, nil
	case o == SO_PAUSE_ACCEPT && h.profile.Options == OptionsWindows:
		return flagPaused, nil
	case o == SO_REUSEPORT && h.profile.Options == OptionsLinux:
		return flagReusePort, nil
	}
	return 0, WSAENOPROTOOPT
}

// deferralOf returns after how many SYN-ACKs a time is over, the first one
// included. K14
func (h *Host) deferralOf(d time.Duration) uint8 {
	n := uint8(0)
	for n < 255 && h.deferralPeriod(n) < d {
		n++
	}
	return n
}

// deferralPeriod returns how long so many waits for an ACK take.
func (h *Host) deferralPeriod(n uint8) time.Duration {
	sum := time.Duration(0)
	for k := range n {
		sum += h.profile.SynAck.Wait(k)
	}
	return sum
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
