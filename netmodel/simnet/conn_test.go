package simnet_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// withPair runs a test in a bubble, with both ends of a connection.
func withPair(t *testing.T, config simnet.Config, test func(t *testing.T, n *simnet.Network, c, s *simnet.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(config)
		c, s, err := connected(n)
		if err != nil {
			t.Fatalf("a connection from client to server:80: got %v, want one", err)
		}
		test(t, n, c, s)
		_, _ = c.Close(), s.Close()
		time.Sleep(time.Minute)
		if err := n.Check(); err != nil {
			t.Errorf("Check() when all is over: got %v, want nil", err)
		}
		_ = n.Close()
	})
}

var millisecondAway = netmodel.Link{Latency: time.Millisecond}

func TestBothDirectionsAtOnceDoNotDisturbEachOther(t *testing.T) {
	in(t, []place{bubble, realTime, lossy, narrow}, func(s scene) {
		client := s.connect()
		server, err := s.listener.Accept()
		if err != nil {
			s.Fatal(err)
		}
		up, down := someBytes(1<<20), bytes.ToUpper(someBytes(1<<20+1))
		var all sync.WaitGroup
		for _, x := range []struct {
			name       string
			conn       net.Conn
			send, want []byte
		}{{"client", client, up, down}, {"server", server, down, up}} {
			all.Go(func() {
				if n, err := x.conn.Write(x.send); n != len(x.send) || err != nil {
					s.Errorf("Write of %d bytes by the %s: got %d, %v", len(x.send), x.name, n, err)
				}
				_ = x.conn.(*simnet.Conn).CloseWrite()
			})
			all.Go(func() {
				got, err := io.ReadAll(x.conn)
				checkBytes(s.T, "what the "+x.name+" reads", got, x.want)
				checkValue(s.T, "how its stream ends", err, nil)
			})
		}
		all.Wait()
		_, _ = client.Close(), server.Close()
	})
}

func TestAHalfClosedConnectionStillAnswers(t *testing.T) {
	withPair(t, simnet.Config{Link: millisecondAway}, func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) {
		_, _ = io.WriteString(c, "question")
		if err := c.CloseWrite(); err != nil {
			t.Errorf("CloseWrite(): got %v, want nil", err)
		}
		question, err := io.ReadAll(s) // it ends, although the connection does not
		checkValue(t, "what the server reads", string(question), "question")
		checkValue(t, "how it ends", err, nil)
		_, _ = io.WriteString(s, "answer")
		_ = s.Close()
		answer, err := io.ReadAll(c)
		checkValue(t, "what the client reads", string(answer), "answer")
		checkValue(t, "how it ends", err, nil)
	})
}

func TestLingerSaysWhatCloseDoes(t *testing.T) {
	const away = 50 * time.Millisecond
	for _, x := range []struct {
		name    string
		seconds int
		cut     bool // the peer does not hear of it
		takes   time.Duration
		peer    error // what it reads, after 3 bytes or instead
		why     string
	}{
		{"default", -1, false, 0, io.EOF, "the system sends in the background"},
		{"reset", 0, false, 0, syscall.ECONNRESET, "what is under way is not waited for"},
		{"waits", 5, false, 2 * away, io.EOF, "until everything is acknowledged"},
		{"gives up", 5, true, 5 * time.Second, nil, "after as many seconds"},
	} {
		t.Run(x.name, func(t *testing.T) {
			withPair(t, simnet.Config{Link: netmodel.Link{Latency: away}}, func(t *testing.T, n *simnet.Network, c, s *simnet.Conn) {
				time.Sleep(time.Second)
				if x.cut {
					n.Cut(n.Host("client"), n.Host("server"))
				}
				_, _ = io.WriteString(c, "abc")
				if err := c.SetLinger(x.seconds); err != nil {
					t.Errorf("SetLinger(%d): got %v, want nil", x.seconds, err)
				}
				began := time.Now()
				err := c.Close()
				took := time.Since(began).Round(time.Microsecond)
				if err != nil || took < x.takes || took > x.takes+x.takes/8 { // Linux' wheel of timers is so late at most
					t.Errorf("Close() after SetLinger(%d): got %v after %v, want nil after %v (%s)", x.seconds, err, took, x.takes, x.why)
				}
				if x.peer == nil {
					return
				}
				_, err = io.ReadFull(s, make([]byte, 3))
				if err == nil {
					_, err = s.Read(make([]byte, 1))
				}
				if !errors.Is(err, x.peer) {
					t.Errorf("the peer, after SetLinger(%d) and Close: got %v, want %v (%s)", x.seconds, err, x.peer, x.why)
				}
			})
		})
	}
}

