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
	case a.tried == 0:
		return "The backlog is SOMAXCONN already."
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
	// A larger backlog need not be better, so they are tried one by one from below.
	began := time.Now()
	for c.Backlog = 1; c.Backlog <= most; c.Backlog++ {
		if time.Since(began) > searchTime {
			a.gaveUp = true
			return a
		}
		a.tried = c.Backlog
		if ok, took := passes(t, c, f); ok {
			a.smallest, a.takes = c.Backlog, took
			break
		}
	}
	if c.Backlog = most; a.smallest > 0 && a.smallest < most {
		if ok, took := passes(t, c, f); ok {
			a.tried, a.atBest = most, took
		}
	}
	return a
}

// crowded reports whether somebody found a queue full, or may have: nobody knows once
// records were not kept.
func (s *story) crowded() bool { return s.full > 0 || s.forgotten }
