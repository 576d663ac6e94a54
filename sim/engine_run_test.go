package sim

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// ---- until

func TestUntilIncludesItsLimit(t *testing.T) {
	var e Engine[string]
	e.At(9, "before")
	e.At(10, "at")
	e.At(11, "after")
	var got []string
	for at, event := range e.Until(10) {
		if at != e.Now() {
			t.Errorf("Until yields instant %d while Now() = %d", at, e.Now())
		}
		got = append(got, event)
	}
	if want := []string{"before", "at"}; !slices.Equal(got, want) {
		t.Errorf("Until(10) yields %q, want %q", got, want)
	}
	if e.Len() != 1 {
		t.Errorf("Len() = %d, want 1", e.Len())
	}
}

func TestUntilYieldsWhatTheLoopSchedules(t *testing.T) {
	var e Engine[int]
	e.At(0, 0)
	var got []int
	for _, n := range e.Until(20) {
		got = append(got, n)
		e.After(5, n+1)
	}
	if want := []int{0, 1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("Until(20) yields %v, want %v", got, want)
	}
}

func TestUntilDoesNotYieldWhatTheLoopCancels(t *testing.T) {
	var e Engine[string]
	e.At(1, "a")
	doomed := e.At(1, "doomed")
	e.At(2, "b")
	var got []string
	for _, event := range e.Until(5) {
		got = append(got, event)
		e.Cancel(doomed)
	}
	if want := []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("Until(5) yields %q, want %q", got, want)
	}
}

func TestUntilMovesTheClockToItsLimitAndNeverBack(t *testing.T) {
	var e Engine[int]
	e.At(3, 0)
	for _, c := range []struct {
		limit, want Time
		why         string
	}{
		{2, 2, "nothing due: the clock moves all the same"},
		{10, 10, "an event at 3, then on to the limit"},
		{5, 10, "a limit in the past changes nothing"},
		{12, 12, "nothing waiting"},
	} {
		for range e.Until(c.limit) {
		}
		if e.Now() != c.want {
			t.Errorf("after Until(%d) Now() = %d, want %d (%s)", c.limit, e.Now(), c.want, c.why)
		}
	}
}

func TestLeavingUntilLeavesTheClockAtTheLastEvent(t *testing.T) {
	var e Engine[int]
	e.At(3, 0)
	e.At(7, 1)
	for range e.Until(10) {
		break
	}
	if e.Now() != 3 || e.Len() != 1 {
		t.Errorf("after break Now() = %d, Len() = %d; want 3, 1", e.Now(), e.Len())
	}
	if got, ok := e.Next(); got != 1 || !ok {
		t.Errorf("Next() = %d, %v; want 1, true", got, ok)
	}
}

// ---- stall

func TestARunThatNoLongerAdvancesIsStopped(t *testing.T) {
	type named struct {
		Who  string
		Port int
	}
	var e Engine[named]
	e.SetStallLimit(3)
	e.At(Time(time.Millisecond), named{"warm-up", 1})
	e.At(Time(2*time.Millisecond), named{"loop", 80})
	taken := 0
	for _, event := range e.Until(Forever) {
		if e.Err() != nil {
			t.Fatalf("Err() = %v before the stall", e.Err())
		}
		taken++
		if event.Who == "loop" {
			e.After(0, event)
		}
	}
	if taken != 4 {
		t.Errorf("Until yields %d events, want 4: one, then 3 at the instant of the stall", taken)
	}
	var stalled *StalledError
	if !errors.As(e.Err(), &stalled) {
		t.Fatalf("Err() = %v, want a *StalledError", e.Err())
	}
	if want := (StalledError{Time(2 * time.Millisecond), 3, "{Who:loop Port:80}"}); *stalled != want {
		t.Errorf("Err() = %+v, want %+v", *stalled, want)
	}
	const want = "sim: the run no longer advances: 3 events at 2.000 ms and another is due there: {Who:loop Port:80}"
	if got := e.Err().Error(); got != want {
		t.Errorf("Err() says\n got %q\nwant %q", got, want)
	}
	if at, ok := e.Peek(); e.Len() != 1 || at != Time(2*time.Millisecond) || !ok {
		t.Errorf("the event is not on the list: Len() = %d, Peek() = %d, %v", e.Len(), at, ok)
	}
	if event, ok := e.Next(); ok {
		t.Errorf("Next() = %v after the stall", event)
	}
	if e.Now() != Time(2*time.Millisecond) {
		t.Errorf("Now() = %d, want the instant of the stall", e.Now())
	}
}

func TestAStoppedRunStaysStoppedUntilReset(t *testing.T) {
	var e Engine[int]
	e.SetStallLimit(1)
	e.At(5, 0)
	id := e.At(5, 1)
	e.At(7, 2)
	for range e.Until(6) {
	}
	if e.Err() == nil || e.Now() != 5 {
		t.Fatalf("Err() = %v at %d, want a stall at 5", e.Err(), e.Now())
	}
	e.Cancel(id)
	for range e.Until(6) {
		t.Error("Until yields an event after the stall")
	}
	if event, ok := e.Next(); ok {
		t.Errorf("Next() = %d after the stall", event)
	}
	if e.Err() == nil || e.Now() != 5 {
		t.Errorf("Err() = %v at %d, want the stall at 5 still", e.Err(), e.Now())
	}
	e.Reset()
	if e.Err() != nil {
		t.Errorf("Err() after Reset = %v, want nil", e.Err())
	}
	e.At(5, 0)
	e.At(5, 1)
	e.Next()
	if _, ok := e.Next(); ok || e.Err() == nil {
		t.Error("Reset lost the stall limit")
	}
}

func TestManyEventsAtManyInstantsAreNoStall(t *testing.T) {
	var e Engine[int]
	e.SetStallLimit(3)
	for i := range 300 {
		e.At(Time(i/3), i)
	}
	n := 0
	for range e.Until(Forever) {
		n++
	}
	if n != 300 || e.Err() != nil {
		t.Errorf("%d events, Err() = %v; want 300, nil", n, e.Err())
	}
}

func TestAClockMovedByUntilStartsANewInstant(t *testing.T) {
	var e Engine[int]
	e.SetStallLimit(2)
	e.At(1, 0)
	e.At(1, 0)
	for range e.Until(5) {
	}
	e.After(0, 0)
	e.After(0, 0)
	for range e.Until(5) {
	}
	if e.Err() != nil || e.Len() != 0 {
		t.Errorf("Err() = %v, Len() = %d; want nil, 0", e.Err(), e.Len())
	}
}

func TestWithoutASettingAMillionEventsMayShareAnInstant(t *testing.T) {
	var e Engine[struct{}]
	e.At(0, struct{}{})
	n := 0
	for range e.Until(0) {
		n++
		e.After(0, struct{}{})
	}
	if n != StallLimit || e.Err() == nil {
		t.Errorf("%d events, Err() = %v; want %d and an error", n, e.Err(), StallLimit)
	}
}
