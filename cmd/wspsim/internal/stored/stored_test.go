package stored

import (
	"context"
	"errors"
	"testing"

	"wspsim/cmd/wspsim/internal/play"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios"
)

// of returns the play of a scenario.
func of(t *testing.T, name string) *play.Play {
	t.Helper()
	s, err := play.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return &play.Play{Scenario: s, Seed: play.DefaultSeed}
}

func TestARunHasTheHashAndTheFiguresOfTheResult(t *testing.T) {
	for _, s := range scenarios.All() {
		if s.Name == "recorded" || s.Name == "impatient" {
			continue // long
		}
		p := of(t, s.Name)
		runs, err := Runs(t.Context(), p, s.Profiles[:1], nil)
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		res, err := scenarios.Run(s, scenarios.Options{Seed: play.DefaultSeed})
		if err != nil {
			t.Fatal(err)
		}
		r := runs[0]
		values := map[string]int64{}
		for _, f := range r.Figures {
			values[f.Name] = f.Value
		}
		if uint64(len(r.Records)) != res.Records || len(r.Results) != len(res.Attempts) || values["outcomes.accepted"] != int64(res.Outcomes.Accepted) {
			t.Errorf("%s: the page has %d records, %d results, %d accepted; the run %d, %d, %d", s.Name, len(r.Records), len(r.Results), values["outcomes.accepted"], res.Records, len(res.Attempts), res.Outcomes.Accepted)
		}
		syns, sent := 0, 0
		for _, c := range r.Records {
			if c.Kind == "syn_sent" || c.Kind == "syn_sent_again" {
				syns++
			}
		}
		for _, x := range r.Transmissions {
			if x.Kind == "SYN" {
				sent++
			}
		}
		if sent < syns {
			t.Errorf("%s: the page has %d SYNs on the wire, the records tell of %d", s.Name, sent, syns)
		}
	}
}

func TestARunStopsWhenItIsTooLargeOrTheReaderLeaves(t *testing.T) {
	large := of(t, "burst").With("clients", "100000")
	if _, err := Runs(t.Context(), large, []string{"wsp"}, nil); !errors.Is(err, page.ErrTooLarge) {
		t.Errorf("a run of 100,000 clients: %v, want ErrTooLarge", err)
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := Runs(ctx, of(t, "burst").With("clients", "4000"), []string{"wsp"}, nil); !errors.Is(err, scenarios.ErrStopped) {
		t.Errorf("a run whose reader left: %v, want ErrStopped", err)
	}
	if _, err := Runs(t.Context(), of(t, "burst"), []string{"wsp", "wsp"}, nil); err == nil {
		t.Error("a profile that is named twice runs twice")
	}
}
