package simnet_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"maps"
	randv2 "math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// Programs of the standard library that repeat in a bubble: whatever the scheduler
// does, every run has the same hash.
var repeating = []struct {
	name    string
	run     func(r *rehearsed)
	clients int
}{
	{"net/http with keep-alive", keepAlive, 100},
	{"net/http, a connection for each request", oneShot, 50},
	{"net/http, one transport for all", sharedTransport, 50},
	{"net/http, Expect: 100-continue", expectContinue, 20},
	{"net/http, Upgrade and Hijack", upgrade, 20},
	{"net/http, clients that give up", impatient, 20},
	{"net/http/httputil.ReverseProxy over three hosts", proxyFor(time.Microsecond), 20},
	{"net/http, server-sent events", serverSentEvents, 20},
	{"net/http, unencrypted HTTP/2 with many streams", streamsOfHTTP2, 50},
	{"net/http, Shutdown under load", shutdown, 50},
	{"crypto/tls, HTTP/1.1 with an Ed25519 certificate", overTLS(http1Secure, serverTLS), 20},
	{"net/http, writes of one connection by two goroutines", twoWriters, 20},
}

// Programs that decide by themselves, in an order that the scheduler gives or by random
// numbers, what they do on the network; and the same programs with that cause taken
// away.
var deciding = []struct {
	cause, cure   string
	with, without func(r *rehearsed)
	always        bool // with the cause, no two of a few runs are alike: a test can tell
}{
	{"a connection pool whose users come at one instant: which of them gets which connection, and which connections stay",
		"they come at different instants", proxyFor(0), proxyFor(time.Microsecond), false},
	{"HTTP/2 over TLS: frames that several goroutines write at one instant become one TLS record or two, of 22 bytes each",
		"HTTP/1.1, or HTTP/2 without TLS", overTLS(http2, serverTLS), overTLS(http1Secure, serverTLS), false},
	{"TLS with an ECDSA certificate: a signature has 70 to 72 bytes, by a random number",
		"a certificate of Ed25519", overTLS(http1Secure, serverECDSA), overTLS(http1Secure, serverTLS), true},
	{"TLS with an ECDSA certificate, one client", "testing/cryptotest.SetGlobalRandom", alone(overTLS(http1Secure, serverECDSA)),
		func(r *rehearsed) {
			cryptotest.SetGlobalRandom(r.T, 1)
			alone(overTLS(http1Secure, serverECDSA))(r)
		}, false},
	{"the order of a map", "sorted keys", inMapOrder(false), inMapOrder(true), true},
	{"a random number without a fixed seed", "a seed", withRandom(false), withRandom(true), true},
	{"clients that register under one mutex, and are served in that order", "an order by name", inOrderOfComing(false), inOrderOfComing(true), false},
	{"http.Transport.IdleConnTimeout that ends as the next request comes", "another instant",
		idleFor(time.Second), idleFor(time.Second + 100*time.Millisecond), false},
	{"HTTP/2: a stream whose deadline is the instant of its answer", "another instant",
		cancelledStreams(22 * time.Millisecond), cancelledStreams(15*time.Millisecond + 333), false},
	{"http.Server.Shutdown returns when it has looked, at random times (net/http/server.go, Shutdown)", "a fixed time",
		afterShutdown(false), afterShutdown(true), true},
	{"workers that take jobs from one channel", "a channel for each worker", workers(false), workers(true), false},
}

var http1Secure = version{"HTTP/1.1 over TLS", 1, true, ""}

// rehearsed is a program on a network in a bubble.
type rehearsed struct {
	*testing.T
	n       *simnet.Network
	clients int
}

// each lets all clients do something at one instant.
func (r *rehearsed) each(f func(i int, d *simnet.Dialer)) {
	var all sync.WaitGroup
	for i := range r.clients {
		d := r.n.Host("clients").Dialer(fmt.Sprint("c", i))
		all.Go(func() { f(i, d) })
	}
	all.Wait()
}

