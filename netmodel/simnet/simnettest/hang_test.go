package simnettest_test

import (
	"crypto/sha256"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/simnettest"
)

// The tests that hang, each in its own way. They run in a process of their own, all at
// once, with little patience.

var outsideChannel = make(chan int)

func TestMeantToFailMutexHeldDuringRead(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		c := connected(t)
		t.Log("this line is not lost")
		var mu sync.Mutex
		go readLocked(&mu, c)
		time.Sleep(time.Second)
		mu.Lock() // as yamux does when it closes
	})
}

func readLocked(mu *sync.Mutex, c net.Conn) {
	mu.Lock()
	defer mu.Unlock()
	_, _ = c.Read(make([]byte, 1)) // it waits for ever
}

// connected returns a connection to a server that says nothing.
func connected(t *simnettest.T) net.Conn {
	if _, err := t.Net.Listen("tcp", "server:80"); err != nil {
		t.Fatal(err)
	}
	c, err := t.Net.Host("client").Dial("tcp", "server:80")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMeantToFailChannelFromOutside(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		connected(t)
		<-outsideChannel
	})
}

func TestMeantToFailBusyLoop(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		connected(t)
		for until := time.Now().Add(time.Second); time.Now().Before(until); { // virtual time: it never ends
		}
	})
}

func TestMeantToFailSpinsOnErrors(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		t.Net.Host("server").SetFault(netmodel.FaultNoBuffers, true)
		for {
			if _, err := l.Accept(); err == nil { // each fails after a nanosecond
				return
			}
		}
	})
}

func TestMeantToFailRealConnection(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		_, _ = r.Read(make([]byte, 1))
	})
}

func TestMeantToFailWaitsWhileAClockTicks(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		go tick()
		<-make(chan int)
	})
}

// tick is the clock of a package, which nobody can stop.
func tick() {
	for {
		time.Sleep(time.Second)
	}
}

func TestMeantToFailClockOutlivesTheTest(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		for range 3 {
			go tick()
		}
	})
}

func TestMeantToFailStopsTimeAfterTheTest(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		go func() { <-outsideChannel }()
	})
}

func TestMeantToFailTicksAfterTheTest(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		go func() {
			for range time.Tick(time.Microsecond) {
			}
		}()
	})
}

func TestMeantToFailSecondRunHangs(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	runs := 0
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		if runs++; runs > 1 {
			<-outsideChannel
		}
		t.Error("it fails")
	})
}

// A server whose clients hang only when nobody is turned away.
func TestMeantToFailHangsWithALargerBacklog(t *testing.T) {
	skipUnlessMeantToFail(t)
	t.Parallel()
	simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 1}, func(t *simnettest.T) {
		if _, err := t.Net.Listen("tcp", "server:80"); err != nil {
			t.Fatal(err)
		}
		errs := t.Burst(3, 0, func(d *simnet.Dialer) error { _, err := d.Dial("tcp", "server:80"); return err })
		if len(errs) == 0 {
			<-outsideChannel
		}
		t.Error(errs[0])
	})
}