func TestWriteStopsAtTheWindowAndGoesOnWhenThePeerReads(t *testing.T) {
	const window = 10_000
	for _, x := range []struct {
		name string
		link netmodel.Link
		why  string
	}{
		{"at once", netmodel.Link{}, "a byte needs its place until it is read"},
		{"with latency", netmodel.Link{Latency: 20 * time.Millisecond}, "and until it is acknowledged"},
	} {
		t.Run(x.name, func(t *testing.T) {
			withPair(t, simnet.Config{Link: x.link, Window: window}, func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) {
				data := someBytes(3 * window)
				sent := 0
				for _, step := range []struct{ read, want int }{{0, window}, {0, 0}, {1, 1}, {999, 999}, {window, window}} {
					_, _ = io.ReadFull(s, data[:step.read]) // they are the first of data, and stay so
					_ = c.SetWriteDeadline(time.Now().Add(time.Second))
					n, err := c.Write(data[sent:])
					if n != step.want || !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("Write of too much after the peer has read %d: got %d, %v, want %d and the deadline (%s)", step.read, n, err, step.want, x.why)
					}
					sent += n
				}
				_ = c.SetWriteDeadline(time.Time{})
				var all sync.WaitGroup
				all.Go(func() {
					n, err := c.Write(data[sent:])
					checkValue(t, "bytes that the last Write wrote", n, len(data)-sent)
					checkValue(t, "its error", err, nil)
					_ = c.CloseWrite()
				})
				rest, _ := io.ReadAll(s)
				checkBytes(t, "the rest", rest, someBytes(3 * window)[11_000:])
				all.Wait()
			})
		})
	}
}

func TestAConnectionWhoseClientHasLeftCanStillBeRead(t *testing.T) {
	in(t, everywhere, func(s scene) {
		c := s.connect()
		_, _ = io.WriteString(c, "goodbye")
		_ = c.Close()
		time.Sleep(10 * time.Millisecond)
		accepted, err := s.listener.Accept()
		if err != nil {
			s.Fatalf("Accept() of a connection that its client has closed: got %v, want it", err)
		}
		got, err := io.ReadAll(accepted)
		checkValue(s.T, "what it sent", string(got), "goodbye")
		checkValue(s.T, "how it ends", err, nil)
		_ = accepted.Close()
	})
}

func TestEveryoneWhoWaitsLearnsOfAClose(t *testing.T) {
	const waiters = 10
	withPair(t, simnet.Config{Link: millisecondAway, Window: 100}, func(t *testing.T, n *simnet.Network, c, _ *simnet.Conn) {
		l, err := n.Listen("tcp", "other:80")
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			name  string
			wait  func() error
			close func() error
		}{
			{"Accept", func() error { return acceptErr(l) }, l.Close},
			{"Read and Write", func() error { return errors.Join(readErr(c), fill(c)) }, c.Close},
			{"Write and Read", func() error { return errors.Join(fill(c), readErr(c)) }, func() error { return nil }},
		} {
			var all sync.WaitGroup
			for range waiters {
				all.Go(func() {
					if err := x.wait(); !errors.Is(err, net.ErrClosed) {
						t.Errorf("%s, closed meanwhile: got %v, want net.ErrClosed", x.name, err)
					}
				})
			}
			time.Sleep(time.Second)
			if err := x.close(); err != nil {
				t.Errorf("Close() while %d wait in %s: got %v, want nil", waiters, x.name, err)
			}
			began := time.Now()
			all.Wait()
			if took := time.Since(began); took > time.Microsecond {
				t.Errorf("%s returned %v after Close, want at once", x.name, took)
			}
		}
	})
}

// Readers that wait take turns, and so do writers; none is forgotten.
func TestSeveralReadersAndWritersShareAConnection(t *testing.T) {
	const each = 1000
	withPair(t, simnet.Config{Link: millisecondAway, Window: 64}, func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) {
		var all sync.WaitGroup
		var read [2]int
		for i := range read {
			all.Go(func() {
				for b := make([]byte, 7); ; {
					n, err := s.Read(b)
					read[i] += n
					if err != nil {
						checkValue(t, "how the stream ends for each reader", err, io.EOF)
						return
					}
				}
			})
		}
		var writers sync.WaitGroup
		for range 2 {
			writers.Go(func() {
				n, err := c.Write(make([]byte, each))
				checkValue(t, "bytes that one of two writers wrote", n, each)
				checkValue(t, "its error", err, nil)
			})
		}
		writers.Wait()
		_ = c.CloseWrite()
		all.Wait()
		checkValue(t, "bytes that two readers read", read[0]+read[1], 2*each)
		if read[0] == 0 || read[1] == 0 {
			t.Errorf("two readers that wait at once: got %v bytes, want some for each", read)
		}
	})
}

