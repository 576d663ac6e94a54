package simnet_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// The tests of http_test.go, httptest_test.go, rpc_test.go and tls_test.go are about
// servers and clients that know nothing of this package. Each runs in these places.

// place is where real programs run.
type place struct {
	name   string
	bubble bool
	link   netmodel.Link
	why    string
	window int // 0 = the default
}

// narrowWindow is less than what large bodies need.
const narrowWindow = 64 << 10 // bytes

var (
	bubble   = place{"in a bubble", true, netmodel.Link{Latency: time.Millisecond}, "virtual time, in which a test can say how long things take", 0}
	realTime = place{"in real time", false, netmodel.Link{}, "calls that can return at once do, on whatever goroutine makes them", 0}
	lossy    = place{"in a bubble with losses", true, netmodel.Link{Latency: time.Millisecond, Loss: sim.Ratio{Num: 1, Den: 20}},
		"programs see no loss, only that things take longer", 0}
	narrow = place{"in a bubble with a narrow window", true, netmodel.Link{Latency: time.Millisecond}, "writers wait for readers", narrowWindow}
)

// everywhere is all of them. Many programs write to or close a connection under a mutex
// that others want too, which in a bubble works only because such calls do not wait.
var everywhere = []place{bubble, realTime, lossy}

// scene is a network with a server's listener and a client's host.
type scene struct {
	*testing.T
	place
	net      *simnet.Network
	listener *simnet.Listener // of server:80
	client   *simnet.Host
	dials    *atomic.Int64 // that were made with dial
}

// in runs a test in each of the places.
func in(t *testing.T, places []place, test func(s scene)) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			run := func(t *testing.T) { test(newScene(t, p)) }
			if p.bubble {
				synctest.Test(t, run)
			} else {
				run(t)
			}
		})
	}
}

func newScene(t *testing.T, p place) scene {
	n := simnet.New(simnet.Config{Seed: 1, Link: p.link, Window: p.window})
	l, err := n.Listen("tcp", "server:80")
	if err != nil {
		t.Fatalf("Listen(%q): got %v, want a listener (%s)", "server:80", err, p.why)
	}
	t.Cleanup(func() {
		if p.bubble { // time stands still once the test has returned, and some servers wait for nobody
			time.Sleep(time.Minute)
		}
		if err := n.Check(); err != nil {
			t.Errorf("Check() when all is over: got %v, want nil", err)
		}
		if err := n.Close(); err != nil {
			t.Errorf("Close() of the network: got %v, want nil", err)
		}
	})
	return scene{t, p, n, l, n.Host("client"), new(atomic.Int64)}
}

// dial is what a transport calls.
func (s scene) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s.dials.Add(1)
	return s.client.DialContext(ctx, network, address)
}

// connect dials the listener.
func (s scene) connect() net.Conn {
	s.Helper()
	c, err := s.client.Dial("tcp", "server:80")
	if err != nil {
		s.Fatalf("Dial(server:80): got %v, want a connection", err)
	}
	return c
}

// tookAtLeast checks how much virtual time has passed. Real time tells nothing.
func (s scene) tookAtLeast(what string, since time.Time, want time.Duration) {
	s.Helper()
	if got := time.Since(since); s.bubble && got < want {
		s.Errorf("%s took %v of virtual time, want %v at least", what, got, want)
	}
}

// took checks virtual time to a microsecond: a call takes a nanosecond.
func (s scene) took(what string, since time.Time, want time.Duration) {
	s.Helper()
	if got := time.Since(since); s.bubble && got.Round(time.Microsecond) != want {
		s.Errorf("%s took %v of virtual time, want %v", what, got, want)
	}
}

// gathering lets nobody go on before count have come: whoever gets past it knows that
// all of them were there at once.
type gathering struct {
	missing atomic.Int64
	all     chan struct{}
}

func gatheringOf(count int64) *gathering {
	g := &gathering{all: make(chan struct{})}
	g.missing.Store(count)
	return g
}

func (g *gathering) come() {
	if g.missing.Add(-1) == 0 {
		close(g.all)
	}
	<-g.all
}

// someBytes returns bytes of which no two neighbouring kilobytes are alike, so that
// one lost, sent twice or put elsewhere is noticed.
func someBytes(count int) []byte {
	b := make([]byte, count)
	state := uint32(1)
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state >> 24)
	}
	return b
}

// checkBytes compares without printing megabytes.
func checkBytes(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	t.Errorf("%s: got %d bytes that differ from byte %d on, want the %d that were sent", what, len(got), at, len(want))
}

// checkValue compares two values.
func checkValue[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// selfSigned returns a certificate of the host "server" that is also one of clients,
// and a pool that trusts it. It holds in the year 2000 too, when bubbles begin.
var selfSigned = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // a signature of ECDSA has another length each time
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "server"},
		DNSNames:              []string{"server"},
		NotBefore:             time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
})

// serverTLS and clientTLS return the two sides' settings. They are made anew for each
// test: a tls.Config remembers sessions.
func serverTLS() *tls.Config {
	cert, pool := selfSigned()
	return &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: pool}
}

func clientTLS() *tls.Config {
	cert, pool := selfSigned()
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}, ServerName: "server"}
}
