package kernel

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// usual are the settings of a current kernel on an untouched machine.
func usual() Settings {
	return Settings{"6.18", map[string]int{"somaxconn": 4096, "tcp_max_syn_backlog": 2048, "tcp_syncookies": 1, "tcp_synack_retries": 5}}
}

func TestAKernelIsComparedWithTheProfileOfItsReleaseAndItsSettings(t *testing.T) {
	for _, row := range []struct {
		release, want string
		why           string
	}{
		{"7.0.1", "linux", "newer than every release that the model knows"},
		{"6.18.44-fc-v595", "linux", "a name may follow the version"},
		{"6.13.0", "linux", "the first"},
		{"6.12.9", "linux6.5", "before the change of 6.13"},
		{"6.1.0", "linux5.4", "the minor number is a number"},
		{"4.18.0", "linux4.10", "an old distribution"},
		{"4.4.0", "linux4.3", "between two changes"},
		{"3.10.0", "linux2.6.20", "older than the change of 4.3"},
		{"unknown", "linux", "no number at all"},
	} {
		if p := Profile(Settings{Release: row.release}); p.Name != row.want {
			t.Errorf("Profile(release %s) (%s) is %s, want %s", row.release, row.why, p.Name, row.want)
		}
	}
	p := Profile(Settings{"6.18", map[string]int{"somaxconn": 3, "tcp_syncookies": 2, "tcp_syn_retries": 127, "tcp_synack_retries": 255}})
	if p.Backlog.Max != 3 || p.SynQueue.Cookies != 2 || p.Client.Syn.Retries != 30 || p.SynAck.Retries != 30 || p.Client.Syn.Linear != 4 {
		t.Errorf("Profile has %+v %+v %+v %+v, want 3, 2, the two largest numbers of retries that the model has, and the default 4", p.Backlog, p.SynQueue, p.Client, p.SynAck)
	}
}

func TestReadSettingsLeavesOutASettingThatTheKernelLacks(t *testing.T) {
	for _, row := range []struct {
		somaxconn string // "" = no file
		want      map[string]int
		ok        bool
		why       string
	}{
		{"4096\n", map[string]int{"somaxconn": 4096}, true, "as the kernel writes it"},
		{"", map[string]int{}, true, "an older kernel, or one built without it"},
		{"many\n", nil, false, "not a number"},
	} {
		dir := t.TempDir()
		write := func(name, text string) {
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("kernel/osrelease", "6.18.44\n")
		if row.somaxconn != "" {
			write("net/core/somaxconn", row.somaxconn)
		}
		got, err := readSettings(dir)
		if err == nil != row.ok || row.ok && !cmp.Equal(got, Settings{"6.18.44", row.want}) {
			t.Errorf("readSettings() with %q (%s) = %+v, %v, want %v, ok %v", row.somaxconn, row.why, got, err, row.want, row.ok)
		}
	}
}

func TestAnExperimentInANamespaceDoesNotHaveTheSettingsOfTheMachine(t *testing.T) {
	odd := Settings{"6.18", map[string]int{"somaxconn": 3, "tcp_max_syn_backlog": 4, "tcp_abort_on_overflow": 1, "tcp_syncookies": 2,
		"tcp_syn_retries": 1, "tcp_synack_retries": 9}}
	for _, e := range Experiments() {
		if !e.NeedsNamespace {
			continue
		}
		there, thereErr := e.RunOnModel(odd)
		here, hereErr := e.RunOnModel(usual())
		if diff := cmp.Diff(here, there); diff != "" || thereErr != nil || hereErr != nil {
			t.Errorf("%s: %v, %v (-on a usual machine +on an odd one):\n%s", e.Name, hereErr, thereErr, diff)
		}
		if got := e.settings(odd); got.Release != odd.Release || got.Values["somaxconn"] != 4096 {
			t.Errorf("%s: settings() = %+v, want the release of the machine and somaxconn 4096", e.Name, got)
		}
	}
}
