package simnettest

import (
	"sync/atomic"
	"testing"
	"time"
)

// looked is one look at a bubble: when, and how far virtual time has come.
type looked struct{ real, virtual time.Duration }

func TestABubbleIsGivenUpWhenItsTimeStandsStill(t *testing.T) {
	every := func(n int, virtual func(i int) time.Duration) (all []looked) {
		for i := range n {
			all = append(all, looked{time.Duration(i+1) * lookInterval, virtual(i)})
		}
		return all
	}
	at := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	for _, x := range []struct {
		name  string
		looks []looked
		want  string // the beginning of why
		why   string
	}{
		{"it stands", every(10, at(50*time.Millisecond)), "virtual time has stopped at 50ms, or less than 1s later, for 1s of real time", "1 s of looks"},
		{"it stands, and there is time left", every(9, at(50*time.Millisecond)), "", "0.9 s of looks"},
		{"it passes slowly", every(100, func(i int) time.Duration { return time.Duration(i) * 20 * time.Millisecond }), "", "100 ms within half a second"},
		{"it creeps", every(10, func(i int) time.Duration { return time.Duration(i) * time.Microsecond }), "within 1s of real time, virtual time has moved only from 0s to 9µs", "a program that asks again and again"},
		{"it comes to a stop", every(10, func(i int) time.Duration { return time.Duration(min(i, 2)) * time.Millisecond }), "virtual time has stopped at 2ms, or less than 1s later, for 1s of real time", "it moved at two looks"},
		{"the process was stopped", []looked{{lookInterval, 0}, {time.Hour, 0}, {time.Hour + lookInterval, 0}}, "", "three looks, whatever the time between them"},
	} {
		w := watch{hangLimits: hangLimits{after: time.Second}, returned: new(atomic.Bool)}
		began, got := time.Now(), ""
		for _, l := range x.looks {
			if got, _ = w.look(began.Add(l.real), l.virtual); got != "" {
				break
			}
		}
		if got != x.want {
			t.Errorf("%s: after %d looks: %q, want %q: %s", x.name, len(x.looks), got, x.want, x.why)
		}
	}
}

func TestASearchStopsAtItsBounds(t *testing.T) {
	for _, x := range []struct {
		search search
		want   string
	}{
		{search{records: searchRecords + 1, began: time.Now()}, "after 50000 records"},
		{search{began: time.Now().Add(-searchTime - time.Second)}, "after 2s"},
	} {
		x.search.t = t
		if p := x.search.try(5); x.search.stopped != x.want || p.story != nil {
			t.Errorf("a search after %d records, begun %v ago, tries a backlog: stopped %q, want %q, and no run",
				x.search.records, time.Since(x.search.began).Round(time.Second), x.search.stopped, x.want)
		}
	}
}

func TestThePatternOfATestMatchesIt(t *testing.T) {
	for name, want := range map[string]string{
		"TestA":              "^TestA$",
		"TestA/sub":          "^TestA$/^sub$",
		"TestA/small_(a+b)$": `^TestA$/^small_\(a\+b\)\$$`,
	} {
		if got := pattern(name); got != want {
			t.Errorf("pattern(%q) = %s, want %s", name, got, want)
		}
	}
}