// hangs are the tests that hang, and what their output says.
var hangs = []struct {
	test string
	want []string
	not  string // what it does not say, "" for anything
	why  string
}{
	{"TestMeantToFailMutexHeldDuringRead", []string{
		`this line is not lost`,
		`The bubble was given up: virtual time has stopped at 1s, or less than 1s later, for 1s of real time\.`,
		`1 goroutine waiting for a mutex \(sync\.Mutex\.Lock\):\n +in sync\.\(\*Mutex\)\.Lock \(mutex\.go:\d+\)\n +called by \S+simnettest_test\.TestMeantToFailMutexHeldDuringRead\.func1 \(hang_test\.go:\d+\)`,
		`in \S+/netmodel/simnet\.\(\*Conn\)\.Read \(conn\.go:\d+\)\n +called by \S+simnettest_test\.readLocked \(hang_test\.go:\d+\)`,
		`What to do: a bubble does not count a goroutine that waits for a mutex as waiting`,
		`1 attempt to connect`, `at the end, at 1\S*s, 10\.1\.0\.1:80: 1 connection waits`, `when it hung`,
	}, "", "the story so far, and who waits for whom"},
	{"TestMeantToFailChannelFromOutside", []string{
		`virtual time has stopped at \S+, or less than 1s later, for 1s`,
		`waiting for a channel from outside the bubble \(chan receive\):\n +in \S+TestMeantToFailChannelFromOutside\.func1 \(hang_test\.go:\d+\)`,
		`made outside the function given to Run`,
	}, "", "a variable of a package"},
	{"TestMeantToFailBusyLoop", []string{
		`1 goroutine computing:\n( +.*\n)*? +(in|called by) \S+TestMeantToFailBusyLoop\.func1`,
		`a goroutine computes, or runs in a loop`,
	}, "", "time does not pass for those that do not wait"},
	{"TestMeantToFailSpinsOnErrors", []string{
		`within 1s of real time, virtual time has moved only from 0s to \S+`, `called by \S+TestMeantToFailSpinsOnErrors`, `Let it wait a few milliseconds`,
	}, "", "a nanosecond for each failed accept is no progress"},
	{"TestMeantToFailRealConnection", []string{
		`waiting for the system \((IO wait|syscall)\)`, `a real connection, file or process belongs to no bubble`,
	}, "", "a pipe of the system"},
	{"TestMeantToFailWaitsWhileAClockTicks", []string{
		`the test has not returned after 1h0m0s of virtual time: a goroutine waits for an event that does not come\n +\S.*\n( +.*\n)*? +in \S+TestMeantToFailWaitsWhileAClockTicks\.func1`,
		`hang_test\.go:\d+: the test has not returned after`,
		`The bubble was given up: the test has not returned, although its network was closed 5m0s of virtual time ago\. Its goroutines are those named above\.`,
		`started by \S+TestMeantToFailWaitsWhileAClockTicks\.func1`,
	}, "SIMNETTEST_STILL", "virtual time would run on and on"},
	{"TestMeantToFailClockOutlivesTheTest", []string{
		`3 goroutines have not ended 5m0s of virtual time after the test returned:\n +3 goroutines sleeping:\n +in time\.Sleep \(\S+\)\n +called by \S+simnettest_test\.tick `,
		`start them before Run, outside the bubble`,
	}, "", "as the clocks of fasthttp and fiber"},
	{"TestMeantToFailStopsTimeAfterTheTest", []string{
		`the test has returned, and its goroutines have not ended within 1s of real time`, `TestMeantToFailStopsTimeAfterTheTest\.func1\.1`,
		`made outside the function given to Run`,
	}, "", "what stops time after the test has returned"},
	{"TestMeantToFailTicksAfterTheTest", []string{
		`The bubble was given up: the test has returned, and its goroutines have not ended within 1s of real time\.`,
		`What to do: end them before the test returns`,
	}, "", "virtual time goes on, a microsecond at a time: it does not stand still"},
	{"TestMeantToFailSecondRunHangs", []string{
		`it fails`, `This test does not repeat: a second run with the same seed did not|This test does not repeat: .*and then hung`, `TestMeantToFailSecondRunHangs\.func1`,
	}, "", "the second run is bounded, too"},
	{"TestMeantToFailHangsWithALargerBacklog", []string{
		`It is not known whether a larger backlog would be enough: the search stopped in a run with a backlog of 6, which hangs or takes longer than 2s\.`,
	}, "", "and so is the search"},
}