func TestNothingCanBeReadAndWritten(t *testing.T) {
	withPair(t, simnet.Config{Link: millisecondAway}, func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) {
		for _, x := range []struct {
			name string
			call func([]byte) (int, error)
			why  string
		}{
			{"Read", s.Read, "nothing has arrived, and nothing is wanted"},
			{"Write", c.Write, "the peer gets nothing, not an end"},
		} {
			for _, b := range [][]byte{nil, {}} {
				if n, err := x.call(b); n != 0 || err != nil {
					t.Errorf("%s(%v): got %d, %v, want 0, nil (%s)", x.name, b, n, err, x.why)
				}
			}
		}
		_, _ = io.WriteString(c, "x")
		n, err := s.Read(make([]byte, 10))
		checkValue(t, "bytes that arrive after nothing was written", n, 1)
		checkValue(t, "the error with them", err, nil)
	})
}

func TestTenMegabytesArriveWhateverTheLinkDoes(t *testing.T) {
	const size = 10 << 20
	for _, x := range []struct {
		name string
		link netmodel.Link
		why  string
	}{
		{"lossy and jittery", netmodel.Link{Latency: 5 * time.Millisecond, Jitter: sim.Uniform{Max: 20 * time.Millisecond}, Loss: sim.Ratio{Num: 1, Den: 20}},
			"what is lost is sent again"},
		{"out of order and twice", netmodel.Link{Latency: time.Millisecond, Jitter: sim.Uniform{Max: time.Millisecond},
			Reorder: sim.Ratio{Num: 1, Den: 10}, Duplicate: sim.Ratio{Num: 1, Den: 10}}, "what comes twice counts once"},
	} {
		t.Run(x.name, func(t *testing.T) {
			withPair(t, simnet.Config{Seed: 7, Link: x.link, Window: 1 << 20}, func(t *testing.T, _ *simnet.Network, c, s *simnet.Conn) {
				var all sync.WaitGroup
				all.Go(func() {
					for data := someBytes(size); len(data) > 0; data = data[min(len(data), 54321):] {
						if _, err := c.Write(data[:min(len(data), 54321)]); err != nil {
							t.Errorf("Write with %d bytes left: got %v, want nil (%s)", len(data), err, x.why)
							return
						}
					}
					_ = c.Close()
				})
				got, err := io.ReadAll(s)
				checkBytes(t, "10 MiB", got, someBytes(size))
				checkValue(t, "how they end", err, nil)
				all.Wait()
			})
		})
	}
}

func TestACutLinkEndsAConnectionUnlessItIsHealed(t *testing.T) {
	for _, x := range []struct {
		name    string
		profile netmodel.Profile
		heal    time.Duration // 0 = never
		atLeast time.Duration
		want    error
		why     string
	}{
		{"linux", profiles.Linux(), 0, 924 * time.Second, syscall.ETIMEDOUT, "tcp_retries2 = 15: 924.6 s by ip-sysctl"},
		{"windows", profiles.Windows(), 0, time.Minute, syscall.Errno(10060), "WSAETIMEDOUT"},
		{"healed", profiles.Linux(), time.Minute, time.Minute, nil, "it was sent again, and arrived"},
	} {
		t.Run(x.name, func(t *testing.T) {
			withPair(t, simnet.Config{Profile: x.profile, Link: millisecondAway}, func(t *testing.T, n *simnet.Network, c, s *simnet.Conn) {
				client, server := n.Host("client"), n.Host("server")
				n.Cut(client, server)
				began := time.Now()
				if x.heal != 0 {
					time.AfterFunc(x.heal, func() { n.Heal(client, server) })
				}
				go func() { _, _ = io.Copy(s, s); _ = s.Close() }()
				_, _ = io.WriteString(c, "x")
				_, err := c.Read(make([]byte, 1))
				if took := time.Since(began); !errors.Is(err, x.want) || took < x.atLeast {
					t.Errorf("Read of an answer over a link that was cut (healed after %v): got %v after %v, want %v after %v or later (%s)",
						x.heal, err, took, x.want, x.atLeast, x.why)
				}
			})
		})
	}
}

