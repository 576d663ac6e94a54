package netmodel

import (
	"fmt"
	"time"

	"wspsim/sim"
)

// Link is one direction of the path between two hosts. The zero value delivers every
// segment at once and loses none.
type Link struct {
	Latency   time.Duration // of every segment
	Jitter    sim.Dist      // added to Latency; nil = none
	Loss      sim.Ratio     // chance that a segment is lost
	Duplicate sim.Ratio     // chance that a segment arrives twice
	// Chance that a segment is delayed by another Latency plus Jitter, so that later
	// segments overtake it. If Reorder is 0, the segments of a connection keep their order
	// in spite of jitter.
	Reorder sim.Ratio
}

// Validate returns an error that says what is wrong with the link, or nil.
func (l Link) Validate() error {
	if l.Latency < 0 || l.Latency > time.Hour {
		return fmt.Errorf("link: latency %v: want 0 to %v", l.Latency, time.Hour)
	}
	if l.Jitter != nil {
		if err := l.Jitter.Validate(); err != nil {
			return fmt.Errorf("link: jitter: %w", err)
		}
	}
	for _, r := range [...]struct {
		name  string
		ratio sim.Ratio
	}{{"loss", l.Loss}, {"duplicate", l.Duplicate}, {"reorder", l.Reorder}} {
		if err := r.ratio.Validate(); err != nil {
			return fmt.Errorf("link: %s: %w", r.name, err)
		}
	}
	return nil
}

// path is a link in use.
type path struct {
	link      Link
	immediate bool // the link delivers everything at once
	random    bool // the link decides something at random
	cut       bool
}

// Immediate reports whether the link delivers every segment at once.
func (l Link) Immediate() bool {
	return l.Latency == 0 && l.Jitter == nil && l.Loss.Num == 0 && l.Duplicate.Num == 0 && l.Reorder.Num == 0
}

// random reports whether the link decides anything at random.
func (l Link) random() bool {
	return l.Jitter != nil || l.Loss.Num != 0 || l.Duplicate.Num != 0 || l.Reorder.Num != 0
}

// delay draws how long a segment travels.
func (l *Link) delay(r *sim.Rand) time.Duration {
	d := l.Latency
	if l.Jitter != nil {
		d += l.Jitter.Draw(r)
	}
	return d
}
