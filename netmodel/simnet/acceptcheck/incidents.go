package acceptcheck

import (
	"net"
	"os"
	"syscall"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/winsock"
)

// incident is one test of a server.
type incident struct {
	name, what  string
	why         string // why a server must handle it
	system      netmodel.Profile
	hidden      bool // package net does not show its error to programs
	backlog     int  // 0 = SOMAXCONN
	descriptors int  // 0 = no limit
	run         func(*incidentRun)
}

// Incidents returns the names of the incidents of Run, in order.
func Incidents() []string {
	var names []string
	for _, x := range incidents() {
		names = append(names, x.name)
	}
	return names
}

// Errors of accept on Windows. Their numbers are the same on every build.
const (
	wsaENOBUFS   = syscall.Errno(winsock.WSAENOBUFS)
	wsaECONNRSET = syscall.Errno(winsock.WSAECONNRESET)
	wsaENETDOWN  = syscall.Errno(winsock.WSAENETDOWN)
)

func incidents() []incident {
	return append(append(accepts(profiles.Linux()), acceptsOnWindows(profiles.Windows())...), clients(profiles.Linux(), profiles.Windows())...)
}

// accepts are incidents of accept4 (Linux: accept(2), "ERRORS").
func accepts(linux netmodel.Profile) []incident {
	return []incident{
		{name: "EMFILE", what: "the process has no descriptor for a while", system: linux, descriptors: 20, run: noDescriptors,
			why: "A process runs out of descriptors when more clients come than ulimit -n allows."},
		{name: "ENFILE", what: "the system has no descriptor for a while", system: linux, run: failing("accept4", asOnUnix(syscall.ENFILE)),
			why: "Other processes may use all descriptors of the system, fs.file-max (golang/go#35131)."},
		{name: "ENOBUFS", what: "the system has no buffers for a while", system: linux, run: failing("accept4", syscall.ENOBUFS),
			why: "The memory for sockets is limited for the whole system. After a short time it is free again."},
		{name: "ENOMEM", what: "the system has no memory for a while", system: linux, run: failing("accept4", syscall.ENOMEM),
			why: "The kernel or a container may have no memory for a moment."},
		// Go 1.26: internal/poll/fd_unix.go, FD.Accept
		{name: "ECONNABORTED", what: "one accept finds a connection that was reset", system: linux, hidden: true, run: failingOnce("accept4", syscall.ECONNABORTED),
			why: "One client that resets its connection while it is queued is enough."},
	}
}

// acceptsOnWindows are incidents of the calls that package net makes on Windows: WSASocket for the
// next connection, then AcceptEx. The errors of WSASocket are in Microsoft's documentation of
// WSASocketW. (Go 1.26: internal/poll/fd_windows.go, FD.Accept)
func acceptsOnWindows(windows netmodel.Profile) []incident {
	return []incident{
		{name: "WSAEMFILE", what: "a process on Windows has no socket for a while", system: windows, descriptors: 20, run: noDescriptors,
			why: "A process on Windows can run out of sockets too. A loop that handles EMFILE may not handle WSAEMFILE (yhirose/cpp-httplib#2561)."},
		{name: "WSAENOBUFS", what: "Windows has no buffers for a while", system: windows, run: failing("socket", wsaENOBUFS),
			why: "Windows reports this rather than WSAEMFILE when it runs out of sockets (golang/go#35131)."},
		{name: "WSAENETDOWN", what: "the network of a Windows machine is down for a while", system: windows, run: failing("socket", wsaENETDOWN),
			why: "The network of a machine may go down and come back, for example after sleep."},
		{name: "WSAECONNRESET", what: "one accept on Windows finds a connection that was reset", system: windows, hidden: true, run: failingOnce("acceptex", wsaECONNRSET),
			why: "One client that resets its connection while it is queued is enough (yhirose/cpp-httplib#2561)."},
	}
}

// clients are incidents that clients make, and the ends of listeners.
func clients(linux, windows netmodel.Profile) []incident {
	return []incident{
		{name: "reset while queued", what: "clients reset their connections before they are accepted", system: linux, run: resetWhileQueued,
			why: "Port scanners and health checks do this."},
		{name: "overflow", what: "more clients at once than the queue holds", system: linux, backlog: 4, run: overflow,
			why: "After every interruption many clients come at once."},
		{name: "overflow on Windows", what: "the same on Windows, which refuses the other clients", system: windows, backlog: 4, run: overflow,
			why: "After every interruption many clients come at once."},
		{name: "slow accept", what: "nothing can be accepted for a while, and clients queue up", system: linux, run: slowAccept,
			why: "A process pauses for a moment, and then its queue is full."},
		{name: "silent clients", what: "two clients connect, send nothing or half a request, and stay", system: linux, run: silentClients,
			why: "Other clients must not wait because one client sends nothing."},
		{name: "idle clients hold all", what: "idle clients use up the descriptors of the process, and leave after a while", system: linux, descriptors: 20, run: idleClientsHoldDescriptors,
			why: "Descriptors become free only when the server closes connections that its clients have closed."},
		{name: "close with full queue", what: "the listener is closed while its queue is full", system: linux, backlog: 4, run: closeWithFullQueue,
			why: "A listener is closed at every deployment, also with queued connections."},
		{name: "close with idle clients", what: "the listener is closed while 16 clients stay that send nothing more", system: linux, run: closeWithIdleClients,
			why: "Connections are kept alive, so at every deployment idle clients are there (golang/go#24458)."},
		{name: "shutdown under load", what: "the listener is closed while clients come", system: linux, run: shutdownUnderLoad,
			why: "A listener is closed at every deployment, also while clients come."},
		{name: "listen again", what: "the listener is closed, and the server starts again on the same address", system: linux, run: listenAgain,
			why: "A restart uses the same address."},
	}
}

