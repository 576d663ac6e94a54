package kernel

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// Settings are the facts about a machine that decide what the experiments show.
type Settings struct {
	Release string         // of the kernel, as in "6.18.44"
	Values  map[string]int // by name, as in "somaxconn"; without those that the kernel lacks
}

const procSys = "/proc/sys" // each thread sees the settings of its own network namespace

// settingFiles are the files of the settings, below /proc/sys/net.
func settingFiles() []string {
	return []string{"core/somaxconn", "ipv4/tcp_max_syn_backlog", "ipv4/tcp_abort_on_overflow", "ipv4/tcp_syncookies",
		"ipv4/tcp_syn_retries", "ipv4/tcp_synack_retries", "ipv4/tcp_syn_linear_timeouts"}
}

// ReadSettings reads the settings of this machine.
func ReadSettings() (Settings, error) {
	if err := Available(); err != nil {
		return Settings{}, err
	}
	return readSettings(procSys)
}

func readSettings(dir string) (Settings, error) {
	release, err := os.ReadFile(filepath.Join(dir, "kernel/osrelease"))
	if err != nil {
		return Settings{}, err
	}
	s := Settings{Release: strings.TrimSpace(string(release)), Values: map[string]int{}}
	for _, name := range settingFiles() {
		text, err := os.ReadFile(filepath.Join(dir, "net", name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // an older kernel, or one built without it
		case err != nil:
			return Settings{}, err
		}
		if s.Values[path.Base(name)], err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
			return Settings{}, fmt.Errorf("net/%s holds %q: want a number", name, text)
		}
	}
	return s, nil
}

// settings are those that the experiment is played under on a machine. In a namespace
// they are the defaults of a kernel with large queues, whatever the machine has.
func (e Experiment) settings(machine Settings) Settings {
	if !e.NeedsNamespace {
		return machine
	}
	values := map[string]int{
		"somaxconn": 4096, "tcp_max_syn_backlog": 2048, "tcp_abort_on_overflow": 0, "tcp_syncookies": 1, "tcp_synack_retries": 5,
	}
	maps.Copy(values, e.own)
	return Settings{machine.Release, values}
}

// Profile returns the profile of the kernel's release with the kernel's settings. A
// value beyond the range of the model becomes the nearest one in it: no experiment
// lasts long enough to show that.
func Profile(k Settings) netmodel.Profile {
	p, err := profiles.LinuxOf(k.Release)
	if err != nil {
		p = profiles.Linux() // a release without a version number
	}
	for _, known := range profiles.Settings(p) {
		value, set := k.Values[known.Name]
		if !set {
			continue
		}
		value = int(max(known.Min, min(known.Max, int64(value))))
		if p, err = profiles.Set(p, known.Name, strconv.Itoa(value)); err != nil {
			panic(err) // cannot happen: the value is in the range of the setting
		}
	}
	return p
}
