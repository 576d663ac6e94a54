package simnettest

import "testing"

// silencedTB is the testing.TB of a test in a bubble. After Run has given the bubble up, the test
// has ended, and package testing panics if a goroutine calls a method. With silencedTB that
// goroutine waits for ever instead.
type silencedTB struct {
	testing.TB
	bubble *testBubble
}

func (m *silencedTB) check() {
	if m.bubble.givenUp.Load() {
		<-m.bubble.blockForever
	}
}

// The methods of testing.TB that panic after the end of a test.

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
