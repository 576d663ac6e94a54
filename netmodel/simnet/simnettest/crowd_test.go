package simnettest_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/simnettest"
)

// Tests that are meant to fail because a crowd is too large, too hasty, or not the same
// twice.

// impatient is a client that leaves after 5 s without an answer.
func impatient(d *simnet.Dialer) error {
	c, err := d.Dial("tcp", "server:80")
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	_, err = io.ReadFull(c, make([]byte, 5))
	return err
}

// serveEach answers one client after the other, and takes a time for each.
func serveEach(l net.Listener, each time.Duration) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		time.Sleep(each)
		_, _ = io.WriteString(c, "hello") // a client that is gone finds that out itself
		_ = c.Close()
	}
}

func impatientCrowd(t *testing.T, c simnet.Config, clients int) {
	simnettest.Run(t, c, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go serveEach(l, 20*time.Millisecond)
		for _, err := range simnettest.Group(t.Burst(clients, 10*time.Millisecond, impatient)) {
			t.Error(err)
		}
	})
}

// 50 requests a second, 300 clients, a patience of 5 s.
func TestMeantToFailTooManyForTheirPatience(t *testing.T) {
	skipUnlessMeantToFail(t)
	impatientCrowd(t, simnet.Config{Seed: 1, Backlog: 20, Link: netmodel.Link{Latency: 5 * time.Millisecond}}, 300)
}

func TestMeantToFailTooManyOnWindows(t *testing.T) {
	skipUnlessMeantToFail(t)
	impatientCrowd(t, simnet.Config{Seed: 1, Profile: profiles.Windows(), Backlog: 20}, 600)
}

func TestMeantToFailManyInALargeQueue(t *testing.T) {
	skipUnlessMeantToFail(t)
	impatientCrowd(t, simnet.Config{Seed: 1}, 300)
}

func TestMeantToFailOwnBacklog(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 5}, func(t *simnettest.T) {
		l, err := t.Net.Host("server").ListenBacklog("tcp", ":80", 2)
		if err != nil {
			t.Fatal(err)
		}
		go inline(l)
		t.Error(errors.Join(t.Burst(10, 0, hello)...))
	})
}

func TestMeantToFailSharedDescriptors(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Descriptors: 2}, func(t *simnettest.T) {
		if _, err := t.Net.Listen("tcp", "server:80"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := t.Net.Host("client").Dial("tcp", "server:80"); err != nil {
				t.Error(err)
			}
		}
	})
}

// The pause is a real random number, and a nanosecond longer in each run.
func TestMeantToFailOtherwiseEachTime(t *testing.T) {
	skipUnlessMeantToFail(t)
	pause := time.Duration(rand.IntN(500))
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		t.Net.Host("server")
		time.Sleep(pause)
		pause++
		_, err := t.Net.Host("client").Dial("tcp", "server:80")
		t.Error(err)
	})
}

func TestMeantToFailOnceOnly(t *testing.T) {
	skipUnlessMeantToFail(t)
	runs := 0
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		if runs++; runs == 1 {
			t.Error("the first time only")
		}
	})
}

// As a test that ranges over a map: the network does the same, for somebody else.
func TestMeantToFailOtherNames(t *testing.T) {
	skipUnlessMeantToFail(t)
	names := []string{"a", "b"}
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		t.Net.Host("server")
		for _, name := range names {
			if _, err := t.Net.Host("clients").Dialer(name).Dial("tcp", "server:80"); err != nil {
				t.Error(err)
			}
		}
		slices.Reverse(names)
	})
}

// The clients close as soon as they are connected, and the last one while its ACK is under way.
func TestMeantToFailAtOnce(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Link: netmodel.Link{Latency: time.Millisecond}}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go serveEach(l, 0)
		for range 3 {
			c, err := t.Net.Host("client").Dial("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
		}
		t.Error("it fails")
	})
}

