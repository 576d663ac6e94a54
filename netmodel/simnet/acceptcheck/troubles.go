package acceptcheck

import (
	"net"
	"os"
	"syscall"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// trouble is something that a server goes through.
type trouble struct {
	name, what  string
	system      netmodel.Profile
	backlog     int // 0 = SOMAXCONN
	descriptors int // 0 = no limit
	run         func(*setting)
}

// Troubles returns the names of the troubles of a battery, in order.
func Troubles() []string {
	var names []string
	for _, x := range troubles() {
		names = append(names, x.name)
	}
	return names
}

// Errors of accept on Windows, by their numbers, which are the same on every build.
const (
	wsaENOBUFS   = syscall.Errno(netmodel.WSAENOBUFS)
	wsaECONNRSET = syscall.Errno(netmodel.WSAECONNRESET)
	wsaENETDOWN  = syscall.Errno(netmodel.WSAENETDOWN)
)

func troubles() []trouble {
	linux, windows := netmodel.Linux(), netmodel.Windows()
	return []trouble{
		{"EMFILE", "the process has no descriptor for a while", linux, 0, 20, noDescriptors},
		{"ENFILE", "the system has no descriptor for a while", linux, 0, 0, failing("accept4", syscall.ENFILE)},
		{"ENOBUFS", "the system has no buffers for a while", linux, 0, 0, failing("accept4", syscall.ENOBUFS)},
		{"ENOMEM", "the system has no memory for a while", linux, 0, 0, failing("accept4", syscall.ENOMEM)},
		{"ECONNABORTED", "one accept meets a connection that is gone, which package net does not show to programs, other listeners do", linux, 0, 0, failingOnce("accept4", syscall.ECONNABORTED)},
		{"WSAEMFILE", "a process on Windows has no socket for a while", windows, 0, 20, noDescriptors},
		{"WSAENOBUFS", "Windows has no buffers for a while", windows, 0, 0, failing("acceptex", wsaENOBUFS)},
		{"WSAENETDOWN", "the network of a Windows machine is down for a while", windows, 0, 0, failing("acceptex", wsaENETDOWN)},
		{"WSAECONNRESET", "the same on Windows", windows, 0, 0, failingOnce("acceptex", wsaECONNRSET)},
		{"reset while queued", "clients reset their connections before they are accepted", linux, 0, 0, resetWhileQueued},
		{"overflow", "more clients at once than the queue holds", linux, 4, 0, overflow},
		{"overflow on Windows", "the same where the others are refused", windows, 4, 0, overflow},
		{"slow accept", "nothing can be accepted for a while, and clients queue up", linux, 0, 0, slowAccept},
		{"close with full queue", "the listener is closed while its queue is full", linux, 4, 0, closeWithFullQueue},
		{"shutdown under load", "the listener is closed while clients come", linux, 0, 0, shutdownUnderLoad},
		{"listen again", "the listener is closed, and the server started again on the same address", linux, 0, 0, listenAgain},
	}
}

// noDescriptors opens files until none is left, and closes them after a while.
func noDescriptors(s *setting) {
	s.failing = true
	closeAll := s.server.OpenFiles(s.server.FreeDescriptors())
	s.trouble()
	closeAll()
	s.recover()
}

// failing makes every accept fail for a while.
func failing(call string, errno syscall.Errno) func(*setting) {
	return func(s *setting) {
		s.failing = true
		s.l.fail(acceptError(s.l.Listener, call, errno), false)
		s.client() // wakes the accept that waits already
		s.trouble()
		s.l.fail(nil, false)
		s.recover()
	}
}

// failingOnce makes one accept fail.
func failingOnce(call string, errno syscall.Errno) func(*setting) {
	return func(s *setting) {
		s.failing = true
		s.l.fail(acceptError(s.l.Listener, call, errno), true)
		s.client()
		s.trouble()
		s.recover()
	}
}

// acceptError is the error as package net returns it.
func acceptError(l *simnet.Listener, call string, errno syscall.Errno) error {
	return &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: os.NewSyscallError(call, errno)}
}

// resetWhileQueued lets clients connect and reset at once.
func resetWhileQueued(s *setting) {
	d := s.net.Host("clients").Dialer("fickle")
	for range 10 {
		c, err := d.Dial("tcp", "server:80")
		if err == nil {
			_ = c.(*simnet.Conn).SetLinger(0) // it is open
			_ = c.Close()
		}
	}
	s.troubleOver()
	s.recover()
}

// overflow lets many clients connect at one instant.
func overflow(s *setting) {
	for range 40 {
		s.client()
	}
	time.Sleep(troubled)
	s.troubleOver()
	s.recover()
}

// slowAccept holds the server's accepts back while clients come.
func slowAccept(s *setting) {
	s.l.hold()
	for range 10 {
		s.client()
		time.Sleep(spacing)
	}
	s.troubleOver()
	s.l.letGo()
	s.recover()
}

// closeWithFullQueue closes the listener while nothing more fits.
func closeWithFullQueue(s *setting) {
	s.l.hold()
	for range 20 {
		s.client()
	}
	time.Sleep(spacing)
	s.l.letGo()
	s.stop()
}

// shutdownUnderLoad closes the listener while clients come.
func shutdownUnderLoad(s *setting) {
	for range 20 {
		s.client()
		time.Sleep(time.Millisecond)
	}
	s.stop()
	s.lost = s.l.unserved()
}

// listenAgain starts the server again on the address that it had.
func listenAgain(s *setting) {
	s.client()
	time.Sleep(spacing)
	s.stop()
	if _, rate := s.l.count(); s.stuck || s.died || rate > spinLimit {
		return
	}
	s.stopped = false
	s.open()
	s.troubleOver()
	s.recover()
}
