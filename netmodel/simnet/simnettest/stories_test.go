package simnettest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/simnettest"
	"wspsim/sim"
)

// Tests that are meant to fail because a listener turns clients away, each by the rules of
// its system.

// crowdOf80 is a burst to a server that stands still at first.
func crowdOf80(t *testing.T, c simnet.Config, serve func(net.Listener)) {
	simnettest.Run(t, c, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go serve(simnettest.Stall(l, 50*time.Millisecond, 300*time.Millisecond))
		for _, err := range simnettest.Group(t.Burst(80, 200*time.Millisecond, hello)) {
			t.Error(err)
		}
	})
}

func TestMeantToFailResetOnFreeBSD(t *testing.T) {
	skipUnlessMeantToFail(t)
	crowdOf80(t, simnet.Config{Seed: 1, Backlog: 5, Profile: profiles.FreeBSD()}, handleEach)
}

func TestMeantToFailRetriesOnWindows(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Seed: 1, Backlog: 5, Profile: profiles.Windows()}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go inline(l)
		for _, err := range simnettest.Group(t.Burst(80, 10*time.Millisecond, hello)) {
			t.Error(err)
		}
	})
}

// dies ends at the first error of Accept, as many loops do.
func dies(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			time.Sleep(time.Second)
			_, _ = io.WriteString(c, "hello")
			_ = c.Close()
		}()
	}
}

func outOfDescriptors(t *testing.T, system netmodel.Profile, serve func(net.Listener)) {
	simnettest.Run(t, simnet.Config{Seed: 1, Profile: system, Descriptors: 6}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go serve(l)
		for _, err := range simnettest.Group(t.Burst(80, 200*time.Millisecond, hello)) {
			t.Error(err)
		}
	})
}

func TestMeantToFailEMFILE(t *testing.T) {
	skipUnlessMeantToFail(t)
	outOfDescriptors(t, profiles.Linux(), dies)
}

func TestMeantToFailWSAEMFILE(t *testing.T) {
	skipUnlessMeantToFail(t)
	outOfDescriptors(t, profiles.Windows(), dies)
}

// goesOn pauses after an error of Accept, as package net/http does.
func goesOn(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		go func() {
			time.Sleep(10 * time.Millisecond)
			_, _ = io.WriteString(c, "hello")
			_ = c.Close()
		}()
	}
}

func TestMeantToFailEMFILEForAWhile(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Seed: 1, Descriptors: 6}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go goesOn(l)
		t.Burst(80, 10*time.Millisecond, hello)
		t.Error("it fails")
	})
}

func TestMeantToFailEMFILEAndCloses(t *testing.T) {
	skipUnlessMeantToFail(t)
	outOfDescriptors(t, profiles.Windows(), func(l net.Listener) { defer l.Close(); dies(l) })
}

func TestMeantToFailLossy(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Seed: 1, Link: netmodel.Link{Latency: time.Millisecond, Loss: sim.Ratio{Num: 1, Den: 10}}}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go handleEach(l)
		t.Burst(20, 10*time.Millisecond, hello)
		t.Error("it fails")
	})
}

// The listener cannot be made: nothing of it has to do with a queue.
func TestMeantToFailWithoutACrowd(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Backlog: 5}, func(t *simnettest.T) {
		if _, err := t.Net.Host("client").Dial("tcp", "nowhere:80"); err != nil {
			t.Error(err)
		}
	})
}

// What a story says of those who were turned away.
func TestAStoryTellsWhyClientsWereTurnedAway(t *testing.T) {
	for _, x := range []struct {
		test string
		want []string
		not  []string
		why  string
	}{
		{"TestMeantToFailResetOnFreeBSD", []string{
			`clients met a full queue 51 times; the first was client-21 at 75\.168ms: accept queue full \(ST\.7\)`,
			`With this seed a backlog of 39 passes and 38 fails\.`,
			`The test was run \d+ times in total: the output of your program appears above once for each run\.`,
		}, []string{`No client met a full queue`}, "FreeBSD resets who completes a handshake and finds no room: that is a full queue"},
		{"TestMeantToFailRetriesOnWindows", []string{
			`a refused client sends its SYN up to 4 times more, 500ms apart; if no SYN finds room, its connect fails \(WS\.T4\)\n`,
			`\n +WS\.T4: `,
		}, nil, "the first that met a full queue got in later"},
		{"TestMeantToFailEMFILE", []string{
			`75 connections wait in the queue of 4097, and no goroutine calls Accept\. Accept failed with EMFILE at 8\.198ms; no connection was accepted since\n`,
			`No client met a full queue: a larger backlog changes nothing\.\n`,
		}, []string{`too slow`, `a second\.`}, "the server did not become slow: it ended"},
		{"TestMeantToFailWSAEMFILE", []string{
			`the listener refused clients 375 times because its program had no descriptor left; the first was client-53 at 8\.334ms: slots used up \(WS\.D6\)`,
			`and no goroutine calls Accept\. Accept failed with WSAEMFILE at 8\.198ms; no connection was accepted since\n`,
		}, []string{`clients met a full queue`, `a backlog of their own`}, "on Windows Accept opens a socket first"},
		{"TestMeantToFailEMFILEAndCloses", []string{
			`10\.1\.0\.1:80 was closed at 8\.198ms\. Accept failed with WSAEMFILE at 8\.198ms; no connection was accepted since\n`,
		}, nil, "nobody listens because the server has closed"},
		{"TestMeantToFailEMFILEForAWhile", []string{
			`80 attempts to connect: 80 accepted\n`,
			`and Accept waits for the next\. Accept failed \d+ times, the last time with EMFILE at \S+ms; (the latest connection was accepted|it was called again) later\n`,
		}, []string{`no connection was accepted since`}, "the server got over it"},
		{"TestMeantToFailLossy", []string{
			`links lost 26 segments\n`,
			`longest time from connect to accept: client-16, 2\.047291s, none of it in the queue\n`,
		}, []string{`longest wait in the queue`, `No client met a full queue`}, "who waits for a lost segment does not wait in the queue"},
		{"TestMeantToFailWithoutACrowd", []string{`no such host`, `no client connected to it \(Blackhole, Refuse and FullQueue have networks of their own\)\n`}, []string{`backlog changes nothing`}, "nobody was turned away"},
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
			for _, not := range x.not {
				if regexp.MustCompile(not).MatchString(got) {
					t.Errorf("%s: its output has %q, want it without: %s\n%s", x.test, not, x.why, got)
				}
			}
		})
	}
}

// Whatever a system does about a full queue, the story calls it that.
func TestAFullQueueIsCalledSoOnEverySystem(t *testing.T) {
	for _, system := range profiles.All() {
		t.Run(system.Name, func(t *testing.T) {
			simnettest.Run(t, simnet.Config{Profile: system, Backlog: 1, Link: netmodel.Link{Latency: time.Millisecond}}, func(t *simnettest.T) {
				if _, err := t.Net.Listen("tcp", "server:80"); err != nil {
					t.Skip(err) // the system has no such sockets
				}
				t.Burst(150, time.Second, func(d *simnet.Dialer) error {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					_, err := d.DialContext(ctx, "tcp", "server:80")
					return err
				})
				time.Sleep(time.Minute) // for those whose ACK is under way
				if story := simnettest.Story(t.Net); !strings.Contains(story, "clients met a full queue ") {
					t.Errorf("%s, 150 clients within 1s, a backlog of 1, and nobody accepts: the story does not say that a queue was full:\n%s", system.Name, story)
				}
			})
		})
	}
}
