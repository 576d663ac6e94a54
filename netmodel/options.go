package netmodel

import (
	"time"

	"wspsim/netmodel/winsock"
)

// GetSockOpt returns the value of an option. Errors: the errors of every call,
// WSAENOTSOCK, WSAENOPROTOOPT (the option is unknown).
func (h *Host) GetSockOpt(fd FD, o winsock.Option) (int, error) {
	i, err := h.enterSocket(fd)
	if err != nil {
		return 0, err
	}
	s := &h.socks[i]
	switch o {
	case winsock.SO_ACCEPTCONN:
		return boolToInt(s.state == stateListening), nil
	case winsock.SO_LINGER:
		return int(s.linger), nil
	case winsock.SO_TYPE:
		return int(s.typ), nil
	case winsock.SO_ERROR:
		e := s.soError
		if !h.profile.ErrorSticks {
			s.soError = 0
		}
		return int(e), nil
	case winsock.TCP_DEFER_ACCEPT:
		if h.profile.Options == OptionsLinux {
			return int(h.deferralPeriod(s.deferral) / time.Second), nil
		}
	}
	f, err := h.flagOf(o)
	if err != nil {
		return 0, err
	}
	return boolToInt(s.has(f)), nil
}

// SetSockOpt sets an option. Errors:
//   - The errors of every call, and WSAENOTSOCK.
//   - WSAENOPROTOOPT: the option is unknown, or it can only be read.
//   - WSAEINVAL: the value is out of range.
//   - WSAEINVAL: an option about addresses after bind (WS.U5), or SO_CONDITIONAL_ACCEPT
//     after listen (WS.C12).
//   - WSAEINVAL: SO_REUSEADDR together with SO_EXCLUSIVEADDRUSE (WS.U2).
func (h *Host) SetSockOpt(fd FD, o winsock.Option, value int) error {
	err := h.setSockOpt(fd, o, value)
	h.recordCall(CallSetOption, fd, int64(o)<<32|int64(uint32(value)), err)
	return err
}

func (h *Host) setSockOpt(fd FD, o winsock.Option, value int) error {
	i, err := h.enterSocket(fd)
	if err != nil {
		return err
	}
	s := &h.socks[i]
	if o == winsock.SO_LINGER {
		if value < noLinger || value > 0xffff {
			return winsock.WSAEINVAL
		}
		s.linger = int32(value)
		return nil
	}
	if o == winsock.TCP_DEFER_ACCEPT && h.profile.Options == OptionsLinux {
		s.deferral = h.deferralOf(time.Duration(min(max(value, 0), 1<<20)) * time.Second)
		return nil
	}
	f, err := h.flagOf(o)
	switch {
	case err != nil:
		return err
	case value != 0 && value != 1:
		return winsock.WSAEINVAL
	case (f == flagReuse || f == flagExclusive) && s.state != stateUnbound && h.profile.Calls != CallsUnix:
		return winsock.WSAEINVAL
	case f == flagReuse && s.has(flagExclusive) || f == flagExclusive && s.has(flagReuse):
		return winsock.WSAEINVAL
	case f == flagConditional && s.state == stateListening:
		return winsock.WSAEINVAL
	}
	s.set(f, value == 1)
	if f == flagPaused && value == 1 && h.profile.PauseResets && s.state == stateListening {
		h.resetQueue(&h.lists[s.list])
	}
	return nil
}

// resetQueue resets every pending connection and makes its slot available again. It does not
// fill: only listen and accept fill. WS.Q9, WS.D7
func (h *Host) resetQueue(l *listener) {
	for l.pending() > 0 {
		h.resetPending(h.nextToReset(l), Paused)
		l.giveBack()
	}
}

// flagOf returns the flag of an option. It fails with WSAENOPROTOOPT if the profile does not
// have the option.
func (h *Host) flagOf(o winsock.Option) (flag, error) {
	switch {
	case o == winsock.SO_REUSEADDR:
		return flagReuse, nil
	case o == winsock.SO_EXCLUSIVEADDRUSE && (h.profile.Options == OptionsWindows || h.profile.Options == OptionsWine):
		return flagExclusive, nil
	case o == winsock.SO_CONDITIONAL_ACCEPT && h.profile.Options == OptionsWindows:
		return flagConditional, nil
	case o == winsock.SO_PAUSE_ACCEPT && h.profile.Options == OptionsWindows:
		return flagPaused, nil
	case o == winsock.SO_REUSEPORT && h.profile.Options == OptionsLinux:
		return flagReusePort, nil
	}
	return 0, winsock.WSAENOPROTOOPT
}

// deferralOf returns how many waits for the final ACK take at least the time d: one wait
// follows each SYN-ACK, also the first. K14
func (h *Host) deferralOf(d time.Duration) uint8 {
	n := uint8(0)
	for n < 255 && h.deferralPeriod(n) < d {
		n++
	}
	return n
}

// deferralPeriod returns how long n waits for the final ACK take.
func (h *Host) deferralPeriod(n uint8) time.Duration {
	sum := time.Duration(0)
	for k := range n {
		sum += h.profile.SynAck.Wait(k)
	}
	return sum
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
