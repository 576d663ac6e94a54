package simnet

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// A program gets the errors of package net on the system of its host: *net.OpError around
// *os.SyscallError around syscall.Errno. On a host with Unix calls the number is that of the
// build, so errors.Is(err, syscall.ECONNREFUSED) works. On a host with Windows calls it is the
// number of Windows, 10061, on every build. There errors.Is(err, syscall.ECONNREFUSED) is
// false: on Windows the Unix names of package syscall are numbers that no call returns.

// errno returns the error of package syscall that a program on the host gets.
func (h *Host) errno(err error) error {
	e, ok := err.(winsock.Errno)
	if !ok {
		return err
	}
	if h.isWindows() {
		return syscall.Errno(e)
	}
	if p := e.Portable(); p != 0 {
		return p
	}
	return e
}

func (h *Host) isWindows() bool {
	return h.profile.Calls == netmodel.CallsWinsock || h.profile.Calls == netmodel.CallsWine
}

// syscallError returns the error of a system call as package net returns it.
func (h *Host) syscallError(c sysCall, err error) error {
	e, ok := err.(winsock.Errno)
	switch {
	case !ok:
		return err
	case e == winsock.WSAESHUTDOWN && c == sysWrite && !h.isWindows():
		err = winsock.EPIPE
	}
	return os.NewSyscallError(h.callName(c), h.errno(err))
}

// sysCall is a system call that package net names in an error.
type sysCall uint8

const (
	sysSocket sysCall = iota
	sysBind
	sysListen
	sysAccept
	sysConnect
	sysRead
	sysWrite
	sysShutdown
	sysSetOption
	sysDup
)

// callName returns the name of a system call in errors of package net on the system of the
// host. (Go 1.26: net/fd_windows.go, net/fd_unix.go, net/sys_cloexec.go and similar files)
func (h *Host) callName(c sysCall) string {
	windows := h.isWindows()
	switch c {
	case sysSocket:
		return "socket"
	case sysBind:
		return "bind"
	case sysListen:
		return "listen"
	case sysAccept:
		switch {
		case windows:
			return "acceptex"
		case h.profile.System == "darwin" || h.profile.Calls == netmodel.CallsFakeNet || h.profile.Name == "aix5":
			return "accept"
		}
		return "accept4"
	case sysConnect:
		if windows {
			return "connectex"
		}
		return "connect"
	case sysRead:
		if windows {
			return "wsarecv"
		}
		return "read"
	case sysWrite:
		if windows {
			return "wsasend"
		}
		return "write"
	case sysSetOption:
		return "setsockopt"
	case sysDup:
		return "dup"
	}
	return "shutdown"
}

// opError returns an error of a call of package net. Its text leaves out nil addresses.
func opError(op, network string, source, addr *net.TCPAddr, err error) *net.OpError {
	e := &net.OpError{Op: op, Net: network, Err: err}
	if source != nil {
		e.Source = source
	}
	if addr != nil {
		e.Addr = addr
	}
	return e
}

// dialTimeout is the error of a dial after the deadline of its context.
// (Go 1.26: net.timeoutError)
type dialTimeout struct{}

func (dialTimeout) Error() string   { return "i/o timeout" }
func (dialTimeout) Timeout() bool   { return true }
func (dialTimeout) Temporary() bool { return true }

func (dialTimeout) Is(target error) bool { return target == context.DeadlineExceeded }

// timeout returns the error of a dial that has begun and whose deadline passes. In package net
// the deadline of the socket and the timer of the context fire at the same time. The error is
// os.ErrDeadlineExceeded or context.DeadlineExceeded, never both. On Linux 1 of 7 dials
// returned the second. (golang/go#64449; Go 1.26: net/fd_unix.go, connect)
func (d *Dialer) timeout() error {
	d.timeouts++
	who := sim.Member(sim.Name(d.host.net.model.ClientName(d.id)), uint64(d.timeouts))
	draw := sim.Stream(d.host.net.config.Seed, who, purposeTimeout)
	if draw.Chance(sim.Ratio{Num: 1, Den: 7}) {
		return dialTimeout{}
	}
	return errDeadline
}

// purposeTimeout is the purpose of the draws of Dialer.timeout.
const purposeTimeout sim.Purpose = 1<<16 + 1

// dialCanceled is the error of a dial whose context was cancelled.
type dialCanceled struct{}

func (dialCanceled) Error() string        { return "operation was canceled" }
func (dialCanceled) Is(target error) bool { return target == context.Canceled }

// contextError is the error of a dial whose context has ended.
func contextError(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return dialTimeout{}
	case errors.Is(err, context.Canceled):
		return dialCanceled{}
	}
	return err
}
