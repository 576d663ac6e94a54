package acceptcheck

import (
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"wspsim/netmodel/simnet"
)

// watchedListener counts what a server does with it. Its Accept can be made to fail.
type watchedListener struct {
	*simnet.Listener

	mu         sync.Mutex
	failing    error // the error that Accept returns now, nil for none
	once       bool  // only the next Accept returns it
	failed     []time.Time
	rate       int           // the most failures within 1 s
	total      int           // failures, without those at a deadline of the server
	noted      int           // failures, with those at a deadline
	enough     chan struct{} // closed after giveUp failures
	afterClose int           // calls of Accept on the closed listener
	conns      []*watchedConn
	gate       chan struct{} // accepts wait until it is closed; nil = they do not
}

// fail makes accepts fail from now on; nil makes them succeed again.
func (l *watchedListener) fail(err error, once bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing, l.once = err, once
}

// hold makes accepts wait until release.
func (l *watchedListener) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate = make(chan struct{})
}

func (l *watchedListener) release() { close(l.gate) }

// Accept accepts, unless it is made to fail. A failure takes callTime, as on a real system. So
// virtual time passes even if a server calls Accept again at once.
func (l *watchedListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	gate := l.gate
	l.mu.Unlock()
	if gate != nil {
		<-gate
	}
	l.mu.Lock()
	err := l.failing
	if l.once {
		l.failing = nil
	}
	l.mu.Unlock()
	var c net.Conn
	if err == nil {
		c, err = l.Listener.Accept()
	}
	if err != nil {
		l.note(err)
		time.Sleep(callTime)
		return nil, err
	}
	w := &watchedConn{Conn: c.(*simnet.Conn), listener: l}
	l.mu.Lock()
	l.conns = append(l.conns, w)
	l.mu.Unlock()
	return w, nil
}

// note counts a failure. If a server calls Accept of a closed listener again and again, note ends
// its goroutine, because the loop would never end.
func (l *watchedListener) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if errors.Is(err, net.ErrClosed) {
		if l.afterClose++; l.afterClose == 1 {
			return // the first call tells the server of the close
		}
		if l.afterClose > giveUp {
			runtime.Goexit()
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		l.total++
	}
	l.noted++
	l.failed = append(l.failed, now)
	for now.Sub(l.failed[0]) >= time.Second {
		l.failed = l.failed[1:]
	}
	l.rate = max(l.rate, len(l.failed))
	if l.noted == giveUp {
		close(l.enough)
	}
}

// sawClosed reports whether a call of Accept has returned net.ErrClosed.
func (l *watchedListener) sawClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.afterClose > 0
}

func (l *watchedListener) count() (total, rate int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total, l.rate
}

// served returns how many connections the server has read from, written to or closed.
func (l *watchedListener) served() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, c := range l.conns {
		if c.touched {
			n++
		}
	}
	return n
}

// unserved returns how many connections the server has accepted and not served.
func (l *watchedListener) unserved() int {
	n := l.served()
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns) - n
}

// open returns how many connections the server has accepted and not closed.
func (l *watchedListener) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, c := range l.conns {
		if !c.closed {
			n++
		}
	}
	return n
}

// watchedConn notes whether the server reads, writes or closes.
type watchedConn struct {
	*simnet.Conn
	listener        *watchedListener
	touched, closed bool
}

func (c *watchedConn) touch() {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	c.touched = true
}

// Read notes that the server reads.
func (c *watchedConn) Read(b []byte) (int, error) {
	c.touch()
	return c.Conn.Read(b)
}

// Write notes that the server writes.
func (c *watchedConn) Write(b []byte) (int, error) {
	c.touch()
	return c.Conn.Write(b)
}

// Close notes that the server closes.
func (c *watchedConn) Close() error {
	c.listener.mu.Lock()
	c.touched, c.closed = true, true
	c.listener.mu.Unlock()
	return c.Conn.Close()
}
