package simnettest

import "testing"

// silencedTB is the testing.TB of a test in a bubble. Once the bubble is given up, the test is
// over, and testing panics if somebody calls it. A goroutine of the bubble that does so
// then waits for ever.
type silencedTB struct {
	testing.TB
	bubble *testBubble
}

func (m *silencedTB) check() {
	if m.bubble.givenUp.Load() {
		<-m.bubble.blockForever
	}
}

// The methods of testing.TB that a test which is over must not be asked for.

func (m *silencedTB) Fail()    { m.check(); m.TB.Fail() }
func (m *silencedTB) FailNow() { m.check(); m.TB.FailNow() }

func (m *silencedTB) Error(args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Error(args...)
}

func (m *silencedTB) Errorf(format string, args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Errorf(format, args...)
}

func (m *silencedTB) Fatal(args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Fatal(args...)
}

func (m *silencedTB) Fatalf(format string, args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Fatalf(format, args...)
}

func (m *silencedTB) Log(args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Log(args...)
}

func (m *silencedTB) Logf(format string, args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Logf(format, args...)
}
