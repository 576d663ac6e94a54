package acceptcheck_test

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"wspsim/netmodel/simnet/acceptcheck"
)

// still are servers in whose bubble virtual time does not go on. Each runs in a process
// of its own, since what it leaves behind cannot be ended.
var still = map[string]struct {
	serve func(net.Listener) error
	want  []string
	why   string
}{
	"mutex": {func(l net.Listener) error {
		var mu sync.Mutex
		return loop(l, func(c net.Conn) {
			go readLocked(&mu, c)
			go readLocked(&mu, c)
		})
	}, []string{"virtual time has stopped", "acceptcheck_test.readLocked at bubble_test.go:44 (sync.Mutex.Lock)", "Do not hold a mutex"},
		"a goroutine that waits for a mutex is not known to wait"},
	"loop": {func(l net.Listener) error {
		return loop(l, func(net.Conn) { go turn() })
	}, []string{"virtual time has stopped", "acceptcheck_test.turn at bubble_test.go:"}, "a goroutine that never waits"},
	"outside": {func(l net.Listener) error {
		return loop(l, func(net.Conn) { go waitOutside() })
	}, []string{"virtual time has stopped", "acceptcheck_test.waitOutside at bubble_test.go:61 (chan receive)"}, "somebody outside of the bubble could send"},
	"poll": {func(l net.Listener) error {
		go poll()
		return loop(l, func(c net.Conn) { go serveConn(c) })
	}, []string{"not finished after", "poll without a pause"}, "virtual time goes on, a microsecond at a time"},
}

func readLocked(mu *sync.Mutex, c net.Conn) {
	for {
		mu.Lock()
		_, _ = c.Read(make([]byte, 1024))
		time.Sleep(time.Hour) // the client has left: a Read returns at once
		mu.Unlock()
	}
}

var turning int

func turn() {
	for {
		turning++
	}
}

var outside = make(chan int)

func waitOutside() { <-outside }

func poll() {
	for {
		time.Sleep(time.Microsecond)
	}
}

const stillServer = "ACCEPTCHECK_STILL"

// TestAStillServer is what the processes of the next test run.
func TestAStillServer(t *testing.T) {
	x, ok := still[os.Getenv(stillServer)]
	if !ok {
		t.Skip("it leaves goroutines behind, so another test runs it in a process of its own")
	}
	acceptcheck.RunWithin(t, time.Second, 3*time.Second, x.serve)
}

func TestAServerInWhichTimeStandsStillEndsTheTest(t *testing.T) {
	for name, x := range still {
		t.Run(name, func(t *testing.T) {
			command := exec.Command(os.Args[0], "-test.run=^TestAStillServer$", "-test.timeout=30s")
			command.Env = append(os.Environ(), stillServer+"="+name)
			b, err := command.CombinedOutput()
			if err == nil {
				t.Errorf("a server in which time stands still: the test passes, want it to fail (%s)\n%s", x.why, b)
			}
			for _, want := range append(x.want, "--- FAIL: TestAStillServer", "acceptcheck: EMFILE: ") {
				if !strings.Contains(string(b), want) {
					t.Errorf("the test of a server in which time stands still lacks %q (%s):\n%s", want, x.why, b)
				}
			}
			for _, other := range []string{"acceptcheck_test.loop", "simnet/internal/bubble."} {
				if strings.Contains(string(b), other) {
					t.Errorf("the test names %q, which waits as it must or is none of the server's:\n%s", other, b)
				}
			}
		})
	}
}

var clock sync.Once

func tick() {
	for {
		time.Sleep(time.Second)
	}
}

// As fasthttp does, which keeps the date of its answers so.
func TestAClockThatIsLeftBehindIsNamed(t *testing.T) {
	report := acceptcheck.Run(t, func(l net.Listener) error {
		clock.Do(func() { go tick() })
		return loop(l, func(c net.Conn) { go serveConn(c) })
	})
	for i, r := range report {
		if !r.OK() {
			t.Errorf("a server with a clock: %v, want it to recover", r)
		}
		if got, want := strings.Join(r.Left, ", "), "wspsim/netmodel/simnet/acceptcheck_test.tick at bubble_test.go:107 (sleep)"; i == 0 && got != want {
			t.Errorf("a server with a clock, Left of its first bubble: got %q, want %q", got, want)
		} else if i > 0 && len(r.Left) > 0 {
			t.Errorf("a server with one clock, Left of a later bubble: got %q, want nothing", got)
		}
	}
	if text := report.String(); !strings.Contains(text, "left behind, waits or sleeps for ever: wspsim/netmodel/simnet/acceptcheck_test.tick at bubble_test.go:107 (sleep)\n") {
		t.Errorf("the report does not name the clock:\n%s", text)
	}
}

// replies are the channels of a package that keeps them, as nats.go and smux do.
var replies = sync.Pool{New: func() any { return make(chan error, 1) }}

// A channel of one bubble in the next ends the process, unless simnet.BeforeBubble empties
// the pools.
func TestABatteryOutlivesPoolsOfChannels(t *testing.T) {
	report := acceptcheck.Run(t, func(l net.Listener) error {
		return loop(l, func(c net.Conn) {
			reply := replies.Get().(chan error)
			reply <- nil
			<-reply
			replies.Put(reply)
			go serveConn(c)
		})
	})
	for _, r := range report.Failed() {
		t.Errorf("a server with a pool of channels: %v, want it to recover", r)
	}
}
