package simnettest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/simnettest"
	"wspsim/sim"
)

// badConfigs are settings with which no network can be made.
var badConfigs = []struct {
	name   string
	config simnet.Config
	want   string // in the sentence
}{
	{"descriptors", simnet.Config{Descriptors: -1}, `-1 descriptors: want 0 \(no limit\) or more`},
	{"window", simnet.Config{Window: -1}, `a window of -1 bytes: want 1 to \d+`},
	{"large-window", simnet.Config{Window: 1<<29 + 1}, `a window of \d+ bytes: want 1 to \d+`},
	{"trace", simnet.Config{Trace: -5}, `a trace of -5 records: want 1 to \d+`},
	{"backlog", simnet.Config{Backlog: -2}, `a backlog of -2: want 0 \(SOMAXCONN\) to 2147483647`},
	{"profile", simnet.Config{Profile: netmodel.Profile{Name: "mine"}}, `profile mine: ports`},
	{"link", simnet.Config{Link: netmodel.Link{Latency: -time.Second}}, `link: latency -1s: want 0 to 1h0m0s`},
	{"loss", simnet.Config{Link: netmodel.Link{Loss: sim.Ratio{Num: 3, Den: 2}}}, `link: loss: .*3/2`},
}

func TestMeantToFailConfigs(t *testing.T) {
	skipUnlessMeantToFail(t)
	for _, x := range badConfigs {
		t.Run(x.name, func(t *testing.T) {
			simnettest.Run(t, x.config, func(t *simnettest.T) { t.Log("it runs") })
		})
	}
}

func TestAConfigThatIsNotValidEndsTheTestWithASentence(t *testing.T) {
	got, err := outputOf("TestMeantToFailConfigs")
	if err != nil || strings.Contains(got, "panic") || strings.Contains(got, "it runs") {
		t.Fatalf("tests with a bad Config: %v, want them to fail, without a panic:\n%s", err, got)
	}
	for _, x := range badConfigs {
		want := `--- FAIL: TestMeantToFailConfigs/` + x.name + ` .*\n.*settings_test\.go:\d+: simnettest\.Run: the simnet\.Config is not valid: ` + x.want
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("Run with a bad %s: want %q:\n%s", x.name, want, got)
		}
	}
}

func TestTheCrowdOfBurstHasDescriptorsEnough(t *testing.T) {
	for _, x := range []struct {
		name string
		make func(n *simnet.Network)
		want int // clients that fail
		why  string
	}{
		{"as it is", func(*simnet.Network) {}, 0, "Config.Descriptors is for the server"},
		{"made before", func(n *simnet.Network) { n.AddHost("clients", simnet.HostConfig{Descriptors: 4}) }, 16, "a host that the test has made is as it was made"},
	} {
		simnettest.Run(t, simnet.Config{Descriptors: 1}, func(t *simnettest.T) {
			x.make(t.Net)
			if _, err := t.Net.Listen("tcp", "server:80"); err != nil {
				t.Fatal(err)
			}
			errs := t.Burst(20, 0, func(d *simnet.Dialer) error {
				_, err := d.Dial("tcp", "server:80")
				return err
			})
			if len(errs) != x.want {
				t.Errorf("%s: 20 clients, Config{Descriptors: 1}: %d have failed, want %d: %s", x.name, len(errs), x.want, x.why)
			}
		})
	}
}

// A bubble alone passes instead, and goes on after Run. (Go 1.26: testing/synctest, Test)
func TestASkipInRunSkipsTheTest(t *testing.T) {
	var after, skipped bool
	t.Run("skips", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) { t.Skip("as this test is meant to") })
		after = true
	})
	if after || !skipped {
		t.Errorf("a test that skips within Run: skipped %v, goes on after Run %v; want true and false", skipped, after)
	}
}

