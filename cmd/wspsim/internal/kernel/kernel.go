// Package kernel plays small experiments at an accept queue of the real Linux
// kernel and tells what it observed, so that a model can be compared with it.
//
// Most experiments use sockets on the loopback interface and need no rights.
// Some need settings of their own; they make a network namespace, which needs
// root, and change settings in there only. The settings of the machine are read
// and never written. One experiment lowers the limit of descriptors of this
// process for less than a tenth of a second and restores it; meanwhile nothing
// else in the process can open a file.
//
// The package builds everywhere and has trials on Linux only.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Observation is one thing that was seen: a count, a state, the name of an
// errno. In one trial no two have the same name.
type Observation struct{ Name, Value string }

// Trial is one experiment.
type Trial struct {
	Name           string // as in "fill-5"
	What           string // is done, in one sentence
	NeedsNamespace bool   // and so root

	// Play plays the experiment and returns what it saw, in order. It ends soon
	// after ctx does, and within ten seconds in any case. Trials take turns: a
	// second call waits for the first. Errors: those of ctx, ErrOtherSettings,
	// ErrNoNamespace, or a sentence about the call that failed.
	Play func(ctx context.Context) ([]Observation, error)
}

var (
	// ErrOtherSettings says that the settings of this machine leave nothing to observe.
	ErrOtherSettings = errors.New("the experiment needs other settings")

	// ErrNoNamespace says that a network namespace cannot be made or set up.
	ErrNoNamespace = errors.New("the experiment needs a network namespace of its own")
)

// What the files for Linux put in. They are empty on every other system.
var (
	available func() error
	trials    []Trial
)

// Available says why the experiments cannot be played here, or nil.
func Available() error {
	if available == nil {
		return fmt.Errorf("this is %s/%s; the experiments are played on Linux", runtime.GOOS, runtime.GOARCH)
	}
	return available()
}

// Trials returns all experiments, in the order in which to read them.
func Trials() []Trial { return slices.Clone(trials) }

// Settings are the facts about this machine that decide what the experiments
// show. A number is -1 where the kernel has no such setting.
type Settings struct {
	Release string // of the kernel, as in "6.18.44"

	Somaxconn         int // connections; the largest backlog
	MaxSynBacklog     int // half-open connections per listener, without SYN cookies
	AbortOnOverflow   int // 1 = a final ACK at a full queue is answered with RST
	Syncookies        int // 0 = never, 1 = when too many are half-open, 2 = always
	SynRetries        int // retransmissions of a SYN, apart from the linear ones
	SynackRetries     int // retransmissions of a SYN-ACK
	SynLinearTimeouts int // retransmissions of a SYN before the interval doubles
}

// ReadSettings reads the settings under /proc/sys.
func ReadSettings() (Settings, error) {
	if err := Available(); err != nil {
		return Settings{}, err
	}
	return readSettings()
}

// Usual returns the settings under which an experiment that needs a namespace is
// played, unless it has others: those of an untouched machine, whatever this one
// has. What it does not set is -1: a new namespace has the default.
func Usual() Settings {
	return Settings{
		Somaxconn: 4096, MaxSynBacklog: 2048, Syncookies: 1, SynackRetries: 5,
		SynRetries: -1, SynLinearTimeouts: -1,
	}
}

const sysctls = "/proc/sys" // shows each thread the settings of its own network namespace

func readSettings() (Settings, error) {
	release, err := os.ReadFile(filepath.Join(sysctls, "kernel/osrelease"))
	if err != nil {
		return Settings{}, err
	}
	s := Settings{Release: strings.TrimSpace(string(release))}
	for _, f := range []struct {
		name string
		into *int
	}{
		{"net/core/somaxconn", &s.Somaxconn},
		{"net/ipv4/tcp_max_syn_backlog", &s.MaxSynBacklog},
		{"net/ipv4/tcp_abort_on_overflow", &s.AbortOnOverflow},
		{"net/ipv4/tcp_syncookies", &s.Syncookies},
		{"net/ipv4/tcp_syn_retries", &s.SynRetries},
		{"net/ipv4/tcp_synack_retries", &s.SynackRetries},
		{"net/ipv4/tcp_syn_linear_timeouts", &s.SynLinearTimeouts},
	} {
		if *f.into, err = readSetting(filepath.Join(sysctls, f.name)); err != nil {
			return Settings{}, err
		}
	}
	return s, nil
}

// readSetting returns the number in a file, -1 if there is no such file.
func readSetting(name string) (int, error) {
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return -1, nil
	case err != nil:
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s holds %q: want a number", name, text)
	}
	return n, nil
}
