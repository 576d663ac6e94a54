package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"
)

// These tests look into the list: its two shapes, what it holds, and what it does
// for one event. That it gives the right order is tested in engine_equals_sorted_list_test.go
// and wheel_test.go.

func TestAPeekAtADeadEventLosesNothing(t *testing.T) {
	const far = Time(1) << 40
	for _, c := range []struct {
		why   string
		after int // events taken before: a run is short until shortTaken
	}{
		{"in a fresh run", 0},
		{"when the run is about to be a long one", shortTaken},
		{"in a long run", shortTaken + 1},
	} {
		var e Engine[string]
		for range c.after {
			e.After(1, "x")
			e.Next()
		}
		last := e.At(far<<1, "last")
		dead := e.At(far, "dead")
		e.At(far, "living")
		e.Cancel(dead)
		for range 2 {
			if at, ok := e.Peek(); at != far || !ok || e.Len() != 2 {
				t.Errorf("%s: Peek() = %d, %v with %d waiting; want %d, true with 2", c.why, at, ok, e.Len(), far)
			}
		}
		if got, _ := e.Next(); got != "living" {
			t.Errorf("%s: Next() = %q, want living", c.why, got)
		}
		if !e.Cancel(last) || e.Len() != 0 {
			t.Errorf("%s: the last event is lost, or counted still: Len() = %d", c.why, e.Len())
		}
		if _, ok := e.Peek(); ok {
			t.Errorf("%s: Peek finds something in an empty list", c.why)
		}
		a, b := e.At(far*4, "a"), e.At(far*4, "b")
		if a == b {
			t.Errorf("%s: two events have one EventID", c.why)
		}
	}
}

func TestALoneEventIsDueAtTheVeryInstantThatItsFarBucketBegins(t *testing.T) {
	for k := 10; k < 62; k++ {
		var e Engine[int]
		e.list.open()
		at := Time(1) << k
		e.At(at, k)
		for range e.Until(at - 1) {
			t.Errorf("2^%d: the event comes before its time", k)
		}
		n := 0
		for range e.Until(at) {
			n++
		}
		if n != 1 {
			t.Errorf("2^%d: Until the instant of the event yields %d events, want it", k, n)
		}
	}
}

func TestAStallIsFoundWhereSomethingIsDue(t *testing.T) {
	var e Engine[int]
	e.SetStallLimit(1)
	e.At(10, 0)
	e.At(10, 1)
	e.Next()
	for range e.Until(5) {
		t.Error("Until a limit in the past yields an event")
	}
	if e.Err() != nil {
		t.Errorf("Err() = %v, though nothing was asked for at 10", e.Err())
	}
	for range e.Until(10) {
		t.Error("a second event at one instant, where one may happen")
	}
	if e.Err() == nil {
		t.Error("Err() = nil after the stall")
	}
}

// An engine that is used at random holds each event once, and nothing else.
func TestTheEngineHoldsWhatWaitsAndNothingElse(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var e Engine[*int]
		e.SetStallLimit(1 + r.IntN(200)) // a stalled run, too, has each once
		if seed%3 == 0 {
			e.list.open()
		}
		var ids []EventID
		for step := range 400 {
			scale := r.IntN(50)
			many := 1 + r.IntN(1+r.IntN(120))
			switch r.IntN(9) {
			case 0, 1:
				for range many {
					ids = append(ids, e.At(e.Now().Add(time.Duration(r.IntN(30))<<scale), new(int)))
				}
			case 2, 3:
				for range min(2*many, len(ids)) {
					e.Cancel(ids[r.IntN(len(ids))])
				}
				if l := &e.list; l.dead > max(purgeFrom, l.count()/2) {
					t.Fatalf("seed %d, step %d: %d of %d entries are dead after a Cancel", seed, step, l.dead, l.count())
				}
			case 4, 5:
				for range 3 * many {
					e.Next()
				}
			case 6:
				e.Peek()
			case 7:
				for range e.Until(e.Now().Add(time.Duration(r.IntN(30)) << scale)) {
				}
			case 8:
				if r.IntN(12) == 0 {
					e.Reset()
				} else if r.IntN(4) == 0 {
					e = e.Clone()
				}
			}
			if got, want := pointers(&e.list), e.list.count(); got != want {
				t.Fatalf("seed %d, step %d: the engine holds %d pointers for %d entries", seed, step, got, want)
			}
		}
	}
}

