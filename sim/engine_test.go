package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// ---- order

func TestEventsOfOneInstantHappenInTheOrderOfScheduling(t *testing.T) {
	var e Engine[int]
	for i := range 1000 {
		e.At(Time(i%3), i)
	}
	var got, want []int
	for first := range 3 {
		for i := first; i < 1000; i += 3 {
			want = append(want, i)
		}
	}
	for _, event := range e.Until(Forever - 1) {
		got = append(got, event)
	}
	if !slices.Equal(got, want) {
		t.Errorf("order of 1000 events at 3 instants:\n got %v\nwant %v", got, want)
	}
}

func TestAnEventForNowRunsAfterThoseAlreadyDueNow(t *testing.T) {
	var e Engine[string]
	e.At(5, "a")
	e.At(5, "b")
	e.At(6, "d")
	var got []string
	for _, event := range e.Until(10) {
		got = append(got, event)
		if event == "a" {
			e.After(0, "c")
		}
	}
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("order = %q, want %q", got, want)
	}
}

func TestOrderIsThatOfASortedListForLargeRandomSchedules(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		var e Engine[int]
		var ref reference
		ids := make([]EventID, 0, 2000)
		for i := range 2000 {
			at := Time(r.IntN(300))
			ids = append(ids, e.At(at, i))
			ref.at(at, i)
		}
		for i, id := range ids {
			if (r.IntN(4) == 0) == (seed%2 == 0) { // one in four, or three in four: then a purge comes
				e.Cancel(id)
				ref.cancel(i)
			}
		}
		for n := 0; ; n++ {
			wantAt, want, wantOK := ref.next()
			got, ok := e.Next()
			if ok != wantOK || ok && (got != want || e.Now() != wantAt) {
				t.Fatalf("seed %d, event %d: Next() = %d, %v at %d; want %d, %v at %d",
					seed, n, got, ok, e.Now(), want, wantOK, wantAt)
			}
			if !ok {
				break
			}
		}
	}
}

// reference is the event list that is obviously right: a slice, kept sorted.
type reference struct {
	now     Time
	waiting []refEvent
}

type refEvent struct {
	at   Time
	name int
}

func (r *reference) at(at Time, name int) {
	i := 0
	for i < len(r.waiting) && r.waiting[i].at <= at {
		i++
	}
	r.waiting = slices.Insert(r.waiting, i, refEvent{at, name})
}

func (r *reference) cancel(name int) bool {
	i := slices.IndexFunc(r.waiting, func(w refEvent) bool { return w.name == name })
	if i < 0 {
		return false
	}
	r.waiting = slices.Delete(r.waiting, i, i+1)
	return true
}

func (r *reference) next() (Time, int, bool) {
	if len(r.waiting) == 0 {
		return 0, 0, false
	}
	first := r.waiting[0]
	r.waiting = slices.Delete(r.waiting, 0, 1)
	r.now = first.at
	return first.at, first.name, true
}

// world is an engine and its reference, and every EventID the engine ever gave.
type world struct {
	engine Engine[int]
	ref    reference
	ids    []EventID
	names  []int // names[i] is the event that ids[i] was given for
}

func (w *world) at(t Time, name int) {
	w.ids, w.names = append(w.ids, w.engine.At(t, name)), append(w.names, name)
	w.ref.at(t, name)
}

func (w *world) cancel(t *rapid.T, i int) {
	if got, want := w.engine.Cancel(w.ids[i]), w.ref.cancel(w.names[i]); got != want {
		t.Fatalf("Cancel(id of %d) = %v, want %v", w.names[i], got, want)
	}
}

func (w *world) clone() *world {
	return &world{
		engine: w.engine.Clone(),
		ref:    reference{w.ref.now, slices.Clone(w.ref.waiting)},
		ids:    slices.Clone(w.ids),
		names:  slices.Clone(w.names),
	}
}

// check compares everything that can be seen without changing the engine, then
// what a copy of it would yield.
func (w *world) check(t *rapid.T) {
	if got, want := w.engine.Now(), w.ref.now; got != want {
		t.Fatalf("Now() = %d, want %d", got, want)
	}
	if got, want := w.engine.Len(), len(w.ref.waiting); got != want {
		t.Fatalf("Len() = %d, want %d", got, want)
	}
	c := w.engine.Clone()
	var got []refEvent
	for at, name := range c.Until(Forever) {
		got = append(got, refEvent{at, name})
	}
	if !slices.Equal(got, w.ref.waiting) {
		t.Fatalf("waiting (instant, name):\n got %v\nwant %v", got, w.ref.waiting)
	}
}

func TestEngineEqualsASortedListUnderAllCalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		worlds := []*world{{}}
		name := 0
		fresh := func() int { name++; return name }
		pick := func(t *rapid.T) *world {
			return worlds[rapid.IntRange(0, len(worlds)-1).Draw(t, "world")]
		}
		ahead := rapid.IntRange(0, 4) // few instants, so that ties are the rule
		t.Repeat(map[string]func(*rapid.T){
			"At": func(t *rapid.T) {
				w := pick(t)
				w.at(w.ref.now+Time(ahead.Draw(t, "ahead")), fresh())
			},
			"After": func(t *rapid.T) {
				w, d, n := pick(t), ahead.Draw(t, "d"), fresh()
				w.ids, w.names = append(w.ids, w.engine.After(time.Duration(d), n)), append(w.names, n)
				w.ref.at(w.ref.now+Time(d), n)
			},
			"AtMany": func(t *rapid.T) { // enough for a heap of several levels, and for a purge
				w := pick(t)
				for _, d := range rapid.SliceOfN(rapid.IntRange(0, 30), 40, 120).Draw(t, "ahead") {
					w.at(w.ref.now+Time(d), fresh())
				}
			},
			"Cancel": func(t *rapid.T) {
				w := pick(t)
				if len(w.ids) == 0 {
					t.Skip("no event was scheduled yet")
				}
				w.cancel(t, rapid.IntRange(0, len(w.ids)-1).Draw(t, "id"))
			},
			"CancelMany": func(t *rapid.T) {
				w := pick(t)
				keep, off := rapid.IntRange(2, 7).Draw(t, "keep one in"), rapid.IntRange(0, 6).Draw(t, "from")
				for i := range w.ids {
					if (i+off)%keep != 0 {
						w.cancel(t, i)
					}
				}
			},
			"Next": func(t *rapid.T) {
				w := pick(t)
				_, want, wantOK := w.ref.next()
				if got, ok := w.engine.Next(); ok != wantOK || got != want {
					t.Fatalf("Next() = %d, %v; want %d, %v", got, ok, want, wantOK)
				}
			},
			"Peek": func(t *rapid.T) {
				w := pick(t)
				var want Time
				if len(w.ref.waiting) > 0 {
					want = w.ref.waiting[0].at
				}
				if got, ok := w.engine.Peek(); got != want || ok != (len(w.ref.waiting) > 0) {
					t.Fatalf("Peek() = %d, %v; want %d, %v", got, ok, want, len(w.ref.waiting) > 0)
				}
			},
			"Until": func(t *rapid.T) { // the loop schedules, and may be left early
				w := pick(t)
				limit := w.ref.now + Time(rapid.IntRange(-1, 6).Draw(t, "ahead"))
				stop := rapid.IntRange(1, 20).Draw(t, "stop after")
				left, n := false, 0
				for at, got := range w.engine.Until(limit) {
					wantAt, want, ok := w.ref.next()
					if !ok || at != wantAt || got != want || at > limit {
						t.Fatalf("Until(%d) yields %d at %d; want %d, %v at %d", limit, got, at, want, ok, wantAt)
					}
					if n++; n == stop {
						left = true
						break
					}
					if n%3 == 0 {
						w.at(at+Time(n%4), fresh())
					}
				}
				if !left {
					w.ref.now = max(w.ref.now, limit)
					if len(w.ref.waiting) > 0 && w.ref.waiting[0].at <= limit {
						t.Fatalf("Until(%d) ended before %v", limit, w.ref.waiting[0])
					}
				}
			},
			"Clone": func(t *rapid.T) {
				w := pick(t)
				if len(worlds) < 3 {
					worlds = append(worlds, w.clone())
				} else {
					worlds[0] = w.clone()
				}
			},
			"Reset": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "one in four") > 0 {
					t.Skip("rarely, so that lists grow")
				}
				w := pick(t)
				w.engine.Reset()
				w.ref = reference{}
			},
			"": func(t *rapid.T) {
				for _, w := range worlds {
					w.check(t)
				}
			},
		})
	})
}