func TestMeantToFailEarlyRecordsDiffer(t *testing.T) {
	skipUnlessMeantToFail(t)
	runs := 0
	simnettest.Run(t, simnet.Config{Trace: 1}, func(t *simnettest.T) {
		t.Net.Host("server")
		runs++
		time.Sleep(time.Duration(runs))
		_, _ = t.Net.Host("client").Dial("tcp", "server:80")
		time.Sleep(time.Second - time.Duration(runs))
		for range 1000 {
			_, _ = t.Net.Host("client").Dial("tcp", "server:80")
		}
		t.Error("it fails")
	})
}

// A crowd with which a run makes about half of the records that a search may.
func TestMeantToFailLargeCrowd(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Seed: 1, Backlog: 5, Trace: 100_000}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go serveEach(simnettest.Stall(l, time.Second, time.Second), 0)
		t.Burst(2000, 2*time.Second, hello)
		if t.Net.Config().Backlog < 1000 {
			t.Error("a backlog of 1000 would do")
		}
	})
}

func TestAFailedCrowdTellsWhatBecameOfIt(t *testing.T) {
	for _, x := range []struct {
		test string
		want []string
		why  string
	}{
		{"TestMeantToFailTooManyForTheirPatience", []string{
			`crowd_test\.go:\d+: 278 times, the first client-1: read tcp 10\.2\.0\.1:\d+->10\.1\.0\.1:80: i/o timeout\n`,
			`300 attempts to connect: 23 accepted, 277 left before accept\n`,
			`client-7 +began at 626µs, connected at 10\.626ms as a phantom \(the server ignored its ACK or data once: accept queue full \(K4\)\), left at 5\.010626s, 5\.01s after it began; it is in the queue, and accept will return it`,
			`at the end, at 5\.\d+s, 10\.1\.0\.1:80: 21 connections wait in the queue of 21, and no goroutine calls Accept`,
			`No backlog is enough: with 600, the largest that was tried, no client met a full queue and the test still fails\. The queue is not the only cause\. In the run with 600: The server accepted 251 of 300 within 5s, about 50 a second\. 49 clients left before accept, the first 5\.01s after it began`,
		}, "50 requests a second, 300 clients, a patience of 5 s: 250 are served at most"},
		{"TestMeantToFailTooManyOnWindows", []string{
			`495 times, the first client-1: dial tcp 10\.1\.0\.1:80: connectex: `,
			`No backlog is enough: with 200, the largest that was tried, clients still met a full queue 1745 times\. In the run with 200: The server accepted 301 of 600`,
			`client-318 and 494 more gave up after error 10061 \(WSAECONNREFUSED\)\. A retry must compare with syscall\.Errno\(10061\): on Windows errors\.Is\(err, syscall\.ECONNREFUSED\) is false`,
		}, "Windows has 200 places at most"},
		{"TestMeantToFailManyInALargeQueue", []string{
			`client-146 +began at 8\.294ms, connected at 8\.294ms, left at 5\.008294s, 5s later; it is in the queue, and accept will return it`,
			`No client met a full queue: a larger backlog changes nothing\. The server accepted 251 of 300 within 5s, about 50 a second\. 49 clients left`,
		}, "the queue holds all of them, and the server is slow"},
		{"TestMeantToFailOwnBacklog", []string{
			`The listeners use a backlog of their own, not Config\.Backlog: no other backlog was tried`,
		}, "the test calls ListenBacklog"},
		{"TestMeantToFailSharedDescriptors", []string{
			`client#3 +began at 0s, and sent no SYN: its own host has no descriptor left`,
			`host "client" had no descriptor left for a connect: Config\.Descriptors limits each host`,
		}, "each host has a budget of its own, this one 2"},
		{"TestMeantToFailLargeCrowd", []string{
			`With this seed a backlog of \d+ passes and \d+ fails; the search between them stopped after (50000 records|2s)\.|search stopped in a run with`,
		}, "a search does not take longer than 2 s, and says what it knows"},
		{"TestMeantToFailOtherwiseEachTime", []string{
			`This test does not repeat: a second run with the same seed had other records \(record hash [0-9a-f]{16}, then [0-9a-f]{16}\)\.\n +The first difference is record 1:\n +first +0\.000\d\d\d ms  < client  connect .*\n +second +0\.000\d\d\d ms  < client`,
			`in the first run\)`,
		}, "two runs that part within a microsecond must not look equal"},
		{"TestMeantToFailOnceOnly", []string{
			`This test does not repeat: a second run with the same seed did the same on the network, and passed\.`,
		}, "the hash is not all that repeats"},
		{"TestMeantToFailOtherNames", []string{
			`This test does not repeat: a second run with the same seed did the same on the network, but with other names\.\n +The first difference is record 1:\n +first .* a +connect .*\n +second .* b +connect`,
		}, "the hash knows clients by their numbers"},
		{"TestMeantToFailAtOnce", []string{
			`1 left before accept\n`,
			`larger backlog changes nothing\.\n`,
		}, "a client that does not wait says nothing about the server"},
		{"TestMeantToFailEarlyRecordsDiffer", []string{
			`The first difference is before record \d+; earlier records are not kept`,
			`the first \d+ records are not kept, so clients that connected or left then are not known`,
		}, "where they part is gone"},
	} {
		t.Run(x.test, func(t *testing.T) {
			got, err := outputOf(x.test)
			if err != nil {
				t.Fatalf("%s: %v\n%s", x.test, err, got)
			}
			for _, want := range x.want {
				if !regexp.MustCompile(want).MatchString(got) {
					t.Errorf("%s: its output lacks %q: %s\n%s", x.test, want, x.why, got)
				}
			}
			if strings.Contains(got, "panic") {
				t.Errorf("%s panics:\n%s", x.test, got)
			}
		})
	}
}

