package simnettest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"wspsim/netmodel/simnet"
)

// advice is which backlog would have done.
type advice struct {
	first      *story        // of the run that failed
	off        bool          // nobody wants to know
	maybeFull  bool          // somebody found a queue full
	ownBacklog bool          // no listener asked for Config.Backlog
	failed     int           // the largest backlog known to fail below the one that passes
	passed     int           // the test passes with it; 0 = it passes with none that was tried
	takes      time.Duration // of virtual time, with that
	largest    int           // the largest that was tried; 0 = none was
	atBest     time.Duration // the time with that
	with       *story        // the story with the largest, if the test fails with that
	stopped    string        // why the search is not complete, "" = it is
	runs       int           // of the test
}

// searchVariable switches the search for a backlog off.
const searchVariable = "SIMNETTEST_SEARCH"

const (
	// searchRecords bounds the search by what happens on its networks, so that its answer
	// is the same on every machine. A record takes some 10 µs of a processor, with the
	// goroutines that make it.
	searchRecords = 50_000
	// searchTime bounds it by real time, for programs that compute much.
	searchTime = 2 * time.Second
)

// advise looks for the smallest backlog with which a test passes: the largest first, for
// if that does not do, no other is tried; then by halving. A larger backlog need not be
// better, so what is found is one that passes beside one that fails.
func advise(t *testing.T, c simnet.Config, f func(*T), s *story) (a advice) {
	t.Helper()
	a = advice{first: s, maybeFull: s.maybeFull(), ownBacklog: c.Backlog > 0 && !s.asked(c.Backlog), off: os.Getenv(searchVariable) == "off", failed: c.Backlog}
	most := min(s.config.Profile.Backlog.Max, 2*s.attempts()) // a run that gets further can ask for more than this one did
	if a.off || !a.maybeFull || a.ownBacklog || c.Backlog == 0 || most <= c.Backlog {
		return a
	}
	search := &search{t: t, f: f, config: c, began: time.Now()}
	a.largest = most
	defer func() { a.runs = search.runs }()
	p := search.try(most)
	if a.with = p.story; search.stopped != "" || p.failed {
		a.stopped = search.stopped
		return a
	}
	a.passed, a.takes, a.atBest = most, p.took, p.took
	for a.passed > a.failed+1 && search.stopped == "" {
		middle := a.failed + (a.passed-a.failed)/2
		switch p := search.try(middle); {
		case search.stopped != "":
		case p.failed:
			a.failed = middle
		default:
			a.passed, a.takes = middle, p.took
		}
	}
	a.stopped = search.stopped
	return a
}

// search is a search under way.
type search struct {
	t       *testing.T
	f       func(*T)
	config  simnet.Config
	began   time.Time
	records uint64
	stopped string
	runs    int
}

// try runs the test with a backlog. It does not if the search has taken enough.
func (s *search) try(backlog int) runResult {
	s.t.Helper()
	switch {
	case s.records > searchRecords:
		s.stopped = fmt.Sprintf("after %d records", searchRecords)
	case time.Since(s.began) > searchTime:
		s.stopped = fmt.Sprintf("after %v", searchTime)
	}
	if s.stopped != "" {
		return runResult{}
	}
	s.config.Backlog = backlog
	s.runs++
	p := runOnce(s.t, s.config, s.f, &rerunTB{until: s.began.Add(searchTime)})
	switch {
	case p.hangs != "":
		s.stopped = fmt.Sprintf("in a run with a backlog of %d, which hangs or takes longer than %v", backlog, searchTime)
	case p.story != nil:
		s.records += p.story.dropped + uint64(len(p.story.records))
	}
	return p
}

// text says it in a line, or not at all: where nobody was turned away, the queues have
// nothing to do with the failure.
func (a advice) text() string {
	if a.off && a.maybeFull || !a.maybeFull && len(a.first.results) == 0 {
		return ""
	}
	return a.sentences() + "\n"
}

func (a advice) sentences() string {
	switch {
	case !a.maybeFull:
		return "Nobody met a full queue: a larger backlog changes nothing." + a.first.acceptRate()
	case a.ownBacklog:
		return "The listeners ask for a backlog of their own, not for Config.Backlog: no other was tried."
	case a.failed == 0:
		return "The backlog is SOMAXCONN already."
	case a.largest == 0:
		return "The backlog is the largest that this system has, or larger than the crowd."
	case a.passed == 0 && a.stopped != "":
		return fmt.Sprintf("Whether a larger backlog would do is not known: the search stopped %s.", a.stopped)
	case a.passed == 0:
		return a.noBacklogPasses()
	}
	text := fmt.Sprintf("With this seed a backlog of %d passes, and %d does not", a.passed, a.failed)
	if a.stopped != "" {
		text += "; the search between them stopped " + a.stopped
	}
	text += "."
	text += fmt.Sprintf(" The test then takes %v", round(a.takes))
	if round(a.takes) != round(a.atBest) {
		text += fmt.Sprintf(", and %v with %d, the largest that was tried", round(a.atBest), a.largest)
	}
	return text + "."
}

// inVain says why no backlog does.
func (a advice) noBacklogPasses() string {
	s := a.with
	pace := s.acceptRate()
	if pace != "" {
		pace = fmt.Sprintf(" In the run with %d:%s", a.largest, pace)
	}
	if s.full.count > 0 {
		return fmt.Sprintf("No backlog does: with %d, the largest that was tried, somebody still met a full queue %s.%s", a.largest, times(s.full.count), pace)
	}
	return fmt.Sprintf("No backlog does: with %d, the largest that was tried, nobody met a full queue, and the test fails all the same. It is not the queue alone.%s", a.largest, pace)
}

// pace says how fast the server accepted and who did not wait for it, if anybody did not.
func (s *story) acceptRate() string {
	text := ""
	if s.leftLater == 0 && s.full.count == 0 || s.acceptEnded {
		return ""
	}
	if accepted := s.accepted(); accepted > 1 && s.lastAccept > s.firstAccept {
		took := s.lastAccept.Sub(s.firstAccept)
		text = fmt.Sprintf(" The server accepted %d of %d within %v, %s.", accepted, s.attempts(), round(took), perSecond(accepted-1, took))
	}
	if s.leftLater > 0 {
		text += fmt.Sprintf(" %s left before accept, the first %v after it began: the server is too slow for so many with so little patience.", plural(s.leftLater, "client"), round(s.firstLeft))
	}
	return text
}

// perSecond says a rate.
func perSecond(n int, in time.Duration) string {
	switch rate := (time.Duration(n)*time.Second + in/2) / in; {
	case rate >= 1:
		return fmt.Sprintf("about %d a second", rate)
	default:
		return fmt.Sprintf("about one every %v", round(in/time.Duration(n)))
	}
}

// times says how often.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// crowded reports whether somebody found a queue full, or may have: nobody knows once
// records were not kept.
func (s *story) maybeFull() bool {
	return s.full.count > 0 || s.noDescriptor.count > 0 || s.dropped > 0
}
