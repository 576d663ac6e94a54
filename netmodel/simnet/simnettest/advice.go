package simnettest

import (
	"fmt"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// advice is which backlog would have done.
type advice struct {
	smallest int           // the test passes with it, and with none below it; 0 = unknown
	takes    time.Duration // of virtual time, with the smallest
	tried    int           // the largest that was tried
	atBest   time.Duration // with that
	gaveUp   bool
	crowded  bool // somebody found a queue full
}

// String says it in a sentence.
func (a advice) String() string {
	switch {
	case !a.crowded:
		return "Nobody met a full queue: a larger backlog changes nothing."
	case a.smallest > 0:
		text := fmt.Sprintf("The smallest backlog that passes with this seed: %d. The test then takes %v", a.smallest, round(a.takes))
		if a.tried > a.smallest {
			text += fmt.Sprintf(", and %v with %d", round(a.atBest), a.tried)
		}
		return text + "."
	case a.gaveUp:
		return fmt.Sprintf("Backlogs up to %d do not pass either; the search stopped there for want of time.", a.tried)
	}
	return fmt.Sprintf("No backlog up to %d passes either: it is not the queue alone.", a.tried)
}

// searchTime bounds the search, in real time.
const searchTime = 10 * time.Second

// advise finds the smallest backlog with which a test passes.
func advise(t *testing.T, c simnet.Config, f func(*T), s *story) advice {
	a := advice{crowded: s.crowded()}
	if !a.crowded || c.Backlog == 0 {
		return a
	}
	profile := c.Profile
	if profile == (netmodel.Profile{}) {
		profile = netmodel.Linux()
	}
	most := min(profile.Backlog.Max, 2*s.attempts()) // a run that gets further can ask for more than this one did
	began := time.Now()
	c.Backlog = most
	a.tried = most
	ok, took := passes(t, c, f)
	if a.atBest = took; !ok {
		return a
	}
	a.takes = took
	// Between the two ends a larger backlog need not be better, so they are tried one
	// by one from below.
	for c.Backlog = 1; c.Backlog < most; c.Backlog++ {
		if time.Since(began) > searchTime {
			a.tried, a.gaveUp = c.Backlog-1, true
			return a
		}
		if ok, took := passes(t, c, f); ok {
			a.takes = took
			break
		}
	}
	a.smallest = c.Backlog
	return a
}

// crowded reports whether somebody found a queue full.
func (s *story) crowded() bool { return s.full > 0 }
