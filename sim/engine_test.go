package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	_ "wspsim/internal/update" // the flag -update
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

// A slot counts its uses in 31 bits. A single event that keeps rescheduling
// itself comes round in a minute of computing.
func TestOldEventIDsNameNothingAfterTwoBillionUsesOfASlot(t *testing.T) {
	var e Engine[string]
	old := e.After(1, "old")
	e.Next()
	e.list.names[0] = deadBit - 1
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
	if limit := 2*live + 2; e.list.count() > limit || len(e.list.names) > limit {
		t.Errorf("after 100,000 cancels with %d events live: %d entries, %d names; want at most %d", live, e.list.count(), len(e.list.names), limit)
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
	if empty.list.count() > 65 || len(empty.list.names) > 65 {
		t.Errorf("after 10,000 cancels with nothing live: %d entries, %d names; want at most 65", empty.list.count(), len(empty.list.names))
	}
}

// pointers counts the pointers that a list of events of type *int holds.
func pointers(l *list[*int]) (n int) {
	count := func(entries []entry[*int]) {
		for i := range entries {
			if entries[i].event != nil {
				n++
			}
		}
	}
	count([]entry[*int]{l.popped})
	for _, i := range l.heap.items[:cap(l.heap.items)] {
		count([]entry[*int]{i.entry})
	}
	for _, w := range []*wheel[*int]{l.wheel, l.spare} {
		if w == nil {
			continue
		}
		count(w.nodes[:cap(w.nodes)])
		count(w.run[:cap(w.run)])
		for _, p := range w.store.pages {
			for i := range p {
				count(p[i].entries[:])
			}
		}
	}
	return n
}

func TestTheEngineForgetsEventsThatAreTaken(t *testing.T) {
	for _, many := range []int{10, 10_000} { // in the heap, in the wheel
		var e Engine[*int]
		for i := range many {
			e.At(Time(i*i%many), new(int))
		}
		check := func(when string, want int) {
			t.Helper()
			if got := pointers(&e.list); got != want {
				t.Errorf("%d events, %s: the engine holds %d pointers, want %d", many, when, got, want)
			}
		}
		check("scheduled", many)
		for i := range many / 2 {
			e.Next()
			if i == 0 {
				check("after Next", many-1)
			}
		}
		check("half of them taken", many/2)
		for range many / 2 {
			e.Next()
		}
		check("all taken", 0)
		for i := range many {
			e.After(time.Duration(i), new(int))
		}
		e.Next()
		e.Reset()
		check("after Reset", 0)
	}
}

func TestTheEngineForgetsMostOfWhatWasCancelled(t *testing.T) {
	for _, live := range []int{10, 10_000} {
		var e Engine[*int]
		for i := range live {
			e.At(Time(i), new(int))
		}
		for i := range 5 * live {
			e.Cancel(e.At(Time(i), new(int)))
		}
		if got, limit := pointers(&e.list), max(live+65, 2*live+2); got > limit {
			t.Errorf("%d events wait and %d were cancelled: the engine holds %d pointers, want at most %d", live, 5*live, got, limit)
		}
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
		{"At(the lowest Time) at 1 ns", func() { at(1).At(math.MinInt64, 0) },
			"sim: scheduling in the past: " + Time(math.MinInt64).String() + " is before now, 0.000 ms"},
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