func TestAddressesMeanWhatTheyMeanToPackageNet(t *testing.T) {
	for _, x := range []struct {
		listen, dial string
		from         string
		remote       string // "" = refused
		why          string
	}{
		{"server:80", "server:80", "client", "10.1.0.1:80", "the name of a host"},
		{"server:80", "10.1.0.1:80", "client", "10.1.0.1:80", "its address: hosts are numbered as they come"},
		{"server:http", "server:http", "client", "10.1.0.1:80", "a service by name"},
		{"server:https", "server:443", "client", "10.1.0.1:443", "the other one"},
		{"server:80", "server:+80", "client", "10.1.0.1:80", "a sign is part of a number (net/port.go)"},
		{"server:80", "localhost:80", "server", "10.1.0.1:80", "the host itself"},
		{"server:80", "127.0.0.1:80", "server", "10.1.0.1:80", "likewise"},
		{"server:80", ":80", "server", "10.1.0.1:80", "no host: the local system (net.Dial)"},
		{"server:80", "0.0.0.0:80", "server", "10.1.0.1:80", "likewise"},
		{"server:80", "[::ffff:10.1.0.1]:80", "client", "10.1.0.1:80", "an IPv4 address in the clothes of IPv6"},
		{"server:80", "localhost:80", "client", "", "another host's localhost"},
		{"server:80", "server:81", "client", "", "another port"},
		{"server:80", "10.9.0.1:80", "client", "", "no such host"},
	} {
		t.Run(x.listen+"_"+x.dial+"_from_"+x.from, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := simnet.New(simnet.Config{Link: millisecondAway})
				defer time.Sleep(time.Second) // TestADialThatEndsLeavesNobodyBehind is about what would be left
				defer n.Close()
				if _, err := n.Listen("tcp", x.listen); err != nil {
					t.Fatalf("Listen(%q): got %v, want a listener (%s)", x.listen, err, x.why)
				}
				c, err := n.Host(x.from).DialTimeout("tcp", x.dial, time.Second)
				got := ""
				if err == nil {
					got = c.RemoteAddr().String()
				}
				if got != x.remote {
					t.Errorf("Dial(%q) from %s: got %q, %v, want %q (%s)", x.dial, x.from, got, err, x.remote, x.why)
				}
			})
		})
	}
}

func TestAListenerOnAnyPortAndAnyAddressHasAnAddressToDial(t *testing.T) {
	in(t, []place{bubble, realTime}, func(s scene) {
		for _, address := range []string{":0", "server:0", "127.0.0.1:0", "localhost:0", "0.0.0.0:0"} {
			l, err := s.net.Host("server").Listen("tcp", address)
			if err != nil {
				s.Errorf("Listen(%q): got %v, want a listener", address, err)
				continue
			}
			c, err := s.client.Dial("tcp", l.Addr().String())
			if err != nil {
				s.Errorf("Dial(%v), where a listener on %q is: got %v, want a connection", l.Addr(), address, err)
				continue
			}
			_, _ = c.Close(), l.Close()
		}
	})
}

func TestAClosedNetworkEndsEverything(t *testing.T) {
	withPair(t, simnet.Config{Link: millisecondAway, Window: 100}, func(t *testing.T, n *simnet.Network, c, _ *simnet.Conn) {
		l, err := n.Listen("tcp", "other:80")
		if err != nil {
			t.Fatal(err)
		}
		n.Cut(n.Host("client"), n.Host("silent"))
		calls := map[string]func() error{
			"Read":   func() error { return readErr(c) },
			"Write":  func() error { return fill(c) },
			"Accept": func() error { return acceptErr(l) },
			"Dial":   func() error { _, err := n.Host("client").Dial("tcp", "silent:80"); return err },
			"Listen": func() error { _, err := n.Listen("tcp", "third:80"); return err },
		}
		var all sync.WaitGroup
		for name, call := range calls {
			if name == "Listen" {
				continue
			}
			all.Go(func() {
				if err := call(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("%s while the network is closed: got %v, want net.ErrClosed", name, err)
				}
			})
		}
		time.Sleep(100 * time.Millisecond)
		_ = n.Close()
		all.Wait()
		for name, call := range calls {
			if err := call(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s on a closed network: got %v, want net.ErrClosed", name, err)
			}
		}
	})
}
