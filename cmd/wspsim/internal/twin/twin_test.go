package twin

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wspsim/cmd/wspsim/internal/kernel"
	_ "wspsim/internal/update" // the flag -update
)

func TestEveryExperimentOfTheKernelHasATwin(t *testing.T) {
	for _, trial := range kernel.Trials() {
		if _, ok := Play(trial, kernel.Usual()); !ok {
			t.Errorf("Play(%q): there is no such experiment", trial.Name)
		}
	}
	if _, ok := Play(kernel.Trial{Name: "nonsense"}, kernel.Usual()); ok {
		t.Error("Play(nonsense) plays something")
	}
}

func TestAKernelIsComparedWithTheProfileOfItsReleaseAndItsSettings(t *testing.T) {
	for _, c := range []struct {
		release, want string
		why           string
	}{
		{"7.0.1", "linux", "newer than all that were known"},
		{"6.18.44-fc-v595", "linux", "a name may follow"},
		{"6.13.0", "linux", "the first"},
		{"6.12.9", "linux6.5", "before the change of 6.13"},
		{"6.1.0", "linux5.4", "the minor number is a number"},
		{"4.18.0", "linux4.10", "an old distribution"},
		{"4.4.0", "linux4.3", ""},
		{"3.10.0", "linux2.6.20", ""},
		{"unknown", "linux", "no number at all"},
	} {
		if p := Profile(kernel.Settings{Release: c.release}); p.Name != c.want {
			t.Errorf("%s: %s: profile %s, want %s", c.why, c.release, p.Name, c.want)
		}
	}
	p := Profile(kernel.Settings{Release: "6.18", Somaxconn: 3, Syncookies: 2, SynRetries: 127, SynackRetries: 255, SynLinearTimeouts: -1})
	if p.Backlog.Max != 3 || p.SynQueue.Cookies != 2 || p.Client.Syn.Retries != 30 || p.SynAck.Retries != 30 || p.Client.Syn.Linear != 4 {
		t.Errorf("settings %+v %+v %+v %+v", p.Backlog, p.SynQueue, p.Client, p.SynAck)
	}
}

func TestATrialInANamespaceDoesNotHaveTheSettingsOfTheMachine(t *testing.T) {
	odd := kernel.Settings{Release: "6.18", Somaxconn: 3, MaxSynBacklog: 4, AbortOnOverflow: 1, Syncookies: 2, SynRetries: 1, SynackRetries: 9}
	untouched := kernel.Usual()
	untouched.Release = odd.Release
	for name := range acts() {
		trial := kernel.Trial{Name: name, NeedsNamespace: true}
		there, _ := Play(trial, odd)
		here, _ := Play(trial, untouched)
		if diff := cmp.Diff(here, there); diff != "" {
			t.Errorf("%s (-under the usual settings +under those of the machine):\n%s", name, diff)
		}
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
		modelled, _ := Play(trial, settings)
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