// A caller may ask whether what Burst returns is nil.
func TestBurstReturnsNilForNoErrors(t *testing.T) {
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		if errs := t.Burst(3, 0, func(*simnet.Dialer) error { return nil }); errs != nil {
			t.Errorf("Burst of 3 clients without errors: %#v, want nil", errs)
		}
	})
}

func TestMeantToFailNilTest(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{}, nil)
}

func TestATestThatIsNilEndsWithASentence(t *testing.T) {
	want := "simnettest.Run: the function is nil: want the function of the test"
	if got, err := outputOf("TestMeantToFailNilTest"); err != nil || !strings.Contains(got, want) || strings.Contains(got, "panic") {
		t.Errorf("Run with a nil function: %v, want %q and no panic:\n%s", err, want, got)
	}
}

func TestAVariableThatIsWrongIsSaid(t *testing.T) {
	for _, x := range []struct{ setting, want string }{
		{"SIMNET_SEED=-1", `SIMNET_SEED is "-1": want a number from 0 to`},
		{"SIMNETTEST_STILL=soon", `SIMNETTEST_STILL is "soon": want a duration of at least 100ms, such as 30s, or off`},
		{"SIMNETTEST_STILL=1ms", `SIMNETTEST_STILL is "1ms": want a duration of at least 100ms`},
		{"SIMNETTEST_SEARCH=no", `SIMNETTEST_SEARCH is "no": want off, which switches the search for a backlog off, or no such variable`},
	} {
		if got, err := outputOf("TestMeantToFailRefused", x.setting); err != nil || !regexp.MustCompile(`failing_test\.go:\d+: `+regexp.QuoteMeta(x.want)).MatchString(got) {
			t.Errorf("with %s: %v, want, at the line of the test, %q:\n%s", x.setting, err, x.want, got)
		}
	}
}

// A story that sends its reader to a heading names one that there is.
func TestTheHeadingsThatStoriesNameExist(t *testing.T) {
	for _, x := range []struct{ test, file string }{{"TestMeantToFailOtherwiseEachTime", "../doc.go"}} {
		got, err := outputOf(x.test)
		doc, _ := os.ReadFile(x.file)
		heading := regexp.MustCompile(`See "([^"]+)" in the documentation`).FindStringSubmatch(got)
		if err != nil || heading == nil || !strings.Contains(string(doc), "// # "+heading[1]+"\n") {
			t.Errorf("%s: %v, it names the heading %q, want one of %s:\n%s", x.test, err, heading, x.file, got)
		}
	}
}

// A network belongs to where it was made: no call of it waits for an answer that cannot
// come.
func TestANetworkOfAnotherPlaceIsRefusedWithASentence(t *testing.T) {
	outside := simnet.New(simnet.Config{})
	l, err := outside.Listen("tcp", "server:80")
	if err != nil {
		t.Fatal(err)
	}
	outsideClient := outside.Host("client")
	var inside *simnet.Network
	calls := func(n *simnet.Network, client *simnet.Host, l *simnet.Listener) map[string]error {
		_, listen := n.Listen("tcp", "other:80")
		_, dial := client.Dial("tcp", "server:80")
		_, accept := l.Accept()
		return map[string]error{"Listen": listen, "Dial": dial, "Accept": accept}
	}
	check := func(where, want string, got map[string]error) {
		for _, call := range []string{"Listen", "Dial", "Accept"} {
			if err := got[call]; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: %v, want an error with %q", call, where, err, want)
			}
		}
	}
	var insideListener *simnet.Listener
	var insideClient *simnet.Host
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		inside, insideClient = t.Net, t.Net.Host("client")
		if insideListener, err = inside.Listen("tcp", "server:80"); err != nil {
			t.Fatal(err)
		}
		check("within a bubble, of a network from outside", "the network was made outside this bubble of testing/synctest: make it in the bubble", calls(outside, outsideClient, l))
	})
	check("outside, of a network of a bubble", "the network was made in a bubble of testing/synctest: use it in that bubble", calls(inside, insideClient, insideListener))
}

