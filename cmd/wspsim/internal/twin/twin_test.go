package twin

import (
	"context"
	"errors"
	"testing"

	"wspsim/cmd/wspsim/internal/kernel"
	"wspsim/netmodel"
)

func TestEveryExperimentOfTheKernelHasATwin(t *testing.T) {
	for _, trial := range kernel.Trials() {
		if _, ok := Play(trial.Name, netmodel.Linux()); !ok {
			t.Errorf("Play(%q): there is no such experiment", trial.Name)
		}
	}
	if _, ok := Play("nonsense", netmodel.Linux()); ok {
		t.Error("Play(nonsense) plays something")
	}
}

// TestTheKernelOfThisMachineAndTheModelSeeTheSame is the comparison that verify
// --kernel prints.
func TestTheKernelOfThisMachineAndTheModelSeeTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes ten seconds")
	}
	if err := kernel.Available(); err != nil {
		t.Skip(err)
	}
	settings, err := kernel.ReadSettings()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Profile(settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range kernel.Trials() {
		seen, err := trial.Play(context.Background())
		if errors.Is(err, kernel.ErrNoNamespace) || errors.Is(err, kernel.ErrOtherSettings) {
			t.Logf("%s: %v", trial.Name, err)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", trial.Name, err)
			continue
		}
		modelled, _ := Play(trial.Name, p)
		if len(modelled) != len(seen) {
			t.Errorf("%s: the model makes %d observations, want %d", trial.Name, len(modelled), len(seen))
			continue
		}
		for i := range seen {
			if seen[i] != modelled[i] && Known(trial.Name, seen[i].Name) == "" {
				t.Errorf("%s: kernel %+v, model %+v", trial.Name, seen[i], modelled[i])
			}
		}
	}
}
