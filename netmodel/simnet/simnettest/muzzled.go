package simnettest

import "testing"

// muzzled is the testing.TB of a test in a bubble. Once the bubble is given up, the test is
// over, and testing panics if somebody calls it. A goroutine of the bubble that does so
// then waits for ever.
type muzzled struct {
	testing.TB
	bubble *testBubble
}

func (m *muzzled) check() {
	if m.bubble.givenUp.Load() {
		<-m.bubble.never
	}
}

// The methods of testing.TB that a test which is over must not be asked for.

func (m *muzzled) Fail()    { m.check(); m.TB.Fail() }
func (m *muzzled) FailNow() { m.check(); m.TB.FailNow() }

func (m *muzzled) Error(args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Error(args...)
}

func (m *muzzled) Errorf(format string, args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Errorf(format, args...)
}

func (m *muzzled) Fatal(args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Fatal(args...)
}

func (m *muzzled) Fatalf(format string, args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Fatalf(format, args...)
}

func (m *muzzled) Log(args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Log(args...)
}

func (m *muzzled) Logf(format string, args ...any) {
	m.TB.Helper()
	m.check()
	m.TB.Logf(format, args...)
}