// The two lines in which runs part are never the same.
func TestRunsThatPartWithinAMicrosecondLookDifferent(t *testing.T) {
	got, err := outputOf("TestMeantToFailOtherwiseEachTime")
	lines := regexp.MustCompile(`(?:first|second) +([\d.]+ ms  .*connect called)\n`).FindAllStringSubmatch(got, -1)
	if err != nil || len(lines) != 2 || lines[0][1] == lines[1][1] {
		t.Errorf("the lines in which two runs part, a nanosecond from each other: %v, %v, want two that differ:\n%s", err, lines, got)
	}
}

// How often a failed test is run: once more to see whether it repeats, and then for the
// search.
func TestMeantToFailCountsItsRuns(t *testing.T) {
	skipUnlessMeantToFail(t)
	for name, backlog := range map[string]int{"of-config": 0, "of-its-own": 2} {
		t.Run(name, func(t *testing.T) {
			runs := 0
			t.Cleanup(func() { t.Logf("%d runs", runs) })
			simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 5}, func(t *simnettest.T) {
				runs++
				listen := t.Net.Host("server").Listen
				if backlog > 0 {
					listen = func(network, address string) (*simnet.Listener, error) {
						return t.Net.Host("server").ListenBacklog(network, address, backlog)
					}
				}
				l, err := listen("tcp", ":80")
				if err != nil {
					t.Fatal(err)
				}
				go inline(l)
				t.Error(errors.Join(t.Burst(10, 0, hello)...))
			})
		})
	}
}

func TestAFailedTestIsRunNoMoreOftenThanNeeded(t *testing.T) {
	for _, x := range []struct {
		test, setting string
		want          string
		why           string
	}{
		{"of-config", "SIMNETTEST_SEARCH=off", "2 runs", "the search is off"},
		{"of-config", "SIMNETTEST_SEARCH=", "3 runs", "it fails with the largest, so no other is tried"},
		{"of-its-own", "SIMNETTEST_SEARCH=", "2 runs", "Config.Backlog changes nothing"},
	} {
		got, err := outputOf("TestMeantToFailCountsItsRuns", x.setting)
		if _, part, _ := strings.Cut(got, "--- FAIL: TestMeantToFailCountsItsRuns/"+x.test); err != nil || regexp.MustCompile(`\d+ runs`).FindString(part) != x.want {
			t.Errorf("a test with a backlog %s, %s: %v, want %s: %s\n%s", x.test, x.setting, err, x.want, x.why, got)
		}
	}
}
