package simnet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"
)

// version is a way to speak HTTP.
type version struct {
	name  string
	major int
	tls   bool
	why   string
}

var (
	http1        = version{"HTTP/1.1", 1, false, "a connection serves one request at a time"}
	http2        = version{"HTTP/2 over TLS", 2, true, "chosen in the TLS handshake, with frames of many requests in between each other"}
	http2Clear   = version{"unencrypted HTTP/2", 2, false, "spoken from the first byte on"}
	httpVersions = []version{http1, http2, http2Clear}
)

// inVersions runs a test in each place, in each version.
func inVersions(t *testing.T, versions []version, places []place, test func(s scene, v version)) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			in(t, places, func(s scene) { test(s, v) })
		})
	}
}

func (v version) protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(v.major == 1)
	p.SetHTTP2(v.major == 2 && v.tls)
	p.SetUnencryptedHTTP2(v.major == 2 && !v.tls)
	return p
}

func (v version) url(path string) string {
	if v.tls {
		return "https://server:80" + path
	}
	return "http://server:80" + path
}

// serve starts a server on the listener of the scene, and closes it at the end.
func (s scene) serve(v version, handler http.HandlerFunc) *http.Server {
	server := &http.Server{Handler: handler, Protocols: v.protocols()}
	ended := make(chan error, 1)
	go func() {
		if v.tls {
			server.TLSConfig = serverTLS()
			ended <- server.ServeTLS(s.listener, "", "")
		} else {
			ended <- server.Serve(s.listener)
		}
	}()
	s.Cleanup(func() {
		_ = server.Close() // a test may have closed the listener
		if err := <-ended; err != http.ErrServerClosed {
			s.Errorf("Serve: got %v, want %v", err, http.ErrServerClosed)
		}
	})
	return server
}

// httpClient returns a client whose connections are closed at the end.
func (s scene) httpClient(v version) *http.Client {
	tr := &http.Transport{DialContext: s.dial, MaxIdleConnsPerHost: 100}
	if v.tls {
		tr.TLSClientConfig = clientTLS()
		tr.ForceAttemptHTTP2 = true
	} else {
		tr.Protocols = v.protocols()
	}
	s.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// ask posts a body and returns what comes back.
func ask(c *http.Client, v version, path string, body []byte) ([]byte, error) {
	resp, err := c.Post(v.url(path), "application/octet-stream", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the answer: %w", err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("status %s: %s", resp.Status, answer)
	case resp.ProtoMajor != v.major:
		return nil, fmt.Errorf("the answer came by %s", resp.Proto)
	}
	return answer, nil
}

// wantAnswer asks and checks that the body comes back.
func (s scene) wantAnswer(c *http.Client, v version, body []byte) {
	s.Helper()
	got, err := ask(c, v, "/", body)
	if err != nil {
		s.Errorf("Post of %d bytes: got %v, want them back", len(body), err)
		return
	}
	checkBytes(s.T, "Post", got, body)
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = w.Write(body) // the client notices
}

func TestRequestsOneAfterTheOtherShareAConnection(t *testing.T) {
	inVersions(t, httpVersions, everywhere, func(s scene, v version) {
		s.serve(v, echo)
		c := s.httpClient(v)
		began := time.Now()
		for i := range 10 {
			s.wantAnswer(c, v, fmt.Appendf(nil, "request %d", i))
		}
		s.tookAtLeast("a connect and ten requests, 2 ms each,", began, 22*time.Millisecond)
		checkValue(s.T, "connections that ten requests took", s.dials.Load(), 1)
	})
}

// The server closes its connections under a mutex, and a client of HTTP/2 writes under
// one.
func TestRequestsAtOnceAreServedAtOnce(t *testing.T) {
	const count = 8
	inVersions(t, httpVersions, everywhere, func(s scene, v version) {
		all := gatheringOf(count)
		s.serve(v, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/first" {
				all.come()
			}
			echo(w, r)
		})
		c := s.httpClient(v)
		if _, err := ask(c, v, "/first", nil); err != nil { // so that HTTP/2 has its connection
			s.Fatalf("the first request: got %v, want an answer", err)
		}
		var wg sync.WaitGroup
		for i := range count {
			wg.Go(func() { s.wantAnswer(c, v, fmt.Appendf(nil, "request %d", i)) })
		}
		wg.Wait()
		want := int64(count) // one of them takes the connection of the first request
		if v.major == 2 {
			want = 1
		}
		checkValue(s.T, "connections that eight requests at once took", s.dials.Load(), want)
	})
}

func TestALargeBodyPassesThroughTheWindow(t *testing.T) {
	const size = 3 << 20
	body := someBytes(size)
	inVersions(t, []version{http1}, []place{narrow, realTime, lossy}, func(s scene, v version) {
		s.serve(v, echo)
		began := time.Now()
		s.wantAnswer(s.httpClient(v), v, body)
		if s.window > 0 { // a window each way and round trip of 2 ms, but the first and the last
			s.tookAtLeast("3 MiB each way", began, (2*size/narrowWindow-2)*2*time.Millisecond)
		}
	})
}

// HTTP/2 writes under a mutex, so its window must be as large as its own flow control
// allows.
func TestALargeBodyPassesOverHTTP2(t *testing.T) {
	body := someBytes(3 << 20)
	inVersions(t, []version{http2, http2Clear}, everywhere, func(s scene, v version) {
		s.serve(v, echo)
		s.wantAnswer(s.httpClient(v), v, body)
	})
}

func TestShutdownWaitsForTheRequestThatRuns(t *testing.T) {
	inVersions(t, httpVersions, []place{bubble, realTime}, func(s scene, v version) {
		arrived, release := make(chan struct{}), make(chan struct{})
		server := s.serve(v, func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-release
			echo(w, r)
		})
		c := s.httpClient(v)
		answered, shut := make(chan struct{}), make(chan error, 1)
		go func() {
			defer close(answered)
			s.wantAnswer(c, v, []byte("the last one"))
		}()
		<-arrived
		closing := make(chan struct{})
		server.RegisterOnShutdown(func() { close(closing) }) // after the listener is closed
		go func() { shut <- server.Shutdown(context.Background()) }()
		<-closing
		_, err := s.client.Dial("tcp", "server:80")
		if !errors.Is(err, syscall.ECONNREFUSED) {
			s.Errorf("Dial while the server shuts down: got %v, want %v", err, syscall.ECONNREFUSED)
		}
		select {
		case err := <-shut:
			s.Errorf("Shutdown while a request runs: got %v, want it to wait", err)
		default:
		}
		close(release)
		<-answered
		if err := <-shut; err != nil {
			s.Errorf("Shutdown after the last request: got %v, want nil", err)
		}
	})
}

// A transport closes under a mutex.
func TestAClientThatTimesOutEndsItsRequest(t *testing.T) {
	const limit = 50 * time.Millisecond
	inVersions(t, httpVersions, []place{bubble, realTime}, func(s scene, v version) {
		ended := make(chan error, 1)
		s.serve(v, func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			ended <- r.Context().Err()
		})
		c := s.httpClient(v)
		c.Timeout = limit
		began := time.Now()
		_, err := c.Get(v.url("/"))
		s.took("Get", began, limit)
		if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("Get of what is never answered: got %v, want a time-out", err)
		}
		if err := <-ended; err != context.Canceled {
			s.Errorf("the context of a request whose client has gone: got %v, want %v", err, context.Canceled)
		}
	})
}
