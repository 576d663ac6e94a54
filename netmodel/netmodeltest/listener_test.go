package netmodeltest

import (
	"testing"

	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/profiles"
)

func TestTheListenerWithOneQueueAndNoMistakeIsRight(t *testing.T) {
	setFlag(t, "rapid.checks", "300")
	for _, descriptors := range []int{0, 1, 2, 4} {
		Check(t, profiles.WSP(), descriptors, newListener(noMistake))
	}
}

func TestTheListenerWithTwoQueuesAndNoMistakeIsRight(t *testing.T) {
	for _, head := range []string{likeLinux, withAbort, likeLinux43, withoutCookie} {
		p := profileOf(head)
		if r := (lockstep.Swarm{Seed: 1, Profile: &p, New: newListener(noMistake)}).Run(200_000, nil); r.Failure != nil {
			t.Error(r.Failure)
		}
	}
}