// unixErrno is an error of package syscall that is temporary on Unix, but not on this build.
type unixErrno struct{ syscall.Errno }

func (unixErrno) Temporary() bool { return true }
func (e unixErrno) Unwrap() error { return e.Errno }

// asOnUnix returns an error that is temporary on every build, as it is on Unix. ENFILE is not
// temporary on builds for Windows, js and wasip1, but the tested server runs on a Linux host on
// every build. The error numbers of Windows are temporary on no build. (Go 1.26:
// syscall/syscall_unix.go, syscall_windows.go, syscall_js.go and syscall_wasip1.go,
// Errno.Temporary)
func asOnUnix(e syscall.Errno) error {
	if e.Temporary() {
		return e
	}
	return unixErrno{e}
}

// noDescriptors opens files until no descriptor is free, and closes them when the incident ends.
func noDescriptors(s *incidentRun) {
	s.failing = true
	closeAll := s.server.OpenFiles(s.server.FreeDescriptors())
	s.waitIncident()
	closeAll()
	s.recover()
}

// failing makes every accept fail during the incident.
func failing(call string, errno error) func(*incidentRun) {
	return func(s *incidentRun) {
		s.failing = true
		s.l.fail(acceptError(s.l.Listener, call, errno), false)
		s.startClient() // wakes an accept that already waits
		s.waitIncident()
		s.l.fail(nil, false)
		s.recover()
	}
}

// failingOnce makes one accept fail.
func failingOnce(call string, errno error) func(*incidentRun) {
	return func(s *incidentRun) {
		s.failing = true
		s.l.fail(acceptError(s.l.Listener, call, errno), true)
		s.startClient()
		s.waitIncident()
		s.recover()
	}
}

// acceptError returns an error of accept as package net returns it.
func acceptError(l *simnet.Listener, call string, errno error) error {
	return &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: os.NewSyscallError(call, errno)}
}

// resetWhileQueued starts clients that connect and reset at once.
func resetWhileQueued(s *incidentRun) {
	d := s.net.Host("clients").Dialer("fickle")
	for range 10 {
		c, err := d.Dial("tcp", "server:80")
		if err == nil {
			_ = c.(*simnet.Conn).SetLinger(0) // it is open
			_ = c.Close()
		}
	}
	pass(spacing)
	s.incidentOver()
	s.recover()
}

// overflow starts 40 clients at one instant.
func overflow(s *incidentRun) {
	for range 40 {
		s.startClient()
	}
	pass(incidentTime)
	s.incidentOver()
	s.recover()
}

// slowAccept delays the accepts of the server while clients come.
func slowAccept(s *incidentRun) {
	s.l.hold()
	for range 10 {
		s.startClient()
		pass(spacing)
	}
	s.incidentOver()
	s.l.release()
	s.recover()
}

// silentClients starts two clients that a server must not wait for.
func silentClients(s *incidentRun) {
	s.addIdleClient("clients", nothing)
	s.addIdleClient("clients", halfARequest)
	pass(spacing)
	s.incidentOver()
	s.recover()
}

// idleClientsHoldDescriptors starts more idle clients than there are descriptors.
func idleClientsHoldDescriptors(s *incidentRun) {
	s.failing = true
	for range 30 {
		s.addIdleClient("clients", nothing) // a server might close the connection of a client that sends something
	}
	s.waitIncident()
	s.closeClients()
	s.recover()
}

// closeWithIdleClients closes the listener while idle clients are connected.
func closeWithIdleClients(s *incidentRun) {
	for k := range 16 {
		if k%4 == 3 {
			s.addIdleClient(vanishing, nothing)
		} else {
			s.addIdleClient("clients", []string{nothing, halfARequest, aRequest}[k%4])
		}
		pass(time.Millisecond)
	}
	pass(spacing)
	s.net.Cut(s.server, s.net.Host(vanishing))
	if open := s.l.open(); open == s.idle && s.l.Accepting() > 0 {
		s.roomFor = open
	}
	s.stop()
}

// closeWithFullQueue closes the listener while its queue is full.
func closeWithFullQueue(s *incidentRun) {
	s.l.hold()
	for range 20 {
		s.startClient()
	}
	pass(spacing)
	s.l.release()
	s.stop()
}

// shutdownUnderLoad closes the listener while clients come.
func shutdownUnderLoad(s *incidentRun) {
	for range 20 {
		s.startClient()
		pass(time.Millisecond)
	}
	s.stop()
	s.lost = s.l.unserved()
}

// listenAgain closes the listener and starts the server again on the same address.
func listenAgain(s *incidentRun) {
	s.startClient()
	pass(spacing)
	s.stop()
	if _, rate := s.l.count(); s.stuck || s.died || rate > spinLimit {
		return
	}
	s.stopped = false
	s.open()
	s.incidentOver()
	s.recover()
}
