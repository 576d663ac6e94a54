package compat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/pires/go-proxyproto"
	"github.com/soheilhy/cmux"

	"wspsim/netmodel/simnet"
)

// serveHTTP lets package net/http answer on the listener.
func (s scene) serveHTTP(h http.Handler) {
	server := &http.Server{Handler: h}
	s.serve(server.Serve, func() { _ = server.Close() })
}

// httpClient returns a client on a host, with a transport of its own.
func (s scene) httpClient(h *simnet.Host) *http.Client {
	tr := &http.Transport{DialContext: h.DialContext}
	s.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// body returns the body of an answer, or an error that says its status.
func body(r *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r.Body)
	err = errors.Join(err, r.Body.Close())
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", r.StatusCode, b)
	}
	return string(b), err
}

func (s scene) wantBody(what string, r *http.Response, err error, want string) {
	s.Helper()
	if got, err := body(r, err); err != nil || got != want {
		s.Errorf("%s: got %q, %v, want %q, nil", what, got, err, want)
	}
}

func TestGinRoutesBindsAndRecovers(t *testing.T) {
	in(t, everywhere, ginRoutes)
}

func ginRoutes(s scene) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) { c.String(http.StatusInternalServerError, "sorry") }))
	r.GET("/hello/:name", func(c *gin.Context) { c.String(http.StatusOK, "hello %s", c.Param("name")) })
	r.GET("/slow", func(c *gin.Context) {
		time.Sleep(time.Second)
		c.JSON(http.StatusOK, gin.H{"slept": true})
	})
	r.GET("/panic", func(*gin.Context) { panic("a bug") })
	s.serveHTTP(r)
	client := s.httpClient(s.client)
	began := time.Now()
	got, err := client.Get("http://server/hello/gopher")
	s.wantBody("a route with a parameter", got, err, "hello gopher")
	got, err = client.Get("http://server/slow")
	s.wantBody("a slow handler", got, err, `{"slept":true}`)
	s.tookAtLeast("a connect, two requests and a second", began, 3*roundTrip+time.Second)
	if got, err = client.Get("http://server/panic"); err == nil {
		checkValue(s.T, "status after a panic", got.StatusCode, http.StatusInternalServerError)
		_ = got.Body.Close()
	} else {
		s.Errorf("a handler that panics: got %v, want status 500", err)
	}
}

func unencrypted() *http.Protocols {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return p
}

// serveHTTP2 serves HTTP/2 without TLS, and returns a client that speaks nothing else.
func (s scene) serveHTTP2(h http.Handler) *http.Client {
	server := &http.Server{Handler: h, Protocols: unencrypted()}
	s.serve(server.Serve, func() { _ = server.Close() })
	tr := &http.Transport{DialContext: s.client.DialContext, Protocols: unencrypted()}
	s.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestHTTP2WithoutTLSCarriesManyStreamsOverOneConnection(t *testing.T) {
	const streams = 20
	in(t, everywhere, func(s scene) {
		var mu sync.Mutex
		peers := map[string]bool{}
		client := s.serveHTTP2(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			peers[r.RemoteAddr] = true
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			_, _ = fmt.Fprintf(w, "%s %s", r.Proto, r.URL.Path) // the client tells
		}))
		began := time.Now()
		var all sync.WaitGroup
		for i := range streams {
			all.Go(func() {
				got, err := client.Get(fmt.Sprintf("http://server/%d", i))
				s.wantBody("a stream", got, err, fmt.Sprintf("HTTP/2.0 /%d", i))
			})
		}
		all.Wait()
		s.tookAtLeast("a connect and a request", began, 2*roundTrip+10*time.Millisecond)
		if took := time.Since(began); s.bubble && took > 100*time.Millisecond {
			s.Errorf("%d streams at once took %v, want less than 100ms: they share their time", streams, took)
		}
		checkValue(s.T, "connections", len(peers), 1)
	})
}

// A proxy on a host of its own: what it meets behind it becomes an answer to the client.
func TestAReverseProxyAnswersForAHostThatIsRefusedAndForOneThatServes(t *testing.T) {
	in(t, everywhere, reverseProxy)
}

