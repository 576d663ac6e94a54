package simnettest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/netutil"
	"pgregory.net/rapid"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/acceptcheck"
	"wspsim/netmodel/simnet/simnettest"
	"wspsim/netmodel/winsock"
)

// handleEach is an ordinary server: each connection has a goroutine of its own.
func handleEach(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			time.Sleep(50 * time.Millisecond) // a query, say
			_, _ = io.WriteString(c, "hello")
			_ = c.Close()
		}()
	}
}

// A server that answers each client in a goroutine of its own serves a crowd, whatever the
// backlog: it accepts as fast as they come.
func ExampleRun() {
	goTest(func(t *testing.T) {
		simnettest.Run(t, simnet.Config{Profile: profiles.Windows(), Backlog: 5}, func(t *simnettest.T) {
			l, err := t.Net.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			go handleEach(l)
			errs := t.Burst(60, 10*time.Millisecond, hello)
			fmt.Println(len(errs), "of 60 were not served")
		})
	})
	// Output: 0 of 60 were not served
}

// A server that answers one client after the other does not, and the test tells why.
func ExampleRun_story() {
	goTest(func(t *testing.T) {
		simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 5, Seed: 3}, func(t *simnettest.T) {
			l, err := t.Net.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			go inline(l)
			if errs := t.Burst(20, 10*time.Millisecond, hello); len(errs) > 0 {
				t.Errorf("%d of 20 were not served", len(errs))
			}
		})
	}, "of 20", "attempts", "the first was", "client-19 +began", "With this seed")
	// Output:
	// 14 of 20 were not served
	// 20 attempts to connect: 6 accepted, 14 refused
	// clients met a full queue 14 times; the first was client-19 at 1.747ms: queue full (R4)
	// client-19    began at 1.747ms, was refused at once: queue full (R4)
	// With this seed a backlog of 19 passes and 18 fails. The test then takes 1.00019s.
}

// A garbage collection stops the process for 300 ms while a crowd comes. Nothing is wrong
// with the server, and the queue has to hold all of them. A client of WSP is refused at
// once; one of Windows would ask for 2 s, and get in late.
func ExampleStall() {
	goTest(func(t *testing.T) {
		simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 10}, func(t *simnettest.T) {
			l, err := t.Net.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			go handleEach(simnettest.Stall(l, 100*time.Millisecond, 300*time.Millisecond))
			if errs := t.Burst(60, time.Second, hello); len(errs) > 0 {
				t.Errorf("%d of 60 were not served", len(errs))
			}
		})
	}, "of 60", "attempts", "longest", "With this seed")
	// Output:
	// 3 of 60 were not served
	// 60 attempts to connect: 57 accepted, 3 refused
	// longest wait in the queue: client-36, 285.705ms; longest time from connect to accept: client-36, 285.705ms
	// With this seed a backlog of 13 passes and 12 fails. The test then takes 1.038159s.
}

// A server listens, reads its data for 2 s, and only then accepts. On Linux nobody is
// refused: who finds the queue full waits for an answer and asks again after a second.
func ExampleStall_slowStart() {
	goTest(func(t *testing.T) {
		simnettest.Run(t, simnet.Config{Backlog: 10, Link: netmodel.Link{Latency: time.Millisecond}}, func(t *simnettest.T) {
			l, err := t.Net.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			go handleEach(simnettest.Stall(l, 0, 2*time.Second))
			for _, err := range simnettest.Group(t.Burst(30, 100*time.Millisecond, func(d *simnet.Dialer) error {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				c, err := d.DialContext(ctx, "tcp", "server:80")
				if err != nil {
					return err
				}
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(time.Second)) // its patience with the answer
				_, err = io.ReadAll(c)
				return err
			})) {
				var failed *net.OpError
				if errors.As(err, &failed) {
					fmt.Println(failed.Op, "failed:", failed.Timeout())
				}
			}
		})
	})
	// Output: read failed: true
}

// A program that takes a time for each accept, as one that looks every client up before
// it takes the next.
func ExampleSlowAccept() {
	goTest(func(t *testing.T) {
		simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 3}, func(t *simnettest.T) {
			l, err := t.Net.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			go handleEach(simnettest.SlowAccept(l, 20*time.Millisecond))
			errs := t.Burst(10, 100*time.Millisecond, hello)
			fmt.Println(len(errs), "of 10 were not served")
		})
	})
	// Output: 3 of 10 were not served
}

// With a limit of connections, those that wait for a place wait in the queue.
func Example_limitListener() {
	goTest(func(t *testing.T) {
		simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 5}, func(t *simnettest.T) {
			l, err := t.Net.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			go handleEach(netutil.LimitListener(l, 4))
			errs := t.Burst(20, 10*time.Millisecond, hello)
			fmt.Println(len(errs), "of 20 were not served")
		})
	})
	// Output: 11 of 20 were not served
}

// Nobody answers, and the client's own limit ends the request.
func ExampleBlackhole() {
	goTest(func(t *testing.T) {
		simnet.BeforeBubble()
		synctest.Test(t, func(t *testing.T) {
			client := http.Client{
				Transport: &http.Transport{DialContext: simnettest.Blackhole()},
				Timeout:   3 * time.Second,
			}
			began := time.Now()
			_, err := client.Get("http://example.com/")
			var failed net.Error
			fmt.Println(errors.As(err, &failed) && failed.Timeout(), time.Since(began).Round(time.Millisecond))
			client.CloseIdleConnections()
			time.Sleep(5 * time.Minute) // the transport goes on dialling for a while
		})
	})
	// Output: true 3s
}