// server starts a server, and returns it.
func (r *rehearsed) server(host string, h http.HandlerFunc, v version) *http.Server {
	l, err := r.n.Listen("tcp", host+":80")
	if err != nil {
		r.Fatal(err)
	}
	server := &http.Server{Handler: h, Protocols: v.protocols(), ErrorLog: log.New(io.Discard, "", 0)}
	if v.tls {
		server.TLSConfig = serverTLS()
		go server.ServeTLS(l, "", "")
	} else {
		go server.Serve(l)
	}
	r.Cleanup(func() { _ = server.Close() })
	return server
}

func (r *rehearsed) transport(d *simnet.Dialer, v version) *http.Client {
	tr := &http.Transport{DialContext: d.DialContext, Protocols: v.protocols(), ExpectContinueTimeout: time.Second}
	if v.tls {
		tr.TLSClientConfig, tr.ForceAttemptHTTP2 = clientTLS(), true
	}
	r.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// get returns the answer of a server, or the error.
func get(c *http.Client, to string) string {
	answer, err := c.Get(to)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return fmt.Sprint(string(b), err)
}

func hello(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Millisecond)
	fmt.Fprintf(w, "hello %s", r.URL.Path)
}

func keepAlive(r *rehearsed) {
	r.server("server", hello, http1)
	r.each(func(i int, d *simnet.Dialer) {
		c := r.transport(d, http1)
		for range 3 {
			get(c, fmt.Sprint("http://server/", i))
		}
	})
}

func oneShot(r *rehearsed) {
	r.server("server", hello, http1)
	r.each(func(i int, d *simnet.Dialer) {
		c := r.transport(d, http1)
		c.Transport.(*http.Transport).DisableKeepAlives = true
		for range 3 {
			get(c, fmt.Sprint("http://server/", i))
		}
	})
}

func sharedTransport(r *rehearsed) {
	r.server("server", hello, http1)
	c := r.transport(r.n.Host("clients").Dialer("all"), http1)
	c.Transport.(*http.Transport).MaxConnsPerHost = 10
	r.each(func(int, *simnet.Dialer) {
		for range 3 {
			get(c, "http://server/x")
		}
	})
}

func expectContinue(r *rehearsed) {
	r.server("server", func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "0") {
			http.Error(w, "no", http.StatusForbidden) // without having read the body
			return
		}
		echo(w, q)
	}, http1)
	r.each(func(i int, d *simnet.Dialer) {
		q, _ := http.NewRequest("POST", fmt.Sprint("http://server/", i), bytes.NewReader(make([]byte, 1000*i)))
		q.Header.Set("Expect", "100-continue")
		if answer, err := r.transport(d, http1).Do(q); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
	})
}

func upgrade(r *rehearsed) {
	r.server("server", func(w http.ResponseWriter, q *http.Request) {
		c, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(c, buffered)
	}, http1)
	r.each(func(i int, d *simnet.Dialer) {
		q, _ := http.NewRequest("GET", "http://server/", nil)
		q.Header.Set("Connection", "Upgrade")
		q.Header.Set("Upgrade", "echo")
		answer, err := r.transport(d, http1).Do(q)
		if err != nil {
			return
		}
		c := answer.Body.(io.ReadWriteCloser)
		for k := range 3 {
			_, _ = fmt.Fprintln(c, i, k)
			_, _ = bufio.NewReader(c).ReadString('\n')
		}
		_ = c.Close()
	})
}

func impatient(r *rehearsed) {
	r.server("server", func(w http.ResponseWriter, q *http.Request) {
		select {
		case <-q.Context().Done():
		case <-time.After(10 * time.Millisecond):
			_, _ = io.WriteString(w, "late")
		}
	}, http1)
	r.each(func(i int, d *simnet.Dialer) {
		c := r.transport(d, http1)
		c.Timeout = time.Duration(i) * time.Millisecond
		for range 3 {
			get(c, "http://server/")
		}
	})
}