func TestTheDeadGoWhenTheLivingWereTaken(t *testing.T) {
	var e Engine[*int]
	e.list.open()
	var far []EventID
	for i := range 1_200 {
		e.At(Time(i), new(int))
	}
	for range 1_100 {
		far = append(far, e.At(1<<50, new(int)))
	}
	for _, id := range far {
		e.Cancel(id)
	}
	for range e.Until(1 << 20) {
	}
	if got := pointers(&e.list); got > purgeFrom {
		t.Errorf("nothing waits, and the engine holds %d events that were cancelled; want at most %d", got, purgeFrom)
	}
}

func TestTheDeadGoFromTheHeapOfALongRunToo(t *testing.T) {
	var e Engine[*int]
	e.list.open()
	for range 10 { // enough to be served in order
		e.At(5, new(int))
	}
	e.Next()
	for range 1_000 { // these come into the heap
		e.Cancel(e.At(5, new(int)))
	}
	if got := pointers(&e.list); got > 9+purgeFrom {
		t.Errorf("9 events wait, and the engine holds %d; want at most %d more", got, purgeFrom)
	}
}

func TestALookAtATimerIsForgottenByReset(t *testing.T) {
	var e Engine[int]
	for i := range 600 {
		e.At(1<<40+Time((i+100)%600), i)
	}
	if at, _ := e.Peek(); at != 1<<40 {
		t.Fatalf("Peek() = %d, want %d", at, Time(1<<40))
	}
	e.Reset()
	for i := range 100 {
		e.At(1<<45+Time(i), i)
	}
	if at, _ := e.Peek(); at != 1<<45 {
		t.Errorf("Peek() = %d after Reset, want %d", at, Time(1<<45))
	}
}

func TestACloneOfAnEngineThatWasResetSharesNothing(t *testing.T) {
	var e Engine[int]
	for i := range 1_000 {
		e.At(Time(i), i)
	}
	e.Next()
	e.Reset()
	c := e.Clone()
	run := func(e *Engine[int], from int) (got []int) {
		for i := range 200 {
			e.At(Time(i), from+i)
		}
		for _, n := range e.Until(Forever) {
			got = append(got, n)
		}
		return got
	}
	for i := range 100 { // both at once
		e.At(Time(i), i)
		c.At(Time(i), 1_000+i)
	}
	e.Next()
	c.Next()
	a, b := run(&e, 100), run(&c, 1_100)
	for i := range b {
		b[i] -= 1_000
	}
	if !slices.Equal(a, b) || len(a) != 299 {
		t.Errorf("the engine and its clone disagree: %d and %d events", len(a), len(b))
	}
}

func TestASlotThatWasUsedUpIsNeverUsedAgain(t *testing.T) {
	var e Engine[int]
	e.At(0, 0)
	e.list.names[0] = deadBit - 1
	e.Next()
	for round := range 3 {
		for i := range 5 {
			if id := e.At(Time(i), i); id.slot == 0 {
				t.Errorf("round %d: slot 0 is used a further time: %+v", round, id)
			}
		}
		if e.Len() != 5 {
			t.Errorf("round %d: Len() = %d, want 5", round, e.Len())
		}
		e.Reset()
	}
}

func TestResetAndCloneAskForWhatWaitsNotForWhatWaitedOnce(t *testing.T) {
	var e Engine[int]
	for i := range 100_000 {
		e.At(Time(i), i)
	}
	for range e.Until(99_900) {
	}
	c := e.Clone()
	if got, most := len(c.list.wheel.store.pages), 64; got > most {
		t.Errorf("a clone with %d events waiting has %d pages, want at most %d", c.Len(), got, most)
	}
	e.Reset()
	if e.list.slots != 0 {
		t.Errorf("after Reset the list goes on with slot %d: it has not begun anew", e.list.slots)
	}
}

// ---- how the clock is watched must not cost much

func TestALookAtAFarTimerDoesNotMakeTheListAHeap(t *testing.T) {
	table := laws[0].times()
	var e Engine[benchEvent]
	guard := e.At(Time(1000*time.Hour), benchEvent{})
	for range shortTaken { // the window is empty but for the guard
		e.After(1, benchEvent{})
		e.Next()
	}
	e.Peek()
	for i := range 10_000 {
		e.After(table[i], benchEvent{})
	}
	e.Peek()
	const taken = 50_000
	for i := range taken {
		event, _ := e.Next()
		e.After(table[i], event)
	}
	wantLittleWork(t, &e.list, taken)
	if !e.Cancel(guard) {
		t.Error("the guard is lost")
	}
}

