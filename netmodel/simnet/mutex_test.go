package simnet_test

import (
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"wspsim/netmodel/simnet"
)

// A goroutine that waits for a mutex does not wait in the eyes of a bubble, so that
// time stands still: a call that took any, made with the mutex held, would hang.
func TestCallsUnderAMutexDoNotStopTime(t *testing.T) {
	for _, x := range []struct {
		name string
		call func(c *simnet.Conn, l *simnet.Listener)
		why  string
	}{
		{"Write", func(c *simnet.Conn, _ *simnet.Listener) { _, _ = io.WriteString(c, "x") }, "clients of HTTP/2, net/rpc"},
		{"Read", func(c *simnet.Conn, _ *simnet.Listener) { _, _ = c.Read(make([]byte, 1)) }, "of what has arrived: buffered readers with a lock"},
		{"CloseWrite", func(c *simnet.Conn, _ *simnet.Listener) { _ = c.CloseWrite() }, "crypto/tls"},
		{"Close", func(c *simnet.Conn, _ *simnet.Listener) { _ = c.Close() }, "http.Server.Close"},
		{"Listener.Close", func(_ *simnet.Conn, l *simnet.Listener) { _ = l.Close() }, "http.Server.Close"},
		{"SetLinger", func(c *simnet.Conn, _ *simnet.Listener) { _ = c.SetLinger(0) }, "before a close"},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := simnet.New(simnet.Config{})
				l, err := n.Listen("tcp", "server:80")
				if err != nil {
					t.Fatal(err)
				}
				c, err := n.Host("client").Dial("tcp", "server:80")
				if err != nil {
					t.Fatal(err)
				}
				s, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.WriteString(s, "xxx")
				_, _ = c.Read(make([]byte, 1)) // it has arrived
				var mu sync.Mutex
				var all sync.WaitGroup
				for range 2 {
					all.Go(func() {
						mu.Lock()
						defer mu.Unlock()
						x.call(c.(*simnet.Conn), l)
					})
				}
				all.Wait() // or the test never ends: x.why
				_ = n.Close()
			})
		})
	}
}

func TestACloseThatNobodyWaitsForLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		if _, err := n.Listen("tcp", "server:80"); err != nil {
			t.Fatal(err)
		}
		c, err := n.Host("client").Dial("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go c.Close() // the bubble ends before it is made
	})
}
