package compat

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// serveFast starts a server of fasthttp that sends bodies back, and returns a client.
// Both end with the test.
func (s scene) serveFast(handler fasthttp.RequestHandler) *fasthttp.Client {
	server := &fasthttp.Server{Handler: handler, CloseOnShutdown: true}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(s.listener) }()
	client := &fasthttp.Client{Dial: func(string) (net.Conn, error) { return s.dial(context.Background()) }}
	s.Cleanup(func() {
		client.CloseIdleConnections()
		if err := server.Shutdown(); err != nil {
			s.Errorf("Shutdown: got %v, want nil", err)
		}
		if err := <-ended; err != nil {
			s.Errorf("Serve: got %v, want nil", err)
		}
	})
	return client
}

// inFast runs a test in each of the places.
func inFast(t *testing.T, places []place, test func(s scene)) {
	startFastHTTPClock()
	in(t, places, test)
}

func echo(ctx *fasthttp.RequestCtx) { ctx.SetBody(ctx.PostBody()) }

// post sends a body and returns what comes back.
func post(c *fasthttp.Client, body []byte) ([]byte, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.SetRequestURI("http://server:80/")
	req.SetBody(body)
	err := c.Do(req, resp)
	return bytes.Clone(resp.Body()), err
}

func TestFastHTTPRequestsOneAfterTheOtherShareAConnection(t *testing.T) {
	inFast(t, []place{bubble, realTime}, func(s scene) {
		var peers sync.Map
		c := s.serveFast(func(ctx *fasthttp.RequestCtx) {
			peers.Store(ctx.RemoteAddr().String(), true)
			echo(ctx)
		})
		began := time.Now()
		for i := range 10 {
			body := fmt.Appendf(nil, "request %d", i)
			if got, err := post(c, body); err != nil || !bytes.Equal(got, body) {
				s.Errorf("post of %q: got %q, %v, want it back", body, got, err)
			}
		}
		s.tookAtLeast("a connect and ten requests, 2 ms each,", began, 22*time.Millisecond)
		connections := 0
		peers.Range(func(any, any) bool { connections++; return true })
		checkValue(s.T, "connections that ten requests took", connections, 1)
	})
}

// Shutdown closes idle connections under a mutex that the goroutines which serve them
// want too.
func TestFastHTTPRequestsAtOnceAreServedAtOnce(t *testing.T) {
	const count = 8
	inFast(t, []place{bubble, realTime}, func(s scene) {
		var missing atomic.Int64
		missing.Store(count)
		all := make(chan struct{})
		c := s.serveFast(func(ctx *fasthttp.RequestCtx) {
			if missing.Add(-1) == 0 {
				close(all)
			}
			<-all
			echo(ctx)
		})
		var wg sync.WaitGroup
		for i := range count {
			wg.Go(func() {
				body := fmt.Appendf(nil, "request %d", i)
				if got, err := post(c, body); err != nil || !bytes.Equal(got, body) {
					s.Errorf("post of %q: got %q, %v, want it back", body, got, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestALargeFastHTTPBodyPassesThroughTheWindow(t *testing.T) {
	const size = 3 << 20
	body := make([]byte, size)
	for i := range body {
		body[i] = byte(i * i >> 7)
	}
	inFast(t, []place{bubble, realTime}, func(s scene) {
		c := s.serveFast(echo)
		began := time.Now()
		if got, err := post(c, body); err != nil || !bytes.Equal(got, body) {
			s.Errorf("post of %d bytes: got %d bytes, %v, want those that were sent", size, len(got), err)
		}
		// A window each way and round trip of 2 ms, but the first and the last.
		s.tookAtLeast("3 MiB each way", began, (2*size/window-2)*2*time.Millisecond)
	})
}
