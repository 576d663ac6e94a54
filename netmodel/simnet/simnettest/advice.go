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
	smallest int // the test passes with it, and with none below it; 0 = unknown
	tried    int // the largest that was tried
	gaveUp   bool
	crowded  bool // somebody found a queue full
}

// String says it in a sentence.
func (a advice) String() string {
	switch {
	case !a.crowded:
		return "Nobody met a full queue: a larger backlog changes nothing."
	case a.smallest > 0:
		return fmt.Sprintf("The smallest backlog that passes with this seed: %d.", a.smallest)
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
	most := min(profile.Backlog.Max, max(s.attempts(), 1))
	began := time.Now()
	c.Backlog = most
	if a.tried = most; !passes(t, c, f) {
		return a
	}
	// Between the two ends a larger backlog need not be better, so they are tried one
	// by one from below.
	for c.Backlog = 1; c.Backlog < most; c.Backlog++ {
		if time.Since(began) > searchTime {
			a.tried, a.gaveUp = c.Backlog-1, true
			return a
		}
		if passes(t, c, f) {
			break
		}
	}
	a.smallest = c.Backlog
	return a
}

func (s *story) attempts() int {
	total := 0
	for _, k := range s.tally {
		total += k
	}
	return total
}

// crowded reports whether somebody found a queue full.
func (s *story) crowded() bool { return s.full > 0 }
