package sim

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

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
		if rapid.Bool().Draw(t, "in a wheel from the start") {
			worlds[0].engine.list.open()
		}
		name := 0
		fresh := func() int { name++; return name }
		pick := func(t *rapid.T) *world {
			return worlds[rapid.IntRange(0, len(worlds)-1).Draw(t, "world")]
		}
		// Few instants, so that ties are the rule; now and then far ones, on every
		// level of the wheel.
		ahead := rapid.Custom(func(t *rapid.T) time.Duration {
			d := time.Duration(rapid.IntRange(0, 4).Draw(t, "units"))
			if rapid.IntRange(0, 3).Draw(t, "far") == 0 {
				d <<= rapid.IntRange(0, 56).Draw(t, "scale")
			}
			return d
		})
		at := func(w *world, d time.Duration) Time { return w.ref.now.Add(d) }
		t.Repeat(map[string]func(*rapid.T){
			"At": func(t *rapid.T) {
				w := pick(t)
				w.at(at(w, ahead.Draw(t, "ahead")), fresh())
			},
			"After": func(t *rapid.T) {
				w, n := pick(t), fresh()
				d := at(w, ahead.Draw(t, "d")).Sub(w.ref.now)
				w.ids, w.names = append(w.ids, w.engine.After(d, n)), append(w.names, n)
				w.ref.at(w.ref.now+Time(d), n)
			},
			"AtMany": func(t *rapid.T) { // enough for a wheel, and for a purge
				w := pick(t)
				scale := rapid.IntRange(0, 50).Draw(t, "scale")
				for _, d := range rapid.SliceOfN(rapid.IntRange(0, 30), 40, 120).Draw(t, "ahead") {
					w.at(at(w, time.Duration(d)<<scale), fresh())
				}
			},
			"NextMany": func(t *rapid.T) { // enough for the tick to change
				w := pick(t)
				for i := range 400 {
					_, want, wantOK := w.ref.next()
					if got, ok := w.engine.Next(); ok != wantOK || got != want {
						t.Fatalf("Next() = %d, %v; want %d, %v", got, ok, want, wantOK)
					}
					if i%2 == 0 && wantOK {
						w.at(at(w, time.Duration(i)), fresh())
					}
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
				limit := at(w, ahead.Draw(t, "ahead")+time.Duration(rapid.IntRange(-1, 1).Draw(t, "and")))
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
