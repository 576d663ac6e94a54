package kernel

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// An init function, because a file for Linux only can give a variable that all systems
// have its value in no other way.
func init() {
	available = canObserve
	onKernel = playOnKernel
}

// canObserve tries whether this kernel shows the queue of a listener. Some sandboxes
// that call themselves Linux do not.
func canObserve() error {
	k, err := readSettings(procSys)
	if err != nil {
		return fmt.Errorf("the settings of this kernel cannot be read: %w", err)
	}
	_, err = playHere(context.Background(), k, func(s *script) {
		l := s.listener(1)
		s.queue(l)
		s.startConnect(l, s.open(tcp))
	})
	if err != nil {
		return fmt.Errorf("a listener on 127.0.0.1 cannot be observed here: %w", err)
	}
	return nil
}

// turn is held by the experiment that is being played. One experiment takes all
// descriptors away, and the others measure time.
var turn = make(chan struct{}, 1)

func playOnKernel(ctx context.Context, e Experiment) (seen []Observation, err error) {
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	machine, err := readSettings(procSys)
	switch {
	case err != nil:
		return nil, err
	case !e.NeedsNamespace:
		return playHere(ctx, machine, e.act)
	}
	k := e.settings(machine)
	onOwnThread(func() {
		if _, err = playHere(ctx, k, func(*script) { enterNamespace(k.Values) }); err != nil {
			err = fmt.Errorf("%w: %w", ErrNoNamespace, err)
			return
		}
		seen, err = playHere(ctx, k, e.act)
	})
	return seen, err
}

// playHere plays a script in the network namespace of this thread.
func playHere(ctx context.Context, k Settings, act func(*script)) ([]Observation, error) {
	stage := &kernelStage{ctx: ctx, began: time.Now(), opened: map[int]bool{}}
	defer stage.cleanUp()
	return play(stage, k, func(s *script) {
		check("start", ctx.Err())
		act(s)
		check("end", ctx.Err())
	})
}

// kernelStage is the kernel of this machine.
type kernelStage struct {
	ctx      context.Context
	began    time.Time
	opened   map[int]bool // descriptors
	raw      int          // a raw socket that sends whole packets; 0 = not open yet
	captured int          // a packet socket that receives every IP packet from lo
}

// cleanUp closes all open descriptors with RST, so that no TIME_WAIT stays behind.
func (k *kernelStage) cleanUp() {
	for fd := range k.opened {
		_ = syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}) // fails on what is not a socket
		_ = syscall.Close(fd)
	}
}

func (k *kernelStage) now() time.Duration { return time.Since(k.began) }

func (k *kernelStage) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-k.ctx.Done():
		stop(k.ctx.Err())
	}
}

func (k *kernelStage) descriptors() int { return int(min(limitOfDescriptors().Cur, 1<<30)) }

func limitOfDescriptors() (limit syscall.Rlimit) {
	check("getrlimit", syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	return limit
}

// exhaust lowers the limit of descriptors of this process.
func (k *kernelStage) exhaust() (spare socket, restore func()) {
	spare = k.open(tcp) // gets the lowest free number: all below are in use
	before := limitOfDescriptors()
	lowered := syscall.Rlimit{Cur: uint64(spare.fd) + 1, Max: before.Max}
	check("setrlimit", syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lowered))
	return spare, func() { check("setrlimit", syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)) }
}

func (k *kernelStage) open(what kind) socket {
	var fd int
	switch what {
	case file:
		fd = k.opening(syscall.Open(os.DevNull, syscall.O_CLOEXEC, 0))
	case udp:
		fd = k.socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	case unix:
		fd = k.socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	default:
		fd = k.socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	}
	return socket{kind: what, fd: netmodel.FD(fd)}
}

// socket opens a socket that does not block.
func (k *kernelStage) socket(family, typ, protocol int) int {
	return k.opening(syscall.Socket(family, typ|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, protocol))
}

// opening notes a new descriptor for cleanUp.
func (k *kernelStage) opening(fd int, err error) int {
	check("open", err)
	k.opened[fd] = true
	return fd
}

// address is that of a port. The kernel gives a socket of AF_UNIX that is bound to no
// name an abstract name of five hexadecimal digits: its port. unix(7), autobind.
func address(kind kind, port int) syscall.Sockaddr {
	switch {
	case kind != unix:
		return &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}
	case port == 0:
		return &syscall.SockaddrUnix{}
	}
	return &syscall.SockaddrUnix{Name: fmt.Sprintf("@%05x", port)}
}

func (k *kernelStage) port(s socket) (port int) {
	at, err := syscall.Getsockname(int(s.fd))
	switch at := at.(type) {
	case *syscall.SockaddrInet4:
		port = at.Port
	case *syscall.SockaddrUnix:
		_, err = fmt.Sscanf(at.Name, "@%x", &port)
	}
	check("getsockname", err)
	return port
}

func (k *kernelStage) bind(s socket, port int) string {
	return result(syscall.Bind(int(s.fd), address(s.kind, port)))
}
func (k *kernelStage) listen(s socket, n int) string { return result(syscall.Listen(int(s.fd), n)) }
func (k *kernelStage) connect(s, to socket) string {
	return result(syscall.Connect(int(s.fd), address(s.kind, to.port)))
}

