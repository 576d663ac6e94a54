package netmodel

import (
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// state is where a socket or a connection is in its life.
type state uint8

const (
	stateFree       state = iota
	stateUnbound          // new
	stateBound            // has a local address
	stateConnecting       // sent a SYN
	stateFailed           // its connect failed; still bound, can connect again
	stateListening        //
	stateOffered          // pending, SYN not answered: the condition function decides first
	stateHalfOpen         // SYN-ACK sent: pending, or accepted by the condition function
	stateOpen             // handshake complete: pending, accepted or closing
	stateBroken           // reset or timed out; only the descriptor is left
)

// flag is one yes-or-no property of a socket.
type flag uint32

const (
	flagReuse       flag = 1 << iota // SO_REUSEADDR
	flagExclusive                    // SO_EXCLUSIVEADDRUSE
	flagConditional                  // SO_CONDITIONAL_ACCEPT
	flagPaused                       // SO_PAUSE_ACCEPT
	flagFinSent                      // the host has sent its FIN
	flagFinReceived                  // the peer's FIN has arrived
	flagNoReceive                    // shutdown of the receiving side
	flagAborted                      // pending, and the client has reset it
	flagDeferred                     // the condition function deferred the decision
	flagRefusedOnce                  // the last answer to a SYN was an RST
	flagAccepted                     // accept returned it
	flagLingering                    // close was called and waits for SO_LINGER
	flagOnPort                       // is on the list of its port
	flagReusePort                    // SO_REUSEPORT
	flagHeld                         // waits outside the queue
	flagAcked                        // half-open, and an ACK arrived that did not complete it
)

// noLinger is the value of SO_LINGER when it is off.
const noLinger = -1

// socket is the state of one socket, listener, pending connection or connection. All
// sockets of a host are in one slice and refer to each other by index. So Clone is a copy,
// and a connection costs no allocation.
type socket struct {
	local, remote Addr
	serial        uint64   // in order of creation; never used twice
	since         sim.Time // connecting: when the first SYN went out; pending: when its SYN arrived
	timer         int32    // in Host.timers; 0 = none
	lingering     int32    // the timer of SO_LINGER
	conn          ConnID
	fd            FD // 0 for pending connections and for closed ones
	heldFD        FD // a descriptor that is not free: of a closed connection, or of a pending one

	list               int32  // of a listener: its queue in Host.lists
	listener           int32  // of a pending connection: the listening socket
	next, prev         int32  // neighbours in the queue
	keep               int32  // its keep-alive in Host.keeps; 0 = none
	place              uint64 // order of completion, for Check
	portNext, portPrev int32  // neighbours on the port

	sent, acked    uint32 // next sequence number to send; oldest unacknowledged one
	received, read uint32 // next sequence number expected from the peer; next one for the program
	linger         int32  // seconds, noLinger = off
	flags          flag
	soError        winsock.Errno // SO_ERROR: how the last connect failed
	broken         winsock.Errno // what send and receive report once the connection is over
	why            Cause         // of the last RST that answered a SYN
	client         uint16
	state          state
	typ            winsock.SocketType
	user           uint8
	deferral       uint8 // TCP_DEFER_ACCEPT of a listener, in SYN-ACKs
	resends        uint8 // retransmissions of the last SYN, SYN-ACK or data
	timeouts       uint8 // how many of these retransmissions followed a timeout
}

func (s *socket) has(f flag) bool { return s.flags&f != 0 }

func (s *socket) set(f flag, on bool) {
	if on {
		s.flags |= f
	} else {
		s.flags &^= f
	}
}

// pending reports whether the socket waits in a queue.
func (s *socket) pending() bool { return s.listener != 0 }

// Socket opens a socket and returns its descriptor. Types are SOCK_STREAM and SOCK_DGRAM,
// and with CallsUnix SOCK_RAW. Errors: the errors of every call, WSAESOCKTNOSUPPORT (another
// type), WSAENOBUFS, WSAEMFILE (no descriptor is free).
func (h *Host) Socket(typ winsock.SocketType) (FD, error) {
	fd, err := h.socket(typ)
	if err != nil {
		h.recordCall(CallSocket, 0, int64(typ), err)
	}
	return fd, err
}

func (h *Host) socket(typ winsock.SocketType) (FD, error) {
	if err := h.enter(); err != nil {
		return 0, err
	}
	switch {
	case typ != winsock.SOCK_STREAM && typ != winsock.SOCK_DGRAM && !(typ == winsock.SOCK_RAW && h.profile.Calls == CallsUnix):
		return 0, winsock.WSAESOCKTNOSUPPORT
	case h.faults&FaultNoBuffers != 0:
		return 0, winsock.WSAENOBUFS
	case h.freeDescriptors() == 0:
		return 0, winsock.WSAEMFILE
	}
	i := h.newSocket(typ, stateUnbound)
	h.openDescriptor(i)
	return h.socks[i].fd, nil
}

// OpenFile takes a descriptor that is not a socket, as a program does that opens a file.
// CloseFile gives it back. OpenFile fails with WSAEMFILE if no descriptor is free.
func (h *Host) OpenFile() (FD, error) {
	if h.freeDescriptors() == 0 {
		h.recordCall(CallOpenFile, 0, 0, winsock.WSAEMFILE)
		return 0, winsock.WSAEMFILE
	}
	fd := h.table.open(notSocket)
	h.recordCall(CallOpenFile, fd, 0, nil)
	return fd, nil
}

// CloseFile gives back a descriptor of OpenFile. It fails with WSAEBADF for any other
// descriptor.
func (h *Host) CloseFile(fd FD) error {
	if h.table.lookup(fd) != notSocket {
		return winsock.WSAEBADF
	}
	h.table.close(fd)
	h.recordCall(CallClose, fd, 0, nil)
	return nil
}

// newSocket returns the index of a new socket without a descriptor.
func (h *Host) newSocket(typ winsock.SocketType, st state) int32 {
	var i int32
	if n := len(h.free); n > 0 {
		i, h.free = h.free[n-1], h.free[:n-1]
	} else {
		i = int32(len(h.socks))
		h.socks = append(h.socks, socket{})
	}
	h.serials++
	s := &h.socks[i]
	s.serial, s.state, s.typ, s.user, s.linger = h.serials, st, typ, h.user, noLinger
	return i
}

// openDescriptor opens a descriptor for a socket. One must be free.
func (h *Host) openDescriptor(i int32) {
	h.socks[i].fd = h.table.open(i)
}

// release frees everything that a socket holds: its timers, its address, its descriptors
// and its place in Host.socks. The socket must not be in a queue.
func (h *Host) release(i int32) {
	s := &h.socks[i]
	h.disarm(i)
	h.timers.cancel(s.lingering)
	h.dropKeepAlive(i)
	h.removeFromPort(i)
	h.removeTuple(i)
	if s.fd != 0 {
		h.table.close(s.fd)
	}
	if s.heldFD != 0 {
		h.table.close(s.heldFD)
	}
	if s.state == stateOpen {
		h.newRecord(Closed, s.conn, NoCause).FD = s.fd
	}
	*s = socket{}
	h.free = append(h.free, i)
}

// arm sets the one timer of a socket.
func (h *Host) arm(i int32, d time.Duration) {
	h.disarm(i)
	if h.direct && h.wheelAhead == 0 {
		h.waits = append(h.waits, wait{i, d})
		h.socks[i].timer = -int32(len(h.waits))
		return
	}
	h.socks[i].timer = h.schedule(i, d, timerSocket)
}

func (h *Host) disarm(i int32) {
	if t := h.socks[i].timer; t > 0 {
		h.timers.cancel(t)
	}
	h.socks[i].timer = 0
}

// wait is a timer that is not set yet. With direct delivery an answer needs no time and
// cancels most timers at once. The timer field of a socket refers to a wait by the negative
// of its index, counted from 1.
type wait struct {
	sock int32
	d    time.Duration
}

// setTimers sets the timers of all waits that were not cancelled.
func (h *Host) setTimers() {
	for k, w := range h.waits {
		if s := &h.socks[w.sock]; s.timer == -int32(k+1) {
			s.timer = h.schedule(w.sock, w.d, timerSocket)
		}
	}
	h.waits = h.waits[:0]
}