func TestTheSearchCanBeSwitchedOff(t *testing.T) {
	got, err := outputOf("TestMeantToFailRefused", "SIMNETTEST_SEARCH=off")
	if err != nil || strings.Contains(got, "a backlog of 19") || !strings.Contains(got, "the same in two runs") {
		t.Errorf("with SIMNETTEST_SEARCH=off: %v, want a story that names no other backlog:\n%s", err, got)
	}
}

// What is found does not depend on how fast the machine is.
func TestTheSearchFindsTheSameOnOneProcessorAndOnMany(t *testing.T) {
	found := regexp.MustCompile(`With this seed .*`)
	want := "With this seed a backlog of 19 passes and 18 fails. The test then takes 1.00019s."
	for _, procs := range []string{"1", "2", "8"} {
		got, err := outputOf("TestMeantToFailRefused", "-test.cpu="+procs)
		if found := found.FindString(got); err != nil || found != want {
			t.Errorf("on %s processors: %v, %q, want %q", procs, err, found, want)
		}
	}
}

func TestGroupMakesOneErrorOfThoseThatAreAlike(t *testing.T) {
	var errs []error
	simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 5}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go inline(l)
		errs = t.Burst(20, 0, func(d *simnet.Dialer) error {
			c, err := d.Dial("tcp", "server:80")
			if err != nil {
				return err
			}
			_ = c.SetReadDeadline(time.Now().Add(120 * time.Millisecond))
			_, err = io.ReadAll(c) // from a port of its own
			return err
		})
	})
	grouped := simnettest.Group(errs)
	if len(errs) != 18 || len(grouped) != 2 {
		t.Fatalf("%d errors make %d, want 18 and 2: %v", len(errs), len(grouped), grouped)
	}
	for i, want := range []string{`^\d+ times, the first client-\d+: dial tcp 10\.1\.0\.1:80: connectex: `, `^\d+ times, the first client-\d+: read tcp 10\.2\.0\.1:\d+->10\.1\.0\.1:80: i/o timeout$`} {
		var op *net.OpError
		if err := grouped[1-i]; !regexp.MustCompile(want).MatchString(err.Error()) && !regexp.MustCompile(want).MatchString(grouped[i].Error()) || !errors.As(err, &op) {
			t.Errorf("Group: %v, want one like %s, with a *net.OpError in each", grouped, want)
		}
	}
}

func TestGroupKeepsApartWhatDiffers(t *testing.T) {
	same := fmt.Errorf("request 1: %w", io.EOF)
	got := simnettest.Group([]error{same, nil, fmt.Errorf("request 2: %w", io.EOF), same, context.Canceled})
	want := []string{"2 times, the first request 1: EOF", "request 2: EOF", "context canceled"}
	if len(got) != len(want) {
		t.Fatalf("Group: %v, want %q", got, want)
	}
	for i, err := range got {
		if err.Error() != want[i] {
			t.Errorf("Group, error %d: %q, want %q", i, err, want[i])
		}
	}
	if !errors.Is(got[0], io.EOF) || errors.Is(got[2], io.EOF) || len(simnettest.Group(nil)) != 0 {
		t.Errorf("Group: errors.Is finds io.EOF in %v, and Group(nil) is %v", got, simnettest.Group(nil))
	}
}

