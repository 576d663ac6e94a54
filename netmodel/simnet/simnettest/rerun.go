package simnettest

import (
	"io"
	"runtime"
	"sync"
	"testing"
	"time"
)

// rerunTB is the testing.TB of a repeated run. It notes a failure and does not report it.
type rerunTB struct {
	testing.TB // the methods that need no change

	until time.Time // of real time: Run gives the bubble up then; zero = never

	mu      sync.Mutex
	failed  bool
	skipped bool
}

func (r *rerunTB) Error(...any)          { r.Fail() }
func (r *rerunTB) Errorf(string, ...any) { r.Fail() }
func (r *rerunTB) Fatal(...any)          { r.FailNow() }
func (r *rerunTB) Fatalf(string, ...any) { r.FailNow() }
func (r *rerunTB) Log(...any)            {}
func (r *rerunTB) Logf(string, ...any)   {}
func (r *rerunTB) Output() io.Writer     { return io.Discard }
func (r *rerunTB) Attr(string, string)   {}
func (r *rerunTB) Skip(...any)           { r.SkipNow() }
func (r *rerunTB) Skipf(string, ...any)  { r.SkipNow() }
func (r *rerunTB) ArtifactDir() string   { return r.TempDir() }

// call calls f in a new goroutine, so that FailNow can end it.
func (r *rerunTB) call(x *T, f func(*T)) {
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

// Fail notes that the test has failed.
func (r *rerunTB) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *rerunTB) FailNow() {
	r.Fail()
	runtime.Goexit()
}

func (r *rerunTB) SkipNow() {
	r.mu.Lock()
	r.skipped = true
	r.mu.Unlock()
	runtime.Goexit()
}

func (r *rerunTB) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *rerunTB) Skipped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.skipped
}