// proxyFor lets clients come so much after one another.
func proxyFor(spread time.Duration) func(r *rehearsed) {
	return func(r *rehearsed) {
		r.server("server", hello, http1)
		to, _ := url.Parse("http://server")
		proxy := httputil.NewSingleHostReverseProxy(to)
		proxy.Transport = r.transport(r.n.Host("proxy").Dialer("proxy"), http1).Transport
		proxy.ErrorLog = log.New(io.Discard, "", 0)
		r.server("proxy", proxy.ServeHTTP, http1)
		r.each(func(i int, d *simnet.Dialer) {
			c := r.transport(d, http1)
			time.Sleep(time.Duration(i) * spread)
			for range 3 {
				get(c, fmt.Sprint("http://proxy/", i))
			}
		})
	}
}

func serverSentEvents(r *rehearsed) {
	r.server("server", func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 20 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-q.Context().Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}, http1)
	r.each(func(i int, d *simnet.Dialer) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		q, _ := http.NewRequestWithContext(ctx, "GET", "http://server/", nil)
		answer, err := r.transport(d, http1).Do(q)
		if err != nil {
			return
		}
		lines := bufio.NewScanner(answer.Body)
		for k := 0; k <= i && lines.Scan(); k++ {
		}
		cancel() // in the middle of the stream
		_ = answer.Body.Close()
	})
}

func streamsOfHTTP2(r *rehearsed) {
	r.server("server", hello, http2Clear)
	c := r.transport(r.n.Host("clients").Dialer("all"), http2Clear)
	get(c, "http://server/first")
	r.each(func(i int, _ *simnet.Dialer) {
		for range 3 {
			get(c, fmt.Sprint("http://server/", i))
		}
	})
}

func shutdown(r *rehearsed) {
	server := r.server("server", hello, http1)
	time.AfterFunc(5*time.Millisecond, func() { _ = server.Shutdown(context.Background()) })
	r.each(func(i int, d *simnet.Dialer) {
		c := r.transport(d, http1)
		for range 5 {
			get(c, fmt.Sprint("http://server/", i))
			time.Sleep(time.Duration(i%3) * time.Millisecond)
		}
	})
}

func overTLS(v version, settings func() *tls.Config) func(r *rehearsed) {
	return func(r *rehearsed) {
		server := &http.Server{Handler: http.HandlerFunc(hello), Protocols: v.protocols(), TLSConfig: settings()}
		server.ErrorLog = log.New(io.Discard, "", 0)
		l, err := r.n.Listen("tcp", "server:443")
		if err != nil {
			r.Fatal(err)
		}
		go server.ServeTLS(l, "", "")
		r.Cleanup(func() { _ = server.Close() })
		r.each(func(i int, d *simnet.Dialer) {
			c := r.transport(d, v)
			c.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true
			get(c, fmt.Sprint("https://server/", i))
		})
	}
}

// alone runs a program for one client.
func alone(run func(r *rehearsed)) func(r *rehearsed) {
	return func(r *rehearsed) {
		one := *r
		one.clients = 1
		run(&one)
	}
}

// serverECDSA is serverTLS with a certificate whose signatures vary in length.
func serverECDSA() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := serverTLS()
	leaf := *c.Certificates[0].Leaf
	leaf.SignatureAlgorithm, leaf.PublicKey = 0, nil // those of the key
	der, err := x509.CreateCertificate(rand.Reader, &leaf, &leaf, key.Public(), key)
	if err != nil {
		panic(err)
	}
	c.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	return c
}

// twoWriters lets two goroutines write pieces of different lengths at one instant.
func twoWriters(r *rehearsed) {
	l, err := r.n.Listen("tcp", "server:80")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = l.Close() })
	go echoEach(l)
	r.each(func(i int, d *simnet.Dialer) {
		c, err := d.Dial("tcp", "server:80")
		if err != nil {
			return
		}
		defer c.Close()
		for range 3 {
			var both sync.WaitGroup
			for k := range 2 {
				both.Go(func() { _, _ = c.Write(make([]byte, 10+k*i)) })
			}
			both.Wait()
			_, _ = io.ReadFull(c, make([]byte, 20+i))
		}
	})
}