func TestAHangEndsWithTheNamesOfItsGoroutines(t *testing.T) {
	t.Parallel()
	tests := []string{"TestMeantToFailNotTheQueue"} // which does not hang
	for _, x := range hangs {
		tests = append(tests, x.test)
	}
	began := time.Now()
	all, err := outputOf("("+strings.Join(tests, "|")+")", "SIMNETTEST_STILL=1s", "-test.parallel=20")
	took := time.Since(began)
	if err != nil || strings.Contains(all, "panic") || strings.Contains(all, "fatal error") || took > 60*time.Second {
		t.Fatalf("tests that hang, after %v: %v, want each to end, and nothing else of the binary:\n%s", took, err, all)
	}
	for _, x := range hangs {
		_, got, _ := strings.Cut(all, "--- FAIL: "+x.test+" ")
		got, _, _ = strings.Cut(got, "--- FAIL: ")
		for _, want := range x.want {
			if !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s: its output lacks %q: %s\n%s", x.test, want, x.why, got)
			}
		}
		if x.not != "" && strings.Contains(got, x.not) {
			t.Errorf("%s: its output has %q, want it without: %s\n%s", x.test, x.not, x.why, got)
		}
	}
	if !strings.Contains(all, "--- FAIL: TestMeantToFailNotTheQueue") {
		t.Errorf("beside tests that hang, a test that does not is not run to its end:\n%s", all)
	}
}

func TestAHangEndsBeforeTheTimeLimitOfTheBinary(t *testing.T) {
	t.Parallel()
	got, err := outputOf("TestMeantToFailChannelFromOutside", "SIMNETTEST_STILL=1h", "-test.timeout=5s")
	if want := "the test is not over, and the time limit of the test binary (go test -timeout) is near"; err != nil || !strings.Contains(got, want) || strings.Contains(got, "panic") {
		t.Errorf("a hang with -test.timeout=5s and SIMNETTEST_STILL=1h: %v, want %q and no panic:\n%s", err, want, got)
	}
}

func TestAHangCanBeLeftToADebugger(t *testing.T) {
	t.Parallel()
	got, err := outputOf("TestMeantToFailChannelFromOutside", "SIMNETTEST_STILL=off", "-test.timeout=3s")
	if err != nil || !strings.Contains(got, "panic: test timed out") {
		t.Errorf("a hang with SIMNETTEST_STILL=off: %v, want it to last until the time limit of the binary:\n%s", err, got)
	}
}

// A test that computes much and waits often is not a hang.
func TestSlowTestsAreNoHangs(t *testing.T) {
	t.Setenv("SIMNETTEST_STILL", "1s")
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go inline(l)
		for range 20 {
			c, err := t.Net.Host("client").Dial("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.ReadAll(c)
			compute()
			time.Sleep(200 * time.Millisecond)
		}
	})
}

// compute takes a processor some 75 ms of real time.
func compute() {
	sum := sha256.Sum256(nil)
	for range 200_000 {
		sum = sha256.Sum256(sum[:])
	}
}

// A goroutine that wakes up when its bubble was given up does no harm to the tests that
// follow.
func TestMeantToFailWakesUpLater(t *testing.T) {
	skipUnlessMeantToFail(t)
	for _, call := range []func(t *simnettest.T){
		func(t *simnettest.T) { t.Error("too late") },
		func(t *simnettest.T) { t.Fatal("too late") },
		func(t *simnettest.T) { t.Log("too late") },
		func(t *simnettest.T) { t.Fail() },
		func(t *simnettest.T) { t.FailNow() },
		func(t *simnettest.T) { _ = t.Net.Close(); t.Errorf("too late") },
	} {
		t.Run("call", func(t *testing.T) {
			wake := make(chan bool)
			defer func() { // Run has given its bubble up
				close(wake)
				time.Sleep(50 * time.Millisecond)
			}()
			simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
				<-wake
				call(t)
			})
		})
	}
	time.Sleep(100 * time.Millisecond)
}

func TestAGoroutineThatWakesUpTooLateIsNotHeard(t *testing.T) {
	t.Parallel()
	got, err := outputOf("TestMeantToFailWakesUpLater", "SIMNETTEST_STILL=1s")
	if err != nil || strings.Contains(got, "panic") || strings.Contains(got, "too late") || strings.Count(got, "The bubble was given up") != 6 {
		t.Errorf("six bubbles that are given up after 1s and wake up then: %v, want six that are given up and no more:\n%s", err, got)
	}
}
