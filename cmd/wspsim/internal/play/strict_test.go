package play_test

import (
	"context"
	"testing"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/scenarios"
)

func TestCheckKnownNamesTheUnknownValues(t *testing.T) {
	s, _ := scenarios.ByName("burst")
	err := (&play.Play{Scenario: s, Profile: "aix5"}).CheckKnown(context.Background())
	const want = `scenario burst under profile aix5 depends on an unknown value: ` +
		`OnFull (ignore; Stevens' table says how many connections fit, not what happens then; no answer is chosen): ` +
		`with "refuse" the run differs; also Client.Syn; without --strict it is run as chosen`
	if err == nil || err.Error() != want {
		t.Errorf("CheckKnown = %v, want %s", err, want)
	}
	if err := (&play.Play{Scenario: s, Profile: "linux"}).CheckKnown(context.Background()); err != nil {
		t.Errorf("CheckKnown under linux = %v", err)
	}
}
