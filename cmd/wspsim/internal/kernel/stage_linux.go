package kernel

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stage is where one experiment is played. After the first failure, and when
// its context has ended, its methods do nothing and return zero values: so an
// experiment reads as a script, and whoever raised the curtain asks for err.
type stage struct {
	ctx  context.Context
	open map[int]bool // descriptors
	seen []Observation
	err  error // the first
}

func newStage(ctx context.Context) *stage { return &stage{ctx: ctx, open: map[int]bool{}} }

// going reports whether the experiment goes on.
func (s *stage) going() bool {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	return s.err == nil
}

// check ends the experiment if a call failed.
func (s *stage) check(call string, err error) {
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("%s: %w", call, err)
	}
}

// need ends the experiment unless the machine is set as it has to be.
func (s *stage) need(ok bool, format string, args ...any) {
	if !ok && s.err == nil {
		s.err = fmt.Errorf("%w: "+format, append([]any{ErrOtherSettings}, args...)...)
	}
}

// settings are those of the network namespace that the experiment is played in.
func (s *stage) settings() Settings {
	set, err := readSettings()
	s.check("settings", err)
	return set
}

func (s *stage) observe(name string, value any) {
	if s.going() {
		s.seen = append(s.seen, Observation{name, fmt.Sprint(value)})
	}
}

// curtain closes what is still open, with RST, so that no TIME_WAIT stays behind.
func (s *stage) curtain() {
	for fd := range s.open {
		s.reset(fd)
	}
}

// close closes a descriptor, also after a failure.
func (s *stage) close(fd int) {
	if s.open[fd] {
		delete(s.open, fd)
		s.check("close", syscall.Close(fd))
	}
}

// reset closes a socket with RST, if it is connected.
func (s *stage) reset(fd int) {
	if s.open[fd] {
		_ = syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}) // fails on what is no TCP socket
		s.close(fd)
	}
}

// socket returns a new socket, which does not block. -1 after a failure.
func (s *stage) socket(family, typ, protocol int) int {
	if !s.going() {
		return -1
	}
	fd, err := syscall.Socket(family, typ|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, protocol)
	s.check("socket", err)
	if err == nil {
		s.open[fd] = true
	}
	return fd
}

func (s *stage) tcp() int { return s.socket(syscall.AF_INET, syscall.SOCK_STREAM, 0) }

func (s *stage) set(fd, level, option, value int) {
	if s.going() {
		s.check("setsockopt", syscall.SetsockoptInt(fd, level, option, value))
	}
}

func (s *stage) get(fd, level, option int) int {
	if !s.going() {
		return 0
	}
	value, err := syscall.GetsockoptInt(fd, level, option)
	s.check("getsockopt", err)
	return value
}

// loopback is the address that everything here is bound to.
func loopback(port int) *syscall.SockaddrInet4 {
	return &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}
}

// bind binds a socket to the port, any free one if it is 0, and returns which.
func (s *stage) bind(fd, port int) int {
	if !s.going() {
		return 0
	}
	s.check("bind", syscall.Bind(fd, loopback(port)))
	return s.port(fd)
}

func (s *stage) port(fd int) int {
	if !s.going() {
		return 0
	}
	at, err := syscall.Getsockname(fd)
	s.check("getsockname", err)
	if in, ok := at.(*syscall.SockaddrInet4); ok {
		return in.Port
	}
	return 0
}

// tcpInfo returns the first 32 bytes of struct tcp_info (linux/tcp.h): exactly
// up to the two numbers that tell the queue of a listener. Package syscall has
// no call for that option; the one for another option with a value of as many
// bytes does, and spares us unsafe and the call numbers of each processor.
func (s *stage) tcpInfo(fd int) [8]uint32 {
	if !s.going() {
		return [8]uint32{}
	}
	info, err := syscall.GetsockoptICMPv6Filter(fd, syscall.IPPROTO_TCP, syscall.TCP_INFO)
	s.check("getsockopt TCP_INFO", err)
	if err != nil {
		return [8]uint32{}
	}
	return info.Data
}

// queue is what ss shows of a listener.
type queue struct {
	recv uint32 // Recv-Q: pending connections
	send uint32 // Send-Q: the effective backlog
}

func (s *stage) queue(l listener) queue {
	info := s.tcpInfo(l.fd)
	return queue{recv: info[6], send: info[7]} // tcpi_unacked, tcpi_sacked
}

// observeQueue observes both numbers of a queue.
func (s *stage) observeQueue(when string, l listener) {
	q := s.queue(l)
	s.observe(named(when, "Recv-Q"), q.recv)
	s.observe(named(when, "Send-Q"), q.send)
}

// named is the name of an observation, as in "before: Recv-Q", or "Recv-Q" if
// it is made once only.
func named(when, what string) string {
	if when == "" {
		return what
	}
	return when + ": " + what
}

// state is the state of a TCP socket, as include/net/tcp_states.h numbers them.
type state byte

const (
	established state = 1
	synSent     state = 2
	closed      state = 7
)

var stateNames = [...]string{1: "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING"}

func (v state) String() string {
	if int(v) < len(stateNames) && v > 0 {
		return stateNames[v]
	}
	return "state " + strconv.Itoa(int(v))
}

func (s *stage) state(fd int) state {
	first := binary.NativeEndian.AppendUint32(nil, s.tcpInfo(fd)[0])
	return state(first[0]) // tcpi_state
}

// halfOpen counts the half-open connections of a listener.
func (s *stage) halfOpen(l listener) int {
	if !s.going() {
		return 0
	}
	table, err := os.ReadFile("/proc/thread-self/net/tcp") // not /proc/net, which is that of the main thread
	s.check("half-open connections", err)
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

func (s *stage) sleep(d time.Duration) {
	if !s.going() {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}

// look is how often an experiment looks whether something has happened.
const look = 5 * time.Millisecond

// wait waits until something has happened, but not longer than limit.
func (s *stage) wait(limit time.Duration, happened func() bool) {
	for end := time.Now().Add(limit); s.going() && !happened() && time.Now().Before(end); {
		s.sleep(look)
	}
}

const (
	calm     = 6 * look               // what has not changed for so long is final
	restless = 500 * time.Millisecond // nobody waits longer for something to become final
)

// settle waits until what is seen does not change any more: the segments that
// were under way on the loopback interface have arrived.
func settle[T comparable](s *stage, see func() T) {
	last, since := see(), time.Now()
	s.wait(restless, func() bool {
		if now := see(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) >= calm
	})
}
