package simnet_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

// startWays are the ways to start a server of package httptest.
var startWays = []struct {
	name   string
	start  func(s *httptest.Server)
	scheme string
	major  int
	why    string
}{
	{"plain", (*httptest.Server).Start, "http://", 1, "its URL has the address of the listener"},
	{"TLS", (*httptest.Server).StartTLS, "https://", 1, "it wraps the listener"},
	{"HTTP/2", func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() }, "https://", 2, "it offers one protocol only"},
}

// makeWays are the ways to give one a listener.
var makeWays = []struct {
	name string
	make func(s scene, h http.Handler) *httptest.Server
}{
	{"NewUnstartedServer", func(s scene, h http.Handler) *httptest.Server {
		server := httptest.NewUnstartedServer(h)
		if err := server.Listener.Close(); err != nil { // a real one
			s.Errorf("Close of the real listener: got %v, want nil", err)
		}
		server.Listener = s.listener
		return server
	}},
	{"a literal", func(s scene, h http.Handler) *httptest.Server {
		return &httptest.Server{Listener: s.listener, Config: &http.Server{Handler: h}}
	}},
}

// inHTTPTest runs a test for each way to start a server and to make it. The client
// that start returns is the server's own, but dials with the scene. (Close of an
// httptest.Server closes its connections under the mutex that its Serve wants last.)
func inHTTPTest(t *testing.T, test func(s scene, major int, start func(http.HandlerFunc) (*httptest.Server, *http.Client))) {
	for _, started := range startWays {
		for _, made := range makeWays {
			t.Run(started.name+"/"+made.name, func(t *testing.T) {
				in(t, everywhere, func(s scene) {
					test(s, started.major, func(h http.HandlerFunc) (*httptest.Server, *http.Client) {
						server := made.make(s, h)
						server.TLS = serverTLS() // or it shows a certificate of its own, which is RSA
						started.start(server)
						s.Cleanup(server.Close)
						if want := started.scheme + s.listener.Addr().String(); server.URL != want {
							s.Errorf("URL: got %q, want %q (%s)", server.URL, want, started.why)
						}
						return server, s.clientOf(server)
					})
				})
			})
		}
	}
}

func (s scene) clientOf(server *httptest.Server) *http.Client {
	c := server.Client()
	tr := c.Transport.(*http.Transport)
	tr.DialContext = s.dial
	if tr.TLSClientConfig != nil {
		tr.TLSClientConfig.ServerName = "server" // whom the certificate is for
	}
	return c
}

func TestAnHTTPTestServerSeesVirtualAddresses(t *testing.T) {
	inHTTPTest(t, func(s scene, major int, start func(http.HandlerFunc) (*httptest.Server, *http.Client)) {
		server, c := start(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })
		for range 3 {
			resp, err := c.Get(server.URL)
			if err != nil {
				s.Fatalf("Get(%s): got %v, want an answer", server.URL, err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close() // it has been read
			if err != nil {
				s.Fatalf("ReadAll: got %v, want nil", err)
			}
			peer, err := netip.ParseAddrPort(string(body))
			if err != nil || peer.Addr() != s.client.Addr() {
				s.Errorf("RemoteAddr of a request: got %q, want a port of %v", body, s.client.Addr())
			}
			checkValue(s.T, "version", resp.ProtoMajor, major)
		}
		checkValue(s.T, "connections that three requests took", s.dials.Load(), 1)
	})
}

func TestCloseOfAnHTTPTestServerWaitsForTheRequestThatRuns(t *testing.T) {
	inHTTPTest(t, func(s scene, major int, start func(http.HandlerFunc) (*httptest.Server, *http.Client)) {
		arrived, release, answered, closed := make(chan struct{}), make(chan struct{}), make(chan error, 1), make(chan struct{})
		server, c := start(func(http.ResponseWriter, *http.Request) {
			close(arrived)
			<-release
		})
		go func() {
			resp, err := c.Get(server.URL)
			if err == nil {
				err = resp.Body.Close()
			}
			answered <- err
		}()
		<-arrived
		go func() {
			server.Close()
			close(closed)
		}()
		time.Sleep(5 * time.Millisecond) // in real time, if Close has not begun by then, this shows less
		select {
		case <-closed:
			s.Error("Close returned while a request ran, want it to wait")
		default:
		}
		close(release)
		// With HTTP/2 it waits for the handler only, on a real network too.
		if err := <-answered; err != nil && major == 1 {
			s.Errorf("Get while the server closes: got %v, want an answer", err)
		}
		<-closed
	})
}

func TestAnHTTPTestServerClosesTheConnectionsOfItsClients(t *testing.T) {
	inHTTPTest(t, func(s scene, _ int, start func(http.HandlerFunc) (*httptest.Server, *http.Client)) {
		arrived, release := make(chan struct{}), make(chan struct{})
		server, c := start(func(http.ResponseWriter, *http.Request) {
			close(arrived)
			<-release
		})
		s.Cleanup(func() { close(release) })
		go func() {
			<-arrived
			server.CloseClientConnections()
		}()
		resp, err := c.Post(server.URL, "text/plain", nil)
		if err == nil {
			_ = resp.Body.Close() // it should not be there
			s.Errorf("Post whose connection is closed: got status %s, want an error", resp.Status)
		}
	})
}
