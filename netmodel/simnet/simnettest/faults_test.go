package simnettest_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/simnettest"
	"wspsim/netmodel/winsock"
)

func TestFaultsForClients(t *testing.T) {
	for _, x := range []struct {
		name string
		dial func() simnettest.DialFunc
		is   error
		took time.Duration // to the microsecond
		why  string
	}{
		{"Blackhole", func() simnettest.DialFunc { return simnettest.Blackhole() }, syscall.ETIMEDOUT, 135168 * time.Millisecond, "Linux 6.13: SYNs sent again until tcp_syn_retries is used up, by timers of a coarse wheel"},
		{"Blackhole on Windows", func() simnettest.DialFunc { return simnettest.Blackhole(profiles.Windows()) }, syscall.Errno(winsock.WSAETIMEDOUT), 21 * time.Second, "1 + 2 + 4 + 8 s and so on, WS.T2"},
		{"Refuse", func() simnettest.DialFunc { return simnettest.Refuse() }, syscall.ECONNREFUSED, 0, "an RST at once"},
		{"Refuse on Windows", func() simnettest.DialFunc { return simnettest.Refuse(profiles.Windows()) }, syscall.Errno(winsock.WSAECONNREFUSED), 2 * time.Second, "four further SYNs, 500 ms apart, WS.T4"},
		{"FullQueue", func() simnettest.DialFunc { return simnettest.FullQueue() }, syscall.ETIMEDOUT, 135168 * time.Millisecond, "Linux does not answer"},
		{"FullQueue on Windows", func() simnettest.DialFunc { return simnettest.FullQueue(profiles.Windows()) }, syscall.Errno(winsock.WSAECONNREFUSED), 2 * time.Second, "Windows refuses"},
	} {
		t.Run(x.name, func(t *testing.T) {
			simnet.BeforeBubble()
			synctest.Test(t, func(t *testing.T) {
				dial := x.dial()
				for _, address := range []string{"server:80", "192.0.2.1:443", "[2001:db8::1]:443", "client:80", "localhost:80"} {
					began := time.Now()
					_, err := dial(t.Context(), "tcp", address)
					if took := time.Since(began).Round(time.Microsecond); !errors.Is(err, x.is) || took != x.took {
						t.Errorf("%s, dial %s: %v after %v, want %v after %v: %s", x.name, address, err, took, x.is, x.took, x.why)
					}
				}
			})
		})
	}
}

func TestADialIntoABlackholeEndsWithItsContext(t *testing.T) {
	simnet.BeforeBubble()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		client := http.Client{Transport: &http.Transport{DialContext: simnettest.Blackhole()}}
		request, _ := http.NewRequestWithContext(ctx, "GET", "http://example.com/", nil)
		began := time.Now()
		_, err := client.Do(request)
		if took := time.Since(began).Round(time.Millisecond); !errors.Is(err, context.DeadlineExceeded) || took != 3*time.Second {
			t.Errorf("GET with a context of 3s: %v after %v, want context.DeadlineExceeded after 3s", err, took)
		}
		client.CloseIdleConnections()
		time.Sleep(time.Minute) // the transport's own dial ends
	})
}

func TestSlowAcceptMakesAQueue(t *testing.T) {
	simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 3}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = http.Serve(simnettest.SlowAccept(l, time.Second), http.NotFoundHandler()) }()
		failed := t.Burst(10, 100*time.Millisecond, func(d *simnet.Dialer) error {
			_, err := d.Dial("tcp", "server:80")
			return err
		})
		if len(failed) != 7 {
			t.Errorf("10 clients within 100ms, a backlog of 3, an accept a second: %d were refused, want 7", len(failed))
		}
	})
}

func TestBurstSpreadsClientsByTheSeed(t *testing.T) {
	instants := func(seed uint64) (at []time.Duration) {
		simnettest.Run(t, simnet.Config{Seed: seed}, func(t *simnettest.T) {
			began := time.Now()
			at = make([]time.Duration, 5)
			next := make(chan int, 5)
			for i := range 5 {
				next <- i
			}
			t.Burst(5, time.Second, func(*simnet.Dialer) error {
				at[<-next] = time.Since(began)
				return nil
			})
		})
		return at
	}
	a, b, other := instants(1), instants(1), instants(2)
	for i := range a {
		if a[i] != b[i] || a[i] < 0 || a[i] > time.Second {
			t.Errorf("client %d begins at %v, and with the same seed at %v: want the same, from 0 to 1s", i, a[i], b[i])
		}
	}
	if a[0] == other[0] && a[1] == other[1] {
		t.Errorf("another seed spreads the clients alike: %v", a)
	}
}

func TestTheSeedCanBeSetFromOutside(t *testing.T) {
	hash := func() (h uint64) {
		simnettest.Run(t, simnet.Config{Seed: 1, Link: netmodel.Link{Latency: time.Millisecond}}, func(t *simnettest.T) {
			t.Net.Host("server")
			t.Burst(3, time.Second, func(d *simnet.Dialer) error { _, err := d.Dial("tcp", "server:80"); return err })
			h = t.Net.Hash()
		})
		return h
	}
	one := hash()
	t.Setenv("SIMNET_SEED", "2")
	two := hash()
	t.Setenv("SIMNET_SEED", "1")
	if again := hash(); one == two || one != again {
		t.Errorf("hashes %x with Seed 1, %x with SIMNET_SEED=2, %x with SIMNET_SEED=1: want the second to differ", one, two, again)
	}
}

func TestNothingIsLeftOpenByATest(t *testing.T) {
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = http.Serve(l, http.NotFoundHandler()) }()
		c, err := t.Net.Host("client").Dial("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = c.Read(make([]byte, 1)) }()
		go func() { _, _ = simnettest.Blackhole()(context.Background(), "tcp", "nowhere:1") }()
	})
	if _, err := os.Stat("testdata"); err == nil {
		t.Error("a test has written into the folder of the package")
	}
}
