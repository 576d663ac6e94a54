package simnet_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/simnet"
)

// inTwoBubbles are programs that end the process in their second bubble unless
// BeforeBubble has been called. Each runs in a process of its own.
var inTwoBubbles = map[string]struct {
	program func(t *testing.T)
	why     string
}{
	"resolver": {func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, _ = (&net.Resolver{PreferGo: true}).LookupHost(ctx, "localhost")
	}, "package net keeps the channel that guards resolv.conf"},
	"pool of channels": {func(*testing.T) {
		borrow(&channels, func(c chan int) { c <- 1; <-c })
	}, "a package keeps channels in a sync.Pool"},
	"pool of timers": {func(*testing.T) {
		borrow(&timers, func(x *time.Timer) { x.Reset(time.Second); <-x.C })
	}, "a package keeps timers in a sync.Pool"},
}

// borrow uses many values of a pool at once and puts all of them back. With the
// race detector a sync.Pool drops one value of four, at random; of a hundred
// some stay for the next bubble.
func borrow[T any](pool *sync.Pool, use func(T)) {
	values := make([]T, 100)
	for i := range values {
		values[i] = pool.Get().(T)
		use(values[i])
	}
	for _, v := range values {
		pool.Put(v)
	}
}

var (
	channels = sync.Pool{New: func() any { return make(chan int, 1) }}
	timers   = sync.Pool{New: func() any { return time.NewTimer(time.Hour) }}
)

const twoBubbles = "SIMNET_TWO_BUBBLES"

// TestTwoBubblesOfOneProcess is what the processes of the next test run.
func TestTwoBubblesOfOneProcess(t *testing.T) {
	name, prepared := strings.CutSuffix(os.Getenv(twoBubbles), ", prepared")
	x, ok := inTwoBubbles[name]
	if !ok {
		t.Skip("it can end the process, so another test runs it in one of its own")
	}
	for range 2 {
		if prepared {
			simnet.BeforeBubble()
		}
		synctest.Test(t, x.program)
	}
}

func TestBeforeBubbleKeepsASecondBubbleAlive(t *testing.T) {
	for name, x := range inTwoBubbles {
		t.Run(name, func(t *testing.T) {
			run := func(name string) (string, error) {
				command := exec.Command(os.Args[0], "-test.run=^TestTwoBubblesOfOneProcess$", "-test.count=1")
				command.Env = append(os.Environ(), twoBubbles+"="+name, "GOMAXPROCS=1", "GOGC=off")
				b, err := command.CombinedOutput()
				return string(b), err
			}
			if got, err := run(name); err == nil {
				t.Errorf("two bubbles, not prepared: they pass, want the process to end, or this proves nothing (%s)\n%s", x.why, got)
			}
			if got, err := run(name + ", prepared"); err != nil {
				t.Errorf("two bubbles after BeforeBubble: %v, want them to pass (%s)\n%s", err, x.why, got)
			}
		})
	}
}

func TestANetworkLivesAsLongAsItsBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{})
		time.Sleep(40 * 365 * 24 * time.Hour)
		listenOn(t, n)
		dialed(t, n)
		_ = n.Close()
	})
}