func TestSmallStepsAndLooksCostLittleWork(t *testing.T) {
	table := laws[0].times()
	var e Engine[benchEvent]
	for i := range 1_000 {
		e.After(table[i], benchEvent{})
	}
	taken := 0
	for now := Time(0); taken < 50_000; now += Time(100 * time.Microsecond) {
		e.Peek()
		for _, event := range e.Until(now) {
			taken++
			e.After(table[taken%len(table)], event)
		}
	}
	wantLittleWork(t, &e.list, taken)
}

// A program that always cancels the timer that it has just looked at makes the
// list look again. That must not go through all others each time.
func TestToCancelTheFirstFarTimerAgainAndAgainIsNotQuadratic(t *testing.T) {
	const n = 20_000
	var e Engine[benchEvent]
	e.list.open()
	var ids []EventID
	for range n {
		ids = append(ids, e.After(21*time.Second, benchEvent{}))
		e.After(time.Duration(len(ids)), benchEvent{})
	}
	for range e.Until(Time(time.Second)) {
	}
	for _, id := range ids {
		if at, ok := e.Peek(); at != Time(21*time.Second) || !ok {
			t.Fatalf("Peek() = %v, %v with %d waiting", at, ok, e.Len())
		}
		e.Cancel(id)
	}
	if visits := e.list.work.visits; visits > 20*n {
		t.Errorf("%d entries looked at for %d timers, want at most 20 each", visits, n)
	}
	// The window was moved to the timers in the end, and they are gone.
	e.list.work, e.list.heap.steps = work{}, 0
	table := laws[0].times()
	for i := range 1_000 {
		e.After(table[i], benchEvent{})
	}
	for i := range 50_000 {
		event, _ := e.Next()
		e.After(table[i], event)
	}
	wantLittleWork(t, &e.list, 50_000)
}

func TestTheTickFollowsTheRateOfEvents(t *testing.T) {
	table := laws[0].times()
	var e Engine[benchEvent]
	for i := range 1_000 {
		e.After(table[i], benchEvent{})
	}
	hold := func(events int, faster time.Duration) {
		for i := range events {
			event, _ := e.Next()
			e.After(table[i%len(table)]/faster, event)
		}
	}
	hold(5_000, 1)
	for _, faster := range []time.Duration{1_000_000, 1, 1_000} {
		hold(20_000, faster) // time to notice
		e.list.work, e.list.heap.steps = work{}, 0
		const taken = 50_000
		hold(taken, faster)
		wantLittleWork(t, &e.list, taken)
		if per := e.list.work.visits; per > taken/2 {
			t.Errorf("%d times as fast: %d entries were searched or sorted for %d that were taken: the tick is too coarse", faster, per, taken)
		}
		if moves := e.list.work.moves; moves > 2*taken {
			t.Errorf("%d times as fast: %d moves for %d entries: the tick is too fine", faster, moves, taken)
		}
	}
}

// These sizes make an event list of millions of events fast and small. Change them only on
// purpose.
func TestAnEntryIsItsEventAndSixteenBytes(t *testing.T) {
	for _, c := range []struct {
		what string
		size uintptr
		most uintptr
	}{
		{"an entry with an event of 8 bytes", unsafe.Sizeof(entry[struct{ kind, who uint32 }]{}), 24},
		{"an entry with an event of 16 bytes", unsafe.Sizeof(entry[benchEvent]{}), 32},
		{"an EventID", unsafe.Sizeof(EventID{}), 8},
	} {
		if c.size > c.most {
			t.Errorf("%s takes %d bytes, want at most %d", c.what, c.size, c.most)
		}
	}
}

func TestTenThousandEntriesTakeLittleMoreThanTheirSize(t *testing.T) {
	const n = 10_000
	var e Engine[benchEvent]
	for i := range n {
		e.After(0, benchEvent{who: uint32(i)})
	}
	e.Peek() // what was collected is in its place
	w := e.list.wheel
	size := uintptr(len(w.store.pages))*unsafe.Sizeof(*w.store.pages[0]) + uintptr(cap(w.nodes)+cap(w.run))*unsafe.Sizeof(w.nodes[0])
	t.Logf("%d bytes an entry of events at one instant, the worst case", size/n)
	if most := uintptr(100); size/n > most { // in chunks, in the window, and in the bucket being served
		t.Errorf("%d bytes an entry, want at most %d", size/n, most)
	}
}
