package acceptcheck

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/simnet"
)

// limits is how much real time a bubble may take.
type limits struct {
	still time.Duration // while virtual time stands still
	whole time.Duration // from beginning to end
}

var usual = limits{still: 10 * time.Second, whole: time.Minute}

// beat is what virtual time has to go on by, or else it stands still.
const beat = 10 * time.Millisecond

// bubble is a bubble of testing/synctest that is watched from outside.
type bubble struct {
	name     atomic.Pointer[string] // as stack traces have it: "synctest bubble 7"
	beats    atomic.Int64           // how often virtual time has gone on by a beat
	returned bool                   // what ran in it has
	ended    chan struct{}
	whole    bool // it has ended as a test does
	panicked any
}

// inBubble runs f in a bubble of its own. It returns the goroutines that f has left
// behind. A bubble cannot be ended from outside: if virtual time stands still in it, or
// if it takes too long, the test fails and its goroutines are left to themselves.
func inBubble(t *testing.T, what string, most limits, f func(*testing.T)) (left []string) {
	t.Helper()
	simnet.BeforeBubble()
	b := &bubble{ended: make(chan struct{})}
	go b.run(t, f)
	if why := b.watch(most); why != "" {
		t.Fatalf("acceptcheck: %s: %s\n%s", what, why, b.culprits())
	}
	switch {
	case b.whole:
		return nil
	case b.panicked == nil:
		t.FailNow() // as it did inside
	case !b.returned:
		panic(b.panicked)
	}
	// Virtual time stops when f has returned, so that a goroutine which sleeps waits for
	// ever, too, and synctest panics. (Go 1.26: runtime/synctest.go, synctestRun)
	return b.names(func(string) bool { return true })
}

// run is a goroutine of its own, so that the one that watches can give up.
func (b *bubble) run(t *testing.T, f func(*testing.T)) {
	defer close(b.ended)
	defer func() { b.panicked = recover() }()
	synctest.Test(t, func(t *testing.T) {
		name := bubbleOf(heading())
		b.name.Store(&name)
		over := make(chan struct{})
		defer close(over)
		go func() {
			for {
				select {
				case <-time.After(beat):
					b.beats.Add(1)
				case <-over:
					return
				}
			}
		}()
		f(t)
		b.returned = true
	})
	b.whole = true
}

// watch waits until the bubble has ended, and otherwise says why it waits no more.
func (b *bubble) watch(most limits) string {
	tick := time.NewTicker(most.still / 20)
	defer tick.Stop()
	began := time.Now()
	moved, beats := began, int64(0)
	for {
		select {
		case <-b.ended:
			return ""
		case now := <-tick.C:
			if n := b.beats.Load(); n != beats {
				moved, beats = now, n
			}
			if now.Sub(moved) >= most.still {
				return fmt.Sprintf("virtual time has stood still for %v. It goes on only when every goroutine of the bubble waits for another one, or sleeps", most.still)
			}
			if now.Sub(began) >= most.whole {
				return fmt.Sprintf("not over after %v of real time, and %v of virtual time; is something polled without a pause?", most.whole, time.Duration(beats)*beat)
			}
		}
	}
}

// culprits names the goroutines that keep virtual time from going on.
func (b *bubble) culprits() string {
	names := b.names(func(state string) bool { return !strings.Contains(state, "(durable)") })
	if len(names) == 0 {
		return "Every goroutine of the bubble waits now. Something outside of it wakes them again and again."
	}
	return "These goroutines do neither:\n\t" + strings.Join(names, "\n\t") +
		"\nA goroutine that waits for a sync.Mutex, a file, a real connection or a channel from outside stops the clock. " +
		"Do not hold a mutex during Read, Write or Accept; start what lives as long as the program before Run, outside."
}

// names returns the goroutines of the bubble whose state is wanted, by function, each
// once.
func (b *bubble) names(wanted func(state string) bool) []string {
	bubble := b.name.Load()
	if bubble == nil {
		return nil
	}
	var names []string
	for _, stack := range strings.Split(stacks(), "\n\n") {
		first, frames, _ := strings.Cut(stack, "\n")
		// The goroutine that has called synctest.Test belongs to the bubble and has no part in it.
		if bubbleOf(first) != *bubble || strings.Contains(frames, "internal/synctest.Run(") || !wanted(first) {
			continue
		}
		_, state, _ := strings.Cut(first, "[")
		state, _, _ = strings.Cut(state, ",")
		state = strings.TrimSuffix(strings.TrimSuffix(state, "]:"), " (durable)")
		if name := fmt.Sprintf("%s (%s)", whose(frames), state); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// whose returns the function that a goroutine is in, with its file and line: the innermost
// one that is not of the runtime or of a package that programs wait in.
func whose(frames string) string {
	innermost := ""
	lines := strings.Split(strings.TrimSpace(frames), "\n")
	for i := 0; i+1 < len(lines); i += 2 { // a call, and below it its place
		line := strings.TrimSpace(lines[i])
		if created, ok := strings.CutPrefix(line, "created by "); ok {
			line, _, _ = strings.Cut(created, " in goroutine")
		} else if i := strings.LastIndexByte(line, '('); i > 0 {
			line = line[:i]
		}
		named := line + " at " + placeOf(lines[i+1])
		if innermost == "" {
			innermost = named
		}
		if !slices.ContainsFunc(waitedIn, func(p string) bool { return strings.HasPrefix(line, p) }) {
			return named
		}
	}
	return innermost
}

// placeOf returns the place that a stack trace names below a call, as "server.go:12".
func placeOf(line string) string {
	file, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return file[strings.LastIndexByte(file, '/')+1:]
}

// waitedIn are the packages whose functions do not tell whose goroutine it is.
var waitedIn = []string{"runtime.", "internal/", "sync.", "time.", "testing", "io.", "bufio.", "net.", "os.",
	reflect.TypeFor[simnet.Network]().PkgPath() + ".", reflect.TypeFor[Report]().PkgPath() + ".(*watched"}

// bubbleOf returns the bubble that the heading of a stack trace names, such as
// "synctest bubble 7", or "".
func bubbleOf(heading string) string {
	i := strings.Index(heading, "synctest bubble ")
	if i < 0 {
		return ""
	}
	name, _, _ := strings.Cut(heading[i:], "]")
	name, _, _ = strings.Cut(name, ",")
	return name
}

// heading returns the first line of the stack trace of the caller.
func heading() string {
	var b [256]byte
	line, _, _ := strings.Cut(string(b[:runtime.Stack(b[:], false)]), "\n")
	return line
}

// stacks returns the stack traces of all goroutines, or as many as 16 MiB hold.
func stacks() string {
	for size := 1 << 20; ; size *= 2 {
		b := make([]byte, size)
		if n := runtime.Stack(b, true); n < size || size >= 16<<20 {
			return string(b[:n])
		}
	}
}