// ---- cancel

func TestCancelTellsTheTruth(t *testing.T) {
	check := func(what string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("Cancel of an event %s = %v, want %v", what, got, want)
		}
	}
	var e Engine[string]
	check("by the zero EventID, engine empty", e.Cancel(EventID{}), false)
	first := e.After(1, "first")
	check("by the zero EventID, slot 0 in use", e.Cancel(EventID{}), false)
	e.Next()
	check("that has happened", e.Cancel(first), false)
	second := e.After(1, "second") // takes the slot that first has left
	if second.slot != first.slot {
		t.Fatalf("slot %d was not used again but %d: this test needs it", first.slot, second.slot)
	}
	check("that has happened, its slot used again", e.Cancel(first), false)
	check("that waits", e.Cancel(second), true)
	check("that was cancelled", e.Cancel(second), false)
	if _, ok := e.Next(); ok {
		t.Error("Next() returned a cancelled event")
	}
	check("that was cancelled and has surfaced", e.Cancel(second), false)

	var large Engine[string]
	var last EventID
	for range 100 {
		last = large.After(1, "far")
	}
	check("of a larger engine", e.Cancel(last), false)
	var unused Engine[string]
	check("of another engine, in an unused one", unused.Cancel(last), false)
	check("of its own engine", large.Cancel(last), true)
}

// A slot counts its uses in 32 bits. A single event that keeps rescheduling
// itself comes round in a few minutes of computing.
func TestOldEventIDsNameNothingAfterFourBillionUsesOfASlot(t *testing.T) {
	var e Engine[string]
	old := e.After(1, "old")
	e.Next()
	e.slots[0].gen = math.MaxUint32
	e.After(1, "last use")
	e.Next()
	waiting := []EventID{e.After(1, "a"), e.After(1, "b")}
	for _, id := range []EventID{{}, old} {
		if e.Cancel(id) {
			t.Errorf("Cancel(%+v) = true: it names a later event", id)
		}
	}
	if slices.Contains(waiting, EventID{}) || slices.Contains(waiting, old) {
		t.Errorf("EventIDs %+v were handed out before", waiting)
	}
	e.Reset()
	e.After(1, "c")
	if got, ok := e.Next(); got != "c" || !ok {
		t.Errorf("Next() after Reset = %q, %v, want c, true", got, ok)
	}
}

func TestCancelledEventsDoNotFillTheMemory(t *testing.T) {
	const live = 500
	var e Engine[int]
	for i := range live {
		e.At(Time(1_000_000+i), i)
	}
	for i := range 100_000 {
		id := e.At(Time(2_000_000+i), i)
		if !e.Cancel(id) {
			t.Fatalf("Cancel of waiting event %d = false", i)
		}
	}
	// At most 64, or as many as are live, are cancelled before a purge, and one is on its way.
	if limit := 2*live + 2; len(e.heap) > limit || len(e.slots) > limit {
		t.Errorf("after 100,000 cancels with %d events live: %d keys, %d slots; want at most %d", live, len(e.heap), len(e.slots), limit)
	}
	if e.Len() != live {
		t.Errorf("Len() = %d, want %d", e.Len(), live)
	}
	for i := range live {
		if got, ok := e.Next(); got != i || !ok {
			t.Fatalf("Next() = %d, %v, want %d, true", got, ok, i)
		}
	}
	var empty Engine[int]
	for i := range 10_000 {
		empty.Cancel(empty.At(Time(i), i))
	}
	if len(empty.heap) > 65 || len(empty.slots) > 65 {
		t.Errorf("after 10,000 cancels with nothing live: %d keys, %d slots; want at most 65", len(empty.heap), len(empty.slots))
	}
}

func TestAPurgeLeavesAHeapOfEverySize(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 0))
	for live := range 200 {
		var e Engine[int]
		for range live {
			e.At(Time(r.IntN(1000)), 0)
			if r.IntN(2) == 0 {
				e.Cancel(e.At(Time(r.IntN(1000)), 0))
			}
		}
		e.purge()
		if len(e.heap) != live || e.cancelled != 0 {
			t.Fatalf("%d live: %d keys, %d cancelled after the purge", live, len(e.heap), e.cancelled)
		}
		for i := 1; i < live; i++ {
			if before(e.heap[i], e.heap[(i-1)/4]) {
				t.Fatalf("%d live: key %d is before its parent after the purge", live, i)
			}
		}
	}
}

