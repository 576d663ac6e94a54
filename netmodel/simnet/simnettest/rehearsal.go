package simnettest

import (
	"io"
	"runtime"
	"sync"
	"testing"
	"time"
)

// rehearsal is what a test fails on when it is run once more: it remembers the
// failure and keeps it to itself.
type rehearsal struct {
	testing.TB // for what does not matter here

	until time.Time // of real time: then it is given up; zero = it is not

	mu      sync.Mutex
	failed  bool
	skipped bool
}

func (r *rehearsal) Error(...any)          { r.Fail() }
func (r *rehearsal) Errorf(string, ...any) { r.Fail() }
func (r *rehearsal) Fatal(...any)          { r.FailNow() }
func (r *rehearsal) Fatalf(string, ...any) { r.FailNow() }
func (r *rehearsal) Log(...any)            {}
func (r *rehearsal) Logf(string, ...any)   {}
func (r *rehearsal) Output() io.Writer     { return io.Discard }
func (r *rehearsal) Attr(string, string)   {}
func (r *rehearsal) Skip(...any)           { r.SkipNow() }
func (r *rehearsal) Skipf(string, ...any)  { r.SkipNow() }
func (r *rehearsal) ArtifactDir() string   { return r.TempDir() }

// perform calls f in a goroutine of its own, which FailNow can end.
func (r *rehearsal) perform(x *T, f func(*T)) {
	over := make(chan any)
	go func() {
		defer func() { over <- recover() }()
		defer x.cleanUp()
		f(x)
	}()
	if <-over != nil {
		r.Fail()
	}
}

// Fail remembers that the test has failed.
func (r *rehearsal) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *rehearsal) FailNow() {
	r.Fail()
	runtime.Goexit()
}

func (r *rehearsal) SkipNow() {
	r.mu.Lock()
	r.skipped = true
	r.mu.Unlock()
	runtime.Goexit()
}

func (r *rehearsal) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *rehearsal) Skipped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.skipped
}
