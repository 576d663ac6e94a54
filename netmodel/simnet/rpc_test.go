package simnet_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/rpc"
	"net/rpc/jsonrpc"
	"sync"
	"testing"
	"time"
)

// Arith is what the server offers.
type Arith struct{ all *gathering }

// Pair is the arguments of its methods.
type Pair struct{ A, B int }

func (a *Arith) Multiply(p Pair, product *int) error {
	*product = p.A * p.B
	return nil
}

func (a *Arith) Divide(p Pair, quotient *int) error {
	if p.B == 0 {
		return errors.New("division by zero")
	}
	*quotient = p.A / p.B
	return nil
}

// Together answers when all calls have arrived.
func (a *Arith) Together(p Pair, sum *int) error {
	a.all.come()
	*sum = p.A + p.B
	return nil
}

// rpcWay is a way in which package rpc speaks.
type rpcWay struct {
	name   string
	serve  func(s scene, server *rpc.Server)
	client func(c net.Conn) (*rpc.Client, error)
	why    string
}

var rpcWays = []rpcWay{
	{"gob", func(s scene, server *rpc.Server) { s.serveEach(server.ServeConn) },
		func(c net.Conn) (*rpc.Client, error) { return rpc.NewClient(c), nil },
		"the usual one"},
	{"JSON", func(s scene, server *rpc.Server) {
		s.serveEach(func(c io.ReadWriteCloser) { server.ServeCodec(jsonrpc.NewServerCodec(c)) })
	}, func(c net.Conn) (*rpc.Client, error) { return jsonrpc.NewClient(c), nil },
		"another codec writes in other pieces"},
	{"gob after HTTP", func(s scene, server *rpc.Server) { s.serve(http1, server.ServeHTTP) }, hijackedClient,
		"the connection is taken from an HTTP server, which has a read under way: it is interrupted by a deadline in the past"},
}

// hijackedClient does what rpc.DialHTTP does.
func hijackedClient(c net.Conn) (*rpc.Client, error) {
	if _, err := io.WriteString(c, "CONNECT "+rpc.DefaultRPCPath+" HTTP/1.0\n\n"); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: "CONNECT"})
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s", resp.Status)
	}
	return rpc.NewClient(c), err
}

// serveEach serves every connection until the listener closes. (rpc.Server.Accept does
// it too, but logs when it ends.)
func (s scene) serveEach(serve func(io.ReadWriteCloser)) {
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { serve(c) })
		}
	})
	s.Cleanup(func() {
		_ = s.listener.Close() // a test may have done so
		wg.Wait()
	})
}

// inRPCWays runs a test in each place, for each way, with a client and with those who
// wait in Arith.Together.
func inRPCWays(t *testing.T, places []place, together int64, test func(s scene, c *rpc.Client, all *gathering)) {
	for _, way := range rpcWays {
		t.Run(way.name, func(t *testing.T) {
			in(t, places, func(s scene) {
				server := rpc.NewServer()
				all := gatheringOf(together)
				if err := server.Register(&Arith{all}); err != nil {
					s.Fatalf("Register: got %v, want nil", err)
				}
				way.serve(s, server)
				c, err := way.client(s.connect())
				if err != nil {
					s.Fatalf("a client of %s: got %v, want one (%s)", way.name, err, way.why)
				}
				s.Cleanup(func() { _ = c.Close() }) // a test may have done so
				test(s, c, all)
			})
		})
	}
}

func TestRemoteCallsReturnWhatTheMethodReturns(t *testing.T) {
	inRPCWays(t, everywhere, 0, func(s scene, c *rpc.Client, _ *gathering) {
		for _, test := range []struct {
			method string
			args   Pair
			want   int
			err    string
			why    string
		}{
			{"Arith.Multiply", Pair{6, 7}, 42, "", "a reply"},
			{"Arith.Divide", Pair{6, 0}, 0, "division by zero", "an error of the method"},
			{"Arith.Divide", Pair{6, 3}, 2, "", "the connection is good after an error"},
			{"Arith.Nothing", Pair{}, 0, "rpc: can't find method Arith.Nothing", "an error of the server"},
			{"Arith.Multiply", Pair{1 << 20, 1 << 10}, 1 << 30, "", "and after that one"},
		} {
			began := time.Now()
			var got int
			err := c.Call(test.method, test.args, &got)
			s.tookAtLeast("a call", began, 2*time.Millisecond)
			var text string
			if err != nil {
				text = err.Error()
			}
			if got != test.want || text != test.err {
				s.Errorf("%s(%v): got %d, %q, want %d, %q (%s)", test.method, test.args, got, text, test.want, test.err, test.why)
			}
		}
	})
}

// Client and server write under a mutex.
func TestRemoteCallsAtOnceShareAConnection(t *testing.T) {
	const count = 20
	inRPCWays(t, everywhere, count, func(s scene, c *rpc.Client, _ *gathering) {
		var wg sync.WaitGroup
		for i := range count {
			wg.Go(func() {
				var got int
				if err := c.Call("Arith.Together", Pair{i, 100}, &got); err != nil || got != i+100 {
					s.Errorf("Together(%d, 100): got %d, %v, want %d, nil", i, got, err, i+100)
				}
			})
		}
		wg.Wait()
	})
}

func TestARemoteCallEndsWhenItsClientCloses(t *testing.T) {
	inRPCWays(t, []place{bubble, realTime}, 2, func(s scene, c *rpc.Client, all *gathering) {
		defer all.come() // the server waits for its methods
		call := c.Go("Arith.Together", Pair{1, 2}, new(int), nil)
		if err := c.Call("Arith.Multiply", Pair{1, 2}, new(int)); err != nil { // the server has both now
			s.Errorf("Multiply: got %v, want nil", err)
		}
		if err := c.Close(); err != nil {
			s.Errorf("Close: got %v, want nil", err)
		}
		// The read that was under way ends as one of a *net.TCPConn does.
		if err := (<-call.Done).Error; !errors.Is(err, net.ErrClosed) {
			s.Errorf("a call that has no answer when its client closes: got %v, want %v", err, net.ErrClosed)
		}
		if err := c.Call("Arith.Multiply", Pair{1, 2}, new(int)); err != rpc.ErrShutdown {
			s.Errorf("a call after that: got %v, want %v", err, rpc.ErrShutdown)
		}
	})
}
