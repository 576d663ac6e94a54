// Package kernel plays small experiments at an accept queue, on the Linux kernel of
// this machine and on the model. Each experiment is one script. It is played on two
// stages, and the observations are compared.
//
// Most experiments use sockets on the loopback interface and need no rights. Some
// need settings of their own. They make a network namespace, which needs root, and
// change settings there only. The settings of the machine are read and never written.
// One experiment lowers the limit of descriptors of this process for less than 0.1 s
// and restores it. Nothing else in the process can open a file meanwhile.
//
// The package builds everywhere. The stage of the real kernel exists on Linux only.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"wspsim/netmodel/profiles"
)

// Observation is one thing that a script saw: a count, a state, the name of an errno.
// Names are unique within an experiment.
type Observation struct{ Name, Value string }

// Experiment is one script, to be played on the kernel and on the model.
type Experiment struct {
	Name           string // as in "fill-5"
	What           string // the script does, in one line
	NeedsNamespace bool   // and so root

	own map[string]int // settings in its namespace that differ from the usual ones
	act func(*script)
}

var (
	// ErrOtherSettings says that the settings of this machine leave nothing to observe.
	ErrOtherSettings = errors.New("the experiment needs other settings")

	// ErrNoNamespace says that a network namespace cannot be made or set up.
	ErrNoNamespace = errors.New("the experiment needs a network namespace of its own")
)

// The files for Linux set these two. They are nil on every other system.
var (
	available func() error
	onKernel  func(context.Context, Experiment) ([]Observation, error)
)

// Available says why the experiments cannot be played on a kernel here, or nil.
func Available() error {
	if available == nil {
		return fmt.Errorf("this is %s/%s; the experiments are played on Linux", runtime.GOOS, runtime.GOARCH)
	}
	return available()
}

// RunOnKernel plays the experiment on the kernel of this machine and returns its
// observations in order. It ends soon after ctx does, and within 10 s in any case.
// One experiment runs at a time: a second call waits for the first. Errors: those of
// Available and ctx, ErrOtherSettings, ErrNoNamespace, or the call that failed.
func (e Experiment) RunOnKernel(ctx context.Context) ([]Observation, error) {
	if onKernel == nil {
		return nil, Available()
	}
	return onKernel(ctx, e)
}

// RunOnModel plays the experiment on the model of a machine and returns its
// observations in order. Errors: ErrOtherSettings, or the call of the model that failed.
func (e Experiment) RunOnModel(machine Settings) ([]Observation, error) {
	k := e.settings(machine)
	return e.runOn(newModelStage(Profile(k), profiles.Unix()), k)
}

func (e Experiment) runOn(m *modelStage, k Settings) ([]Observation, error) {
	seen, err := play(m, k, e.act)
	return seen, errors.Join(err, m.tcp.Check(), m.unix.Check())
}

// KnownDifference says why the model shows another value than the kernel in an
// observation, where the cause is known. It is "" everywhere else.
func (e Experiment) KnownDifference(observation string) string {
	if e.Name == "no-listener" && observation == "the same socket again: connect" {
		return "after a non-blocking connect that failed, Linux spends one more call on saying so"
	}
	return ""
}