func TestTheEngineForgetsEventsThatAreTakenOrCancelled(t *testing.T) {
	var e Engine[*int]
	holds := func() (n int) {
		for _, s := range e.slots {
			if s.event != nil {
				n++
			}
		}
		return n
	}
	var ids []EventID
	for i := range 10 {
		ids = append(ids, e.At(Time(i), new(int)))
	}
	e.Next()
	if got := holds(); got != 9 {
		t.Errorf("after Next the engine holds %d pointers, want 9", got)
	}
	e.Cancel(ids[5])
	if got := holds(); got != 8 {
		t.Errorf("after Cancel the engine holds %d pointers, want 8", got)
	}
	e.Reset()
	if got := holds(); got != 0 {
		t.Errorf("after Reset the engine holds %d pointers, want 0", got)
	}
}

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

// ---- clone, reset, zero value

func TestACloneIsIndependent(t *testing.T) {
	var e Engine[int]
	e.SetStallLimit(2)
	e.At(1, 1)
	two := e.At(2, 2)
	e.At(3, 3)
	e.Next()
	c := e.Clone()
	if c.Now() != 1 || c.Len() != 2 {
		t.Errorf("clone: Now() = %d, Len() = %d; want 1, 2", c.Now(), c.Len())
	}
	if !c.Cancel(two) {
		t.Error("the clone does not know an event by its EventID")
	}
	c.At(2, 20)
	c.At(2, 21)
	e.At(2, 200)
	take := func(e *Engine[int]) (got []int) {
		for _, event := range e.Until(Forever) {
			got = append(got, event)
		}
		return got
	}
	if got, want := take(&c), []int{20, 21, 3}; !slices.Equal(got, want) {
		t.Errorf("clone yields %v, want %v", got, want)
	}
	for i := range 3 {
		c.After(0, i)
	}
	if got := take(&c); len(got) != 2 || c.Err() == nil {
		t.Errorf("3 events at one instant of the clone: %v, Err() = %v; want 2 and the stall, as in the original", got, c.Err())
	}
	if e.Err() != nil {
		t.Errorf("the clone stalled and the original says %v", e.Err())
	}
	if e.Now() != 1 {
		t.Errorf("the clone moved the original's clock to %d", e.Now())
	}
	if got, want := take(&e), []int{2, 200, 3}; !slices.Equal(got, want) {
		t.Errorf("original yields %v, want %v", got, want)
	}
}

func TestResetMakesTheEngineAsGoodAsNewAndKeepsItsMemory(t *testing.T) {
	var e Engine[int]
	var ids []EventID
	for i := range 100 {
		ids = append(ids, e.At(Time(i), i))
	}
	for range e.Until(20) {
	}
	e.Cancel(ids[50])
	e.Reset()
	if at, ok := e.Peek(); ok || e.Now() != 0 || e.Len() != 0 || e.Err() != nil {
		t.Errorf("after Reset: Peek() = %d, %v, Now() = %d, Len() = %d, Err() = %v", at, ok, e.Now(), e.Len(), e.Err())
	}
	for i := range 100 {
		e.At(0, i) // every slot in use again
	}
	for i, id := range ids {
		if e.Cancel(id) {
			t.Errorf("the EventID of event %d before Reset names an event after it", i)
		}
	}
	for i := range 100 {
		if got, ok := e.Next(); got != i || !ok {
			t.Fatalf("Next() = %d, %v, want %d, true", got, ok, i)
		}
	}
	if n := testing.AllocsPerRun(10, func() {
		e.Reset()
		for i := range 100 {
			e.At(0, i)
		}
	}); n != 0 {
		t.Errorf("a run after Reset allocated %v times, want 0", n)
	}
}

