package profiles_test

import (
	"regexp"
	"testing"

	"wspsim/netmodel/profiles"
)

// A claim stands alone below a story, where "chosen" says neither by whom nor why.
func TestNoClaimSaysChosenWithoutSayingByWhom(t *testing.T) {
	chosen := regexp.MustCompile(`\bchosen\b`)
	for _, r := range profiles.Rules() {
		if chosen.MatchString(r.Claim) {
			t.Errorf("rule %s: %q, want it to say that it is not documented and a choice of this model", r.ID, r.Claim)
		}
	}
}