// sink is a server that reads all, and ends.
func sink(r *rehearsed) {
	l, err := r.n.Listen("tcp", "server:80")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			}()
		}
	}()
}

// send connects, sends so many bytes and closes.
func send(d *simnet.Dialer, bytes int) {
	if c, err := d.Dial("tcp", "server:80"); err == nil {
		_, _ = c.Write(make([]byte, bytes))
		_ = c.Close()
	}
}

func inMapOrder(sorted bool) func(r *rehearsed) {
	return func(r *rehearsed) {
		sink(r)
		sizes := map[int]bool{}
		for i := range 50 {
			sizes[i] = true
		}
		order := slices.Collect(maps.Keys(sizes))
		if sorted {
			slices.Sort(order)
		}
		for _, size := range order {
			send(r.n.Host("clients").Dialer("c"), size)
		}
	}
}

func withRandom(seeded bool) func(r *rehearsed) {
	return func(r *rehearsed) {
		sink(r)
		draw := randv2.IntN
		if seeded {
			draw = randv2.New(randv2.NewPCG(1, 1)).IntN
		}
		for range 10 {
			send(r.n.Host("clients").Dialer("c"), draw(1000))
		}
	}
}

// inOrderOfComing lets goroutines register at one instant, and then connects for each.
func inOrderOfComing(sorted bool) func(r *rehearsed) {
	return func(r *rehearsed) {
		sink(r)
		var mu sync.Mutex
		var come []int
		r.each(func(i int, _ *simnet.Dialer) {
			mu.Lock()
			defer mu.Unlock()
			come = append(come, i)
		})
		if sorted {
			slices.Sort(come)
		}
		for _, i := range come {
			send(r.n.Host("clients").Dialer("c"), 1+i)
		}
	}
}

// idleFor lets each client ask twice, so much apart, with connections that live a second.
func idleFor(pause time.Duration) func(r *rehearsed) {
	return func(r *rehearsed) {
		r.server("server", hello, http1)
		r.each(func(i int, d *simnet.Dialer) {
			c := r.transport(d, http1)
			c.Transport.(*http.Transport).IdleConnTimeout = time.Second
			for range 3 {
				get(c, "http://server/")
				time.Sleep(pause)
			}
		})
	}
}

// cancelledStreams lets streams of one connection end at deadlines.
func cancelledStreams(limit time.Duration) func(r *rehearsed) {
	return func(r *rehearsed) {
		r.server("server", func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(20 * time.Millisecond)
			_, _ = io.WriteString(w, "late")
		}, http2Clear)
		c := r.transport(r.n.Host("clients").Dialer("all"), http2Clear)
		get(c, "http://server/first")
		r.each(func(i int, _ *simnet.Dialer) {
			if i%2 == 0 {
				get(c, "http://server/x")
				return
			}
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			q, _ := http.NewRequestWithContext(ctx, "GET", "http://server/x", nil)
			if answer, err := c.Do(q); err == nil {
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
			}
		})
	}
}

// afterShutdown dials once a server has shut down while it had requests.
func afterShutdown(fixed bool) func(r *rehearsed) {
	return func(r *rehearsed) {
		server := r.server("server", func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(100 * time.Millisecond)
			hello(w, q)
		}, http1)
		ended := make(chan bool)
		time.AfterFunc(10*time.Millisecond, func() {
			_ = server.Shutdown(context.Background())
			close(ended)
		})
		r.each(func(i int, d *simnet.Dialer) { get(r.transport(d, http1), "http://server/") })
		if fixed {
			time.Sleep(5 * time.Second)
		}
		<-ended
		send(r.n.Host("clients").Dialer("late"), 1)
	}
}