func TestTheZeroEngineIsReadyAndEmpty(t *testing.T) {
	var e Engine[string]
	if at, ok := e.Peek(); at != 0 || ok {
		t.Errorf("Peek() = %d, %v; want 0, false", at, ok)
	}
	if event, ok := e.Next(); event != "" || ok {
		t.Errorf("Next() = %q, %v; want nothing, false", event, ok)
	}
	for range e.Until(0) {
		t.Error("Until yields an event")
	}
	c := e.Clone()
	c.Reset()
	if e.Now() != 0 || e.Len() != 0 || e.Err() != nil || c.Len() != 0 {
		t.Errorf("Now() = %d, Len() = %d, Err() = %v; want 0, 0, nil", e.Now(), e.Len(), e.Err())
	}
	e.At(0, "first")
	if got, ok := e.Next(); got != "first" || !ok {
		t.Errorf("Next() = %q, %v; want first, true", got, ok)
	}
}

// ---- panics

func TestMistakesPanicWithASentence(t *testing.T) {
	at := func(now Time) *Engine[int] {
		var e Engine[int]
		for range e.Until(now) {
		}
		return &e
	}
	for _, c := range []struct {
		call string
		do   func()
		want string
	}{
		{"At(4 ms) at 5 ms", func() { at(5e6).At(4e6, 0) },
			"sim: scheduling in the past: 4.000 ms is before now, 5.000 ms"},
		{"At(-1 ms) at 0", func() { at(0).At(-1e6, 0) },
			"sim: scheduling in the past: -1.000 ms is before now, 0.000 ms"},
		{"After(-2 ms) at 5 ms", func() { at(5e6).After(-2*time.Millisecond, 0) },
			"sim: scheduling in the past: 2ms before now, 5.000 ms"},
		{"After(1 ns) at Forever", func() { at(Forever).After(1, 0) },
			"sim: time overflow: 1ns after 9223372036854.775 ms lies beyond the last instant, 9223372036854.775 ms"},
		{"After(longest) at 1 ms", func() { at(1e6).After(math.MaxInt64, 0) },
			"sim: time overflow: 2562047h47m16.854775807s after 1.000 ms lies beyond the last instant, 9223372036854.775 ms"},
		{"SetStallLimit(0)", func() { at(0).SetStallLimit(0) },
			"sim: SetStallLimit(0): at least one event must be allowed at an instant"},
		{"SetStallLimit(-7)", func() { at(0).SetStallLimit(-7) },
			"sim: SetStallLimit(-7): at least one event must be allowed at an instant"},
	} {
		if got := panicOf(c.do); got != c.want {
			t.Errorf("%s panics with\n got %q\nwant %q", c.call, got, c.want)
		}
	}
}

func TestTheEdgesOfTimeCanBeScheduled(t *testing.T) {
	var e Engine[string]
	e.At(Forever, "end")
	e.After(math.MaxInt64, "end, too")
	e.At(0, "start")
	var got []string
	for _, event := range e.Until(Forever) {
		got = append(got, event)
		if event == "end, too" {
			e.After(0, "at the very end")
		}
	}
	if want := []string{"start", "end", "end, too", "at the very end"}; !slices.Equal(got, want) {
		t.Errorf("order = %q, want %q", got, want)
	}
}

func panicOf(do func()) (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	do()
	return
}

// ---- allocation

func TestAnEventAllocatesNothingInSteadyState(t *testing.T) {
	t.Run("struct", func(t *testing.T) { allocatesNothing(t, benchEvent{kind: 1, who: 2, arg: 3}) })
	t.Run("func", func(t *testing.T) { allocatesNothing(t, func() {}) })
}

func allocatesNothing[E any](t *testing.T, event E) {
	var e Engine[E]
	for i := range 300 {
		e.After(time.Duration(i), event)
		e.Cancel(e.After(time.Hour, event)) // warm up to the most that waits before a purge
	}
	for _, c := range []struct {
		call string
		do   func()
	}{
		{"Next and After", func() {
			event, _ := e.Next()
			e.After(100, event)
		}},
		{"After and Cancel", func() {
			e.Cancel(e.After(time.Hour, event))
		}},
		{"Until and After", func() {
			for _, event := range e.Until(e.Now() + 20) {
				e.After(100, event)
			}
		}},
	} {
		if n := testing.AllocsPerRun(1000, c.do); n != 0 {
			t.Errorf("%s: %v allocations, want 0", c.call, n)
		}
	}
}
