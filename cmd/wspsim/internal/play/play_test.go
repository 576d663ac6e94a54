package play_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"wspsim/cmd/wspsim/internal/play"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/scenarios"
)

func overflow(t *testing.T) *play.Play {
	t.Helper()
	s, err := play.Find("overflow")
	if err != nil {
		t.Fatal(err)
	}
	return &play.Play{Scenario: s, Profile: "wsp", Seed: play.DefaultSeed}
}

func TestCommandSaysEverythingAndBriefWhatIsNotTheDefault(t *testing.T) {
	plain := overflow(t)
	turned := plain.With("backlog", "4").With("latency", "5ms").With("backlog", "7").Under("windows")
	turned.Seed, turned.MaxEvents = 1<<64-1, 5000
	turned.Arrivals = play.Arrivals{File: "my file.csv", Column: "t"}
	for _, test := range []struct {
		why, got, want string
	}{
		{"defaults are said", plain.Command("run"), "wspsim run overflow --profile wsp --seed 1"},
		{"or not", plain.Brief("run"), "wspsim run overflow"},
		{"more flags", plain.Brief("explain", "--client", "c"), "wspsim explain overflow --client c"},
		{"a knob that stands where it stood", plain.With("backlog", "2").Brief("run"), "wspsim run overflow"},
		{"a knob that cannot stand there", plain.With("backlog", "x").Brief("run"), "wspsim run overflow"},
		{"all flags", turned.Brief("run"), "wspsim run overflow --profile windows --seed 18446744073709551615 " +
			"--backlog 7 --set latency=5ms --arrivals 'my file.csv' --column t --max-events 5000"},
		{"microseconds are ASCII", plain.With("latency", "250us").Brief("run"), "wspsim run overflow --set latency=250us"},
		{"the play itself is unchanged", plain.Brief("run"), "wspsim run overflow"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %s, want %s", test.why, test.got, test.want)
		}
	}
}

func TestAPlayIsPreparedOnce(t *testing.T) {
	p := overflow(t).With("latency", "5ms")
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	first, _ := p.Prepared()
	done, err := p.Run(context.Background(), play.Watch{Lines: 3})
	p.Command("run")
	again, _ := p.Prepared()
	if err != nil || done.Prepared != first || again != first {
		t.Errorf("prepared %p, run %p, then %p, %v: want one", first, done.Prepared, again, err)
	}
	if first.Options.Lines != 0 {
		t.Errorf("a run has changed what was prepared: %d lines", first.Options.Lines)
	}
	for _, other := range []*play.Play{p.With("latency", "6ms"), p.Under("windows")} {
		if got, _ := other.Prepared(); got == first {
			t.Errorf("%s: is prepared like another play", other.Command("run"))
		}
	}
}

func TestEstimateIsForLargeCrowdsOnly(t *testing.T) {
	p := overflow(t)
	if got := p.Estimate(); got != "" {
		t.Errorf("estimate of four clients: %q", got)
	}
	p = overflow(t)
	p.Scenario.Load.Times = make([]time.Duration, 2_000_000)
	if got, want := p.Estimate(), "2,000,000 clients: about 1430 MB of memory and 14 s or more"; got != want {
		t.Errorf("Estimate = %q, want %q", got, want)
	}
}

func TestRunStopsWhenItsContextIsDone(t *testing.T) {
	s, _ := scenarios.ByName("impatient")
	p := &play.Play{Scenario: s, Profile: "wsp"}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Run(ctx, play.Watch{}); !errors.Is(err, scenarios.ErrStopped) {
		t.Errorf("Run = %v, want ErrStopped", err)
	}
	if _, err := p.Run(context.Background(), play.Watch{Broken: func() bool { return true }}); !errors.Is(err, scenarios.ErrStopped) {
		t.Errorf("Run of a broken watch = %v, want ErrStopped", err)
	}
}