// While a program stands still, nobody is accepted: neither by an accept that waited when
// it began, nor by one that is made meanwhile.
func TestAStalledProgramAcceptsNobody(t *testing.T) {
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		inner, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		l := simnettest.Stall(inner, time.Second, time.Second)
		accepted := make(chan time.Duration)
		for range 2 { // two accept loops
			go func() {
				for {
					if _, err := l.Accept(); err != nil {
						return
					}
					accepted <- time.Since(began).Round(time.Microsecond)
				}
			}()
		}
		var got []time.Duration
		go func() {
			for _, at := range []time.Duration{500, 600, 1000, 1500, 1999, 2000, 3000} {
				time.Sleep(time.Until(began.Add(at * time.Millisecond)))
				if _, err := t.Net.Host("client").Dial("tcp", "server:80"); err != nil {
					t.Error(err)
				}
			}
		}()
		want := []time.Duration{500, 600, 2000, 2000, 2000, 2000, 3000}
		for range want {
			got = append(got, <-accepted)
		}
		for i, at := range want {
			if got[i] != at*time.Millisecond {
				t.Errorf("a program that stands still from 1s to 2s accepts at %v, want %v ms", got, want)
				break
			}
		}
	})
}

func TestAStalledListenerCanBeClosed(t *testing.T) {
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		inner, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		for _, wait := range []time.Duration{500 * time.Millisecond, 2 * time.Second} { // before it stands still, and after
			l := simnettest.Stall(inner, time.Second, 100*time.Millisecond)
			time.AfterFunc(wait, func() { _ = l.Close() })
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Accept of a listener that is closed after %v: %v, want net.ErrClosed", wait, err)
			}
			if inner, err = t.Net.Listen("tcp", "server:80"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestStallWorksOnTheRealClock(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer inner.Close()
	began := time.Now()
	l := simnettest.Stall(inner.(*net.TCPListener), 0, 100*time.Millisecond)
	go func() {
		if c, err := net.Dial("tcp", inner.Addr().String()); err == nil {
			_ = c.Close()
		}
	}()
	if _, err := l.Accept(); err != nil || time.Since(began) < 100*time.Millisecond {
		t.Errorf("Accept of a program that stands still for 100ms: %v after %v", err, time.Since(began))
	}
}

// pooled stands for the pools of timers and channels that packages keep.
var pooled = sync.Pool{New: func() any { return time.NewTimer(time.Hour) }}

func TestMeantToFailPooledTimers(t *testing.T) {
	skipUnlessMeantToFail(t)
	defer func() { // outside a bubble
		timer := pooled.Get().(*time.Timer)
		timer.Reset(time.Millisecond)
		<-timer.C
	}()
	for range 2 {
		t.Run("run", func(t *testing.T) {
			simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 1}, func(t *simnettest.T) {
				timer := pooled.Get().(*time.Timer)
				timer.Reset(time.Second)
				<-timer.C
				pooled.Put(timer)
				if _, err := t.Net.Listen("tcp", "server:80"); err != nil {
					t.Fatal(err)
				}
				t.Error(len(t.Burst(3, 0, func(d *simnet.Dialer) error { _, err := d.Dial("tcp", "server:80"); return err })))
			})
		})
	}
}

// The first bubble of a process leaves nothing behind: neither for the second, nor for
// those in which Run runs a test again, nor for what follows outside.
func TestWhatAPackageKeepsDoesNotReachTheNextBubble(t *testing.T) {
	got, err := outputOf("TestMeantToFailPooledTimers")
	if err != nil || strings.Contains(got, "fatal error") || strings.Contains(got, "panic") || strings.Count(got, "the same in two runs") != 2 {
		t.Errorf("two tests with a pool of timers: %v, want two stories:\n%s", err, got)
	}
}

// A connection that is closed at the instant at which a story is told is closed in it.
func TestAStoryKnowsWhoHasJustClosed(t *testing.T) {
	simnet.BeforeBubble()
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		if _, err := n.Listen("tcp", "server:80"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		c, err := n.Host("client").Dial("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		_ = c.Close()
		got := simnettest.Story(n)
		for _, want := range []string{"1 attempt to connect: 1 left before accept", "began at 1s, connected at 1s, left at 6s, 5s later"} {
			if !strings.Contains(got, want) {
				t.Errorf("the story of a client that left after 5s lacks %q:\n%s", want, got)
			}
		}
		_ = n.Close()
		time.Sleep(time.Minute)
	})
}
