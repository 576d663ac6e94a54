package scenarios_test

import (
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"wspsim/internal/golden"
	"wspsim/netmodel"
	"wspsim/scenarios"
)

// mostEvents is far more than any drawn scenario takes.
const mostEvents = 200_000

// Any scenario runs under any profile without an error, with every invariant
// holding all the way, and a second run has the same result in every part.
func TestAnyScenarioIsDeterministicAndSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScenario(t)
		seed := rapid.Uint64().Draw(t, "seed")
		for _, profile := range scenarios.ProfileNames() {
			var broken error
			first, err := scenarios.Run(s, scenarios.Options{Profile: profile, Seed: seed, Record: checked(&broken), Lines: 1000, MaxEvents: mostEvents})
			if err != nil || broken != nil {
				t.Fatalf("%s, seed %d: %v, %v\n%#v", profile, seed, err, broken, s)
			}
			again, _ := scenarios.Run(s, scenarios.Options{Profile: profile, Seed: seed, Lines: 1000, MaxEvents: mostEvents})
			if !reflect.DeepEqual(first, again) {
				t.Fatalf("%s, seed %d: two runs differ: hash %016x and %016x\n%#v", profile, seed, first.Hash, again.Hash, s)
			}
		}
	})
}

// transcripts plays the catalogue under every profile.
func transcripts(t testing.TB) map[string]string {
	texts := map[string]string{}
	for _, s := range scenarios.All() {
		for _, profile := range scenarios.ProfileNames() {
			text, err := golden.Transcript(s, profile, 7)
			if err != nil {
				t.Fatalf("Transcript(%s, %s): %v", s.Name, profile, err)
			}
			texts[s.Name+"/"+profile] = string(text)
		}
	}
	return texts
}

func sameTranscripts(t *testing.T, when string, want, got map[string]string) {
	t.Helper()
	for name, text := range want {
		if d, differs := golden.FirstDifference([]byte(text), []byte(got[name])); differs {
			t.Errorf("%s, %s: %v", name, when, d)
		}
	}
}

func TestReplayIsByteIdentical(t *testing.T) {
	want := transcripts(t)
	sameTranscripts(t, "second run", want, transcripts(t))
	for _, procs := range []int{1, 8} {
		was := runtime.GOMAXPROCS(procs)
		got := transcripts(t)
		runtime.GOMAXPROCS(was)
		sameTranscripts(t, fmt.Sprintf("GOMAXPROCS %d", procs), want, got)
	}
}

func TestReplayIsByteIdenticalInConcurrentRuns(t *testing.T) {
	want := transcripts(t)
	got := make([]map[string]string, 4)
	var wait sync.WaitGroup
	for i := range got {
		wait.Go(func() { got[i] = transcripts(t) })
	}
	wait.Wait()
	for i := range got {
		sameTranscripts(t, fmt.Sprintf("goroutine %d", i), want, got[i])
	}
}

// A run must not depend on what looks at it.
func TestReplayDoesNotDependOnTheObserver(t *testing.T) {
	for _, s := range scenarios.All() {
		bare := mustRun(t, s, scenarios.Options{Seed: 3})
		records := uint64(0)
		seen := mustRun(t, s, scenarios.Options{Seed: 3, Lines: 10, Record: func(*netmodel.Network, netmodel.Record) { records++ }})
		if bare.Hash != seen.Hash || bare.Events != seen.Events || records != seen.Records {
			t.Errorf("%s: hash %016x and %016x, %d and %d events, %d records seen of %d", s.Name, bare.Hash, seen.Hash, bare.Events, seen.Events, records, seen.Records)
		}
	}
}

func TestAnotherSeedIsAnotherRun(t *testing.T) {
	for _, name := range []string{"burst", "impatient", "lossy-link"} {
		s := byName(t, name)
		if a, b := mustRun(t, s, scenarios.Options{Seed: 1}), mustRun(t, s, scenarios.Options{Seed: 2}); a.Hash == b.Hash {
			t.Errorf("%s: seeds 1 and 2 give the same hash %016x", name, a.Hash)
		}
	}
}
