package simnettest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"wspsim/netmodel/simnet"
)

// advice is the result of the search for a backlog with which the test passes.
type advice struct {
	first      *story        // of the run that failed
	off        bool          // the search is switched off
	maybeFull  bool          // a client met a full queue, or may have
	ownBacklog bool          // no listener passed Config.Backlog to listen
	failed     int           // the largest backlog known to fail below passed
	passed     int           // the smallest backlog known to pass; 0 = none is known
	takes      time.Duration // virtual time of the run with passed
	largest    int           // the largest backlog that was tried; 0 = none was tried
	atBest     time.Duration // virtual time of the run with largest
	with       *story        // the story of the run with largest, if that run failed
	stopped    string        // why the search is not complete, "" = it is
	runs       int           // how many runs the search has made
}

// searchVariable switches the search for a backlog off.
const searchVariable = "SIMNETTEST_SEARCH"

const (
	// searchRecords limits the search by records of its networks, so that its answer is the
	// same on every machine. A record takes about 10 µs of a processor, with the goroutines
	// that cause it.
	searchRecords = 50_000
	// searchTime limits the search by real time, for programs that compute much.
	searchTime = 2 * time.Second
)

// advise searches for the smallest backlog with which a test passes. It tries the largest
// backlog first. If the test fails with it, the search ends; else advise searches by halves. A
// larger backlog is not always better, so the result is one backlog that passes next to one
// that fails.
func advise(t *testing.T, c simnet.Config, f func(*T), s *story) (a advice) {
	t.Helper()
	a = advice{first: s, maybeFull: s.maybeFull(), ownBacklog: c.Backlog > 0 && !s.asked(c.Backlog), off: os.Getenv(searchVariable) == "off", failed: c.Backlog}
	most := min(s.config.Profile.Backlog.Max, 2*s.attempts()) // a run that gets further can make more attempts
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

// search is a search in progress.
type search struct {
	t       *testing.T
	f       func(*T)
	config  simnet.Config
	began   time.Time
	records uint64
	stopped string
	runs    int
}

// try runs the test with a backlog, unless the search has reached its limits.
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

// text returns the advice in one line. It returns "" if every attempt was accepted, because then
// the queues did not cause the failure.
func (a advice) text() string {
	if a.off && a.maybeFull || !a.maybeFull && len(a.first.results) == 0 {
		return ""
	}
	return a.sentences() + "\n"
}

func (a advice) sentences() string {
	switch {
	case !a.maybeFull:
		return "No client met a full queue: a larger backlog changes nothing." + a.first.acceptRate()
	case a.ownBacklog:
		return "The listeners use a backlog of their own, not Config.Backlog: no other backlog was tried."
	case a.failed == 0:
		return "The backlog is SOMAXCONN already."
	case a.largest == 0:
		return "The backlog is the largest of this system, or larger than the number of attempts."
	case a.passed == 0 && a.stopped != "":
		return fmt.Sprintf("It is not known whether a larger backlog would be enough: the search stopped %s.", a.stopped)
	case a.passed == 0:
		return a.noBacklogPasses()
	}
	text := fmt.Sprintf("With this seed a backlog of %d passes and %d fails", a.passed, a.failed)
	if a.stopped != "" {
		text += "; the search between them stopped " + a.stopped
	}
	text += "."
	text += fmt.Sprintf(" The test then takes %v", round(a.takes))
	if round(a.takes) != round(a.atBest) {
		text += fmt.Sprintf(", and %v with %d, the largest backlog that was tried", round(a.atBest), a.largest)
	}
	return text + "."
}

// noBacklogPasses says why no backlog is enough.
func (a advice) noBacklogPasses() string {
	s := a.with
	rate := s.acceptRate()
	if rate != "" {
		rate = fmt.Sprintf(" In the run with %d:%s", a.largest, rate)
	}
	if s.full.count > 0 {
		return fmt.Sprintf("No backlog is enough: with %d, the largest that was tried, clients still met a full queue %s.%s", a.largest, times(s.full.count), rate)
	}
	return fmt.Sprintf("No backlog is enough: with %d, the largest that was tried, no client met a full queue and the test still fails. The queue is not the only cause.%s", a.largest, rate)
}

// acceptRate says how fast the server accepted and how many clients left before that. It returns
// "" if no client left or met a full queue.
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
		text += fmt.Sprintf(" %s left before accept, the first %v after it began: the server is too slow for these clients.", plural(s.leftLater, "client"), round(s.firstLeft))
	}
	return text
}

// perSecond returns a rate as text.
func perSecond(n int, in time.Duration) string {
	switch rate := (time.Duration(n)*time.Second + in/2) / in; {
	case rate >= 1:
		return fmt.Sprintf("about %d a second", rate)
	default:
		return fmt.Sprintf("about one every %v", round(in/time.Duration(n)))
	}
}

// times returns a count as text.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// maybeFull reports whether a client met a full queue or a listener without a descriptor. It also
// returns true if records were dropped, since they may have said so.
func (s *story) maybeFull() bool {
	return s.full.count > 0 || s.noDescriptor.count > 0 || s.dropped > 0
}