func reverseProxy(s scene) {
	s.serveHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s for %s: %d bytes", r.URL.Path, r.Header.Get("X-Forwarded-For"), len(b))
	}))
	proxy := s.net.Host("proxy")
	var refused error
	rp := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: strings.TrimPrefix(r.In.Host, "via-") + ":80"})
			r.SetXForwarded()
		},
		Transport: s.httpClient(proxy).Transport,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			refused = err
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	front, err := proxy.Listen("tcp", ":80")
	s.must("Listen on the proxy", err)
	behind := scene{s.T, s.place, s.net, front, s.client}
	behind.serveHTTP(rp)
	s.net.Host("nobody")

	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return s.client.DialContext(ctx, network, "proxy:80")
	}}}
	s.Cleanup(client.CloseIdleConnections)
	began := time.Now()
	got, err := client.Post("http://via-server/path", "text/plain", strings.NewReader(strings.Repeat("x", 3*window)))
	s.wantBody("a request through the proxy", got, err, fmt.Sprintf("/path for %s: %d bytes", s.client.Addr(), 3*window))
	s.tookAtLeast("two connects, two requests of three windows", began, 4*roundTrip)
	got, err = client.Get("http://via-nobody/")
	s.must("Get through the proxy", err)
	checkValue(s.T, "status where nobody listens", got.StatusCode, http.StatusBadGateway)
	_ = got.Body.Close()
	if !errors.Is(refused, syscall.ECONNREFUSED) {
		s.Errorf("what the proxy met: got %v, want %v", refused, syscall.ECONNREFUSED)
	}
}

// cmux looks at the first bytes of each connection before it hands it on.
func TestCmuxHandsEachConnectionToTheServerOfItsProtocol(t *testing.T) {
	in(t, everywhere, cmuxProtocols)
}

func cmuxProtocols(s scene) {
	mux := cmux.New(s.listener)
	web, lines := mux.Match(cmux.HTTP1Fast()), mux.Match(cmux.Any())
	var over sync.WaitGroup
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the web") })}
	over.Go(func() { _ = server.Serve(web) })
	over.Go(func() {
		for {
			c, err := lines.Accept()
			if err != nil {
				return
			}
			over.Go(func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			})
		}
	})
	s.Cleanup(over.Wait)
	s.serve(func(net.Listener) error { return mux.Serve() }, func() {
		_ = server.Close()
		mux.Close()
		_ = s.listener.Close()
	})
	got, err := s.httpClient(s.client).Get("http://server/")
	s.wantBody("a request", got, err, "the web")
	c := s.connect()
	const line = "\x01no request of HTTP\n"
	_, err = io.WriteString(c, line)
	s.must("Write", err)
	b := make([]byte, len(line))
	_, err = io.ReadFull(c, b)
	s.must("Read", err)
	checkValue(s.T, "an echo", string(b), line)
	_ = c.Close()
}

func TestAProxyProtocolListenerTellsTheClientThatTheHeaderNames(t *testing.T) {
	in(t, everywhere, proxyHeaders)
}

func proxyHeaders(s scene) {
	l := &proxyproto.Listener{Listener: s.listener, ReadHeaderTimeout: time.Second}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })}
	s.serve(func(net.Listener) error { return server.Serve(l) }, func() { _ = server.Close() })
	header := proxyproto.HeaderProxyFromAddrs(2, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 777}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80})
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := s.dial(ctx)
		if err == nil {
			_, err = header.WriteTo(c)
		}
		return c, err
	}}
	s.Cleanup(tr.CloseIdleConnections)
	got, err := (&http.Client{Transport: tr}).Get("http://server/")
	s.wantBody("who asks, with a header", got, err, "192.0.2.7:777")
	got, err = s.httpClient(s.client).Get("http://server/")
	if b, err := body(got, err); !errors.Is(err, io.EOF) {
		s.Errorf("who asks, without a header: got %q, %v, want %v: the listener wants one", b, err, io.EOF)
	}
}