func (k *kernelStage) accept(l socket) (socket, string) {
	fd, from, err := syscall.Accept4(int(l.fd), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	c := socket{kind: l.kind, fd: netmodel.FD(fd)}
	if err == nil {
		k.opened[fd] = true
	}
	if in, isInet := from.(*syscall.SockaddrInet4); isInet {
		c.port = in.Port
	}
	return c, result(err)
}

func (k *kernelStage) connectBlocking(s, to socket) (outcome string) {
	fd, longest := int(s.fd), syscall.NsecToTimeval(int64(settleLimit))
	check("setsockopt", syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &longest))
	check("fcntl", syscall.SetNonblock(fd, false))
	for outcome = "EINTR"; outcome == "EINTR"; { // the runtime interrupts threads; the same call waits on
		outcome = k.connect(s, to)
	}
	check("fcntl", syscall.SetNonblock(fd, true))
	return outcome
}

func (k *kernelStage) read(s socket) string {
	switch n, err := syscall.Read(int(s.fd), make([]byte, 1)); {
	case err != nil:
		return result(err)
	case n > 0:
		return "data"
	}
	return "EOF"
}

func (k *kernelStage) write(s socket) string {
	_, err := syscall.SendmsgN(int(s.fd), []byte{'x'}, nil, nil, syscall.MSG_NOSIGNAL)
	return result(err)
}

func (k *kernelStage) close(s socket) {
	delete(k.opened, int(s.fd))
	check("close", syscall.Close(int(s.fd)))
}

// levelAndName are those of an option. Package syscall lacks SO_REUSEPORT on older
// processors.
func levelAndName(o winsock.Option) (level, name int) {
	switch {
	case o == winsock.SO_ERROR:
		return syscall.SOL_SOCKET, syscall.SO_ERROR
	case o == winsock.TCP_DEFER_ACCEPT:
		return syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT
	case strings.HasPrefix(runtime.GOARCH, "mips"):
		return syscall.SOL_SOCKET, 0x200
	}
	return syscall.SOL_SOCKET, 0xf
}

func (k *kernelStage) setOption(s socket, o winsock.Option, value int) {
	if o == winsock.SO_LINGER {
		check("setsockopt", syscall.SetsockoptLinger(int(s.fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1, Linger: int32(value)}))
		return
	}
	level, name := levelAndName(o)
	check("setsockopt", syscall.SetsockoptInt(int(s.fd), level, name, value))
}

func (k *kernelStage) option(s socket, o winsock.Option) int {
	level, name := levelAndName(o)
	value, err := syscall.GetsockoptInt(int(s.fd), level, name)
	check("getsockopt", err)
	return value
}

func (k *kernelStage) socketError(s socket) string {
	return result(syscall.Errno(k.option(s, winsock.SO_ERROR)))
}

// tcpInfo returns the first 32 bytes of struct tcp_info (linux/tcp.h), exactly up to
// the two numbers of a listener's queue. Package syscall has no call for this option.
// It has one for another option with a value of 32 bytes, which needs neither unsafe
// nor the call numbers of each processor.
func tcpInfo(s socket) [8]uint32 {
	info, err := syscall.GetsockoptICMPv6Filter(int(s.fd), syscall.IPPROTO_TCP, syscall.TCP_INFO)
	check("getsockopt TCP_INFO", err)
	return info.Data
}

func (k *kernelStage) queue(l socket) queue {
	info := tcpInfo(l)
	return queue{recv: int(info[6]), send: int(info[7])} // tcpi_unacked, tcpi_sacked
}

// stateNames are the states of a TCP socket, as include/net/tcp_states.h numbers them.
var stateNames = [...]string{1: established, synSent, "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", closed, "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING"}

func (k *kernelStage) state(s socket) string {
	number := int(binary.NativeEndian.AppendUint32(nil, tcpInfo(s)[0])[0]) // tcpi_state
	if number < len(stateNames) && number > 0 {
		return stateNames[number]
	}
	return "state " + strconv.Itoa(number)
}

func (k *kernelStage) halfOpen(l socket) int {
	table, err := os.ReadFile("/proc/thread-self/net/tcp") // /proc/net is that of the main thread
	check("half-open connections", err)
	return countHalfOpen(string(table), l.port)
}

// countHalfOpen counts the lines of a port in SYN_RECV, 03, as in
// "0: 0100007F:0050 0100007F:9C40 03 ...".
func countHalfOpen(table string, port int) int {
	n := 0
	suffix := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) > 3 && f[3] == "03" && strings.HasSuffix(f[1], suffix) {
			n++
		}
	}
	return n
}

// result is "OK", the name of an errno, or the text of an error without a name.
func result(err error) string {
	var errno syscall.Errno
	if err == nil || errors.As(err, &errno) && errno == 0 {
		return ok
	}
	all := winsock.Errnos()
	if i := slices.IndexFunc(all, func(e winsock.Errno) bool { return errno != 0 && e.Portable() == errno }); i >= 0 {
		return all[i].Unix()
	}
	return err.Error()
}