// Windows asks for 2 s before it believes that a port is closed.
func ExampleRefuse() {
	goTest(func(t *testing.T) {
		simnet.BeforeBubble()
		synctest.Test(t, func(t *testing.T) {
			for _, system := range []netmodel.Profile{profiles.Linux(), profiles.Windows()} {
				began := time.Now()
				_, err := simnettest.Refuse(system)(t.Context(), "tcp", "database:5432")
				fmt.Println(system.Name, err != nil, time.Since(began).Round(time.Millisecond))
			}
		})
	})
	// Output:
	// linux true 0s
	// windows true 2s
}

// What a client sees of a server that accepts nobody depends on the system.
func ExampleFullQueue() {
	goTest(func(t *testing.T) {
		simnet.BeforeBubble()
		synctest.Test(t, func(t *testing.T) {
			for _, system := range []netmodel.Profile{profiles.Linux(), profiles.Windows()} {
				began := time.Now()
				_, err := simnettest.FullQueue(system)(t.Context(), "tcp", "database:5432")
				var failed net.Error
				fmt.Println(system.Name, "timeout:", errors.As(err, &failed) && failed.Timeout(), time.Since(began).Round(time.Second))
			}
		})
	})
	// Output:
	// linux timeout: true 2m15s
	// windows timeout: false 2s
}

// A server with 12 descriptors, one of which is its listener. package net/http waits 5 ms
// and more between two accepts that fail with EMFILE, and serves everybody in the end.
// The crowd of Burst has descriptors enough.
func Example_descriptors() {
	goTest(func(t *testing.T) {
		simnettest.Run(t, simnet.Config{Descriptors: 12}, func(t *simnettest.T) {
			l, err := t.Net.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			counted := &countingListener{Listener: l}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(100 * time.Millisecond)
			}), ErrorLog: nobody}
			go func() { _ = server.Serve(counted) }()
			errs := t.Burst(30, 10*time.Millisecond, func(d *simnet.Dialer) error {
				client := http.Client{Transport: &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}}
				_, err := client.Get("http://server/")
				return err
			})
			fmt.Println(len(errs), "of 30 were not served; Accept failed with EMFILE:", counted.full > 0)
		})
	})
	// Output: 0 of 30 were not served; Accept failed with EMFILE: true
}

// refused reports whether a connect was refused, on every system: on Windows the number
// is WSAECONNREFUSED, and syscall.ECONNREFUSED stands for something else there.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.Errno(winsock.WSAECONNREFUSED))
}

// Does a client that tries again four times, with a pause that doubles, get through a
// burst of which the listener refuses more than half?
func Example_retry() {
	patient := func(d *simnet.Dialer) error {
		err := hello(d)
		for pause := 100 * time.Millisecond; refused(err) && pause <= 800*time.Millisecond; pause *= 2 {
			time.Sleep(pause)
			err = hello(d)
		}
		return err
	}
	goTest(func(t *testing.T) {
		simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 5}, func(t *simnettest.T) {
			l, err := t.Net.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			go inline(l)
			fmt.Println(len(t.Burst(20, 10*time.Millisecond, patient)), "of 20 were not served")
		})
	})
	// Output: 0 of 20 were not served
}

// A property of rapid has no *testing.T. It makes the network itself, in a bubble of
// rapid.SyncTest. It calls simnet.BeforeBubble once, before all; a program that keeps
// timers or channels in a sync.Pool wants it before each bubble.
func Example_property() {
	goTest(func(t *testing.T) {
		simnet.BeforeBubble()
		rapid.Check(t, func(t *rapid.T) {
			clients := rapid.IntRange(1, 20).Draw(t, "clients")
			backlog := rapid.IntRange(1, 10).Draw(t, "backlog")
			rapid.SyncTest(t, func(t *rapid.T) {
				n := simnet.New(simnet.Config{Profile: profiles.WSP(), Backlog: backlog})
				l, err := n.Listen("tcp", "server:80")
				if err != nil {
					t.Fatal(err)
				}
				go inline(l)
				errs := simnettest.Burst(n, clients, 0, hello)
				if want := max(0, clients-backlog); len(errs) != want {
					t.Errorf("%d clients at one instant, a backlog of %d: %d were not served, want %d\n%s",
						clients, backlog, len(errs), want, simnettest.Story(n))
				}
				_ = n.Close()
				time.Sleep(time.Minute)
			})
		})
		fmt.Println("of a crowd that comes at one instant, as many are served as the queue holds")
	})
	// Output: of a crowd that comes at one instant, as many are served as the queue holds
}

// Package acceptcheck puts a server through what accept can meet.
func Example_acceptcheck() {
	goTest(func(t *testing.T) {
		report := acceptcheck.Run(t, func(l net.Listener) error {
			server := http.Server{Handler: http.NotFoundHandler(), ErrorLog: nobody}
			return server.Serve(l)
		})
		emfile, _ := report.Result("EMFILE")
		fmt.Println(emfile.Incident, emfile.Verdict)
	})
	// Output: EMFILE recovered
}

// Errors that are alike are one line.
func ExampleGroup() {
	errs := []error{
		fmt.Errorf("client-1: %w", io.EOF),
		fmt.Errorf("client-2: %w", context.Canceled),
		fmt.Errorf("client-2: %w", context.Canceled),
	}
	for _, err := range simnettest.Group(errs) {
		fmt.Println(err)
	}
	// Output:
	// client-1: EOF
	// 2 times, the first client-2: context canceled
}

// countingListener counts the accepts that failed for want of a descriptor.
type countingListener struct {
	net.Listener
	mu   sync.Mutex
	full int
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) {
		l.mu.Lock()
		l.full++
		l.mu.Unlock()
	}
	return c, err
}