func workers(apart bool) func(r *rehearsed) {
	return func(r *rehearsed) {
		sink(r)
		const count, jobs = 5, 50
		queues := make([]chan int, count)
		shared := make(chan int, jobs)
		for k := range queues {
			queues[k] = shared
			if apart {
				queues[k] = make(chan int, jobs)
			}
		}
		for i := range jobs {
			queues[i%count] <- i
		}
		for k := range queues {
			if apart || k == 0 {
				close(queues[k])
			}
		}
		var all sync.WaitGroup
		for k := range queues {
			d := r.n.Host("clients").Dialer(fmt.Sprint("worker-", k))
			all.Go(func() {
				for size := range queues[k] {
					send(d, size)
				}
			})
		}
		all.Wait()
	}
}

// settings are networks on which a program repeats.
var settings = []struct {
	name   string
	config simnet.Config
}{
	{"at once", simnet.Config{Seed: 1}},
	{"latency", simnet.Config{Seed: 1, Link: netmodel.Link{Latency: time.Millisecond}}},
	{"jitter", simnet.Config{Seed: 1, Link: netmodel.Link{Latency: time.Millisecond, Jitter: sim.Exponential{Mean: time.Millisecond}, Loss: sim.Ratio{Num: 1, Den: 50}}}},
}

// hashOf runs a program in a bubble.
func hashOf(t *testing.T, c simnet.Config, clients int, run func(r *rehearsed)) (hash uint64, records []netmodel.Record) {
	synctest.Test(t, func(t *testing.T) {
		c.Trace = 1 << 20
		n := simnet.New(c)
		run(&rehearsed{t, n, clients})
		time.Sleep(time.Minute)
		hash = n.Hash()
		records, _ = n.Records()
		t.Cleanup(func() { _ = n.Close() })
	})
	return hash, records
}

// runsOf is how often each program runs with each number of processors.
func runsOf(fewest int) int {
	if k, err := strconv.Atoi(os.Getenv("SIMNET_RUNS")); err == nil {
		return k
	}
	return fewest
}

func TestProgramsOfTheStandardLibraryRepeat(t *testing.T) {
	for _, p := range repeating {
		for _, s := range settings {
			t.Run(p.name+", "+s.name, func(t *testing.T) {
				simnet.BeforeBubble()
				want, first := hashOf(t, s.config, p.clients, p.run)
				for _, procs := range []int{1, 2, 8} {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
					for range runsOf(1) {
						got, records := hashOf(t, s.config, p.clients, p.run)
						if got != want {
							t.Fatalf("another run with %d processors: hash %016x, want %016x; %s", procs, got, want, parting(first, records))
						}
					}
				}
			})
		}
	}
}

func TestACrowdOfTwoThousandRepeats(t *testing.T) {
	simnet.BeforeBubble()
	want, first := hashOf(t, settings[1].config, 2000, keepAlive)
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		if got, records := hashOf(t, settings[1].config, 2000, keepAlive); got != want {
			t.Errorf("another run with %d processors: hash %016x, want %016x; %s", procs, got, want, parting(first, records))
		}
	}
}

func TestWhatAProgramDecidesItselfRepeatsOnceTheCauseIsTakenAway(t *testing.T) {
	for _, p := range deciding {
		t.Run(p.cause, func(t *testing.T) {
			simnet.BeforeBubble()
			config := settings[1].config
			want, first := hashOf(t, config, 20, p.without)
			for _, procs := range []int{1, 2, 8} {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				for range runsOf(1) {
					if got, records := hashOf(t, config, 20, p.without); got != want {
						t.Fatalf("%s: another run with %d processors: hash %016x, want %016x; %s", p.cure, procs, got, want, parting(first, records))
					}
				}
			}
			one, _ := hashOf(t, config, 20, p.with)
			if two, _ := hashOf(t, config, 20, p.with); p.always && one == two {
				t.Errorf("two runs have the hash %016x, want two hashes, or this is no cause: %s", one, p.cause)
			}
		})
	}
}

// parting says where two runs part.
func parting(a, b []netmodel.Record) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("record %d is\n%+v, and at first\n%+v", i+1, b[i], a[i])
		}
	}
	return fmt.Sprintf("%d records, and at first %d", len(b), len(a))
}
