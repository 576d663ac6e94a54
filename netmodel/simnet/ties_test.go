package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// What happens at one instant, or a nanosecond beside it, does not depend on the
// scheduler. Each of these gave several answers once.
func TestTiesGoOneWay(t *testing.T) {
	for _, x := range []struct {
		name string
		run  func(t *testing.T, n *simnet.Network) string
		why  string
	}{
		{"fifty dials time out together", func(_ *testing.T, n *simnet.Network) string {
			h := n.Host("client")
			n.Cut(h, n.Host("server"))
			var all sync.WaitGroup
			for i := range 50 {
				d := h.Dialer(fmt.Sprint("c", i))
				all.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), time.Second)
					defer cancel()
					_, _ = d.DialContext(ctx, "tcp", "server:80") // it times out
				})
			}
			all.Wait()
			return ""
		}, "who had set his deadline first closed first"},
		{"a close a nanosecond after an accept", func(t *testing.T, n *simnet.Network) string {
			l := listenOn(t, n)
			dialed(t, n)
			var all sync.WaitGroup
			var got string
			all.Go(func() {
				time.Sleep(time.Second)
				_, err := l.Accept()
				got = fmt.Sprint(errors.Is(err, net.ErrClosed))
			})
			all.Go(func() {
				time.Sleep(time.Second + 1)
				_ = l.Close()
			})
			all.Wait()
			return got
		}, "the accept is made at that nanosecond, by the timer or by whoever is awake"},
		{"a second reader as the bytes arrive", func(t *testing.T, n *simnet.Network) string {
			l := listenOn(t, n)
			c := dialed(t, n)
			s, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			var all sync.WaitGroup
			var read [2]string
			for i, at := range []time.Duration{11*time.Millisecond - 1, 11 * time.Millisecond} {
				all.Go(func() {
					time.Sleep(time.Until(began.Add(at)))
					_ = s.SetReadDeadline(began.Add(time.Second))
					b := make([]byte, 10)
					k, _ := s.Read(b)
					read[i] = string(b[:k])
				})
			}
			time.Sleep(time.Until(began.Add(10 * time.Millisecond)))
			_, _ = c.Write([]byte("hello"))
			all.Wait()
			return read[0] + read[1]
		}, "the same bytes went to both, and to one of them as zeros"},
	} {
		t.Run(x.name, func(t *testing.T) {
			results := map[string]int{}
			for range 20 {
				synctest.Test(t, func(t *testing.T) {
					n := simnet.New(simnet.Config{Link: netmodel.Link{Latency: time.Millisecond}})
					got := x.run(t, n)
					time.Sleep(time.Minute)
					results[fmt.Sprintf("%q, hash %016x", got, n.Hash())]++
					_ = n.Close()
					time.Sleep(time.Minute)
				})
			}
			if len(results) != 1 {
				t.Errorf("20 runs gave %v, want one result: %s", results, x.why)
			}
		})
	}
}

func listenOn(t *testing.T, n *simnet.Network) *simnet.Listener {
	t.Helper()
	l, err := n.Listen("tcp", "server:80")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func dialed(t *testing.T, n *simnet.Network) net.Conn {
	t.Helper()
	c, err := n.Host("client").Dial("tcp", "server:80")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConnectionsThatNobodyAcceptsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Window: 1 << 20})
		for range 5 {
			l := listenOn(t, n)
			c := dialed(t, n)
			gone := dialed(t, n)
			_ = gone.Close() // and the listener closes later
			_, _ = c.Write(make([]byte, 1000))
			time.Sleep(time.Second)
			_ = l.Close()
			time.Sleep(time.Second)
			_ = c.Close()
			time.Sleep(time.Second)
		}
		if k := simnet.Unaccepted(n); k != 0 {
			t.Errorf("%d connections are remembered for an accept that cannot come, want 0", k)
		}
		_ = n.Close()
	})
}
