// Package measured replays what was measured on real systems and compares it,
// field by field, with what the model does.
//
// A measurement is a line of a JSON Lines file (testdata/truth has some, with a
// README that says what the fields mean): which experiment, on which system, with
// which parameters and kernel settings, and what was observed. Read takes such
// files; Replay plays a line on the profile of its system. A Comparison lists
// every field that was compared; where model and measurement differ, it says why
// if the reason is known.
//
// What a measurement cannot tell is an input of the replay and not compared: the
// instants at which clients began, and the phase of the kernel's clock of ticks,
// which is found by looking for one that explains the first instants (see Phase).
package measured

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Trial is one measurement.
type Trial struct {
	Exp      string          `json:"exp"`
	OS       string          `json:"os"`
	Version  string          `json:"version"`
	Rep      int             `json:"rep"` // repetitions are numbered from 1
	Params   json.RawMessage `json:"params"`
	Sysctl   map[string]any  `json:"sysctl"` // Linux: every setting that matters, by its full name
	Observed json.RawMessage `json:"observed"`
	Line     json.RawMessage `json:"-"` // the whole line, for experiments with keys of their own
	Number   int             `json:"-"` // of the line in its file
}

// longest is the longest line that is read, in bytes: an open-loop log has 211,810.
const longest = 4 << 20

// Read reads a file of measurements. Errors name the line.
func Read(r io.Reader) ([]Trial, error) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, longest)
	var trials []Trial
	number := 0
	for in.Scan() {
		if in.Err() != nil {
			break // this is what could be read of a line
		}
		number++
		line := bytes.TrimSpace(in.Bytes())
		if len(line) == 0 {
			continue
		}
		t := Trial{Number: number, Line: slices.Clone(line)}
		if err := json.Unmarshal(line, &t); err != nil {
			return trials, fmt.Errorf("line %d: %w", number, plain(err))
		}
		if t.Exp == "" {
			return trials, fmt.Errorf("line %d: no \"exp\": want the name of an experiment", number)
		}
		for _, x := range [...]struct{ key, value string }{{"exp", t.Exp}, {"os", t.OS}, {"version", t.Version}} {
			if len(x.value) > mostText {
				return trials, fmt.Errorf("line %d: %s has %d bytes: want at most %d", number, x.key, len(x.value), mostText)
			}
		}
		trials = append(trials, t)
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return trials, fmt.Errorf("line %d is longer than %d bytes", number+1, longest)
	} else if err != nil {
		return trials, fmt.Errorf("line %d: %w", number+1, err)
	}
	return trials, nil
}

// plain words an error of the decoder without the types of the program.
func plain(err error) error {
	wrong := new(json.UnmarshalTypeError)
	switch {
	case !errors.As(err, &wrong):
	case wrong.Field == "":
		return fmt.Errorf("%s where an object is wanted", wrong.Value)
	default:
		return fmt.Errorf("%q is %s: want %s", wrong.Field, wrong.Value, wrong.Type)
	}
	return err
}

// Field is one thing that was measured, beside what the model does.
type Field struct {
	Name      string
	Measured  string
	Modelled  string
	Agrees    bool
	Tolerance string // what was allowed, "" = nothing: the two are equal
	Cause     string // why the two differ, "" if that is not known
}

// Comparison is what came out of a replay.
type Comparison struct {
	Trial  *Trial
	Fields []Field
	// Of logs: decisions of the kernel that were compared one by one, and those on
	// which the model agrees. A field sums up those of a kind.
	Decisions, DecisionsAgree int

	work int // what the plays have cost: steps in time, and records
}

// Agrees returns how many of how many fields agree.
func (c *Comparison) Agrees() (agree, of int) {
	for _, f := range c.Fields {
		if f.Agrees {
			agree++
		}
	}
	return agree, len(c.Fields)
}

// equal compares a field for which the two must be equal.
func (c *Comparison) equal(name string, measured, modelled any) {
	m, o := fmt.Sprint(measured), fmt.Sprint(modelled)
	c.Fields = append(c.Fields, Field{Name: name, Measured: m, Modelled: o, Agrees: m == o})
}

// decided compares decisions of one kind, all of which must be equal.
func (c *Comparison) decided(name string, all, agree int) {
	c.Decisions += all
	c.DecisionsAgree += agree
	c.equal(name, fmt.Sprintf("%d of %d", all, all), fmt.Sprintf("%d of %d", agree, all))
}

// near compares instants or durations in milliseconds that may lie apart.
func (c *Comparison) near(name string, measured, modelled, within float64) {
	c.Fields = append(c.Fields, Field{
		Name: name, Measured: fmt.Sprintf("%.1f", measured), Modelled: fmt.Sprintf("%.1f", modelled),
		Agrees: measured-modelled <= within && modelled-measured <= within, Tolerance: fmt.Sprintf("%g ms", within),
	})
}

// because gives the last field a cause, if it differs, and not by more than a cause
// explains.
func (c *Comparison) because(cause string) {
	if f := &c.Fields[len(c.Fields)-1]; !f.Agrees && f.plausible() {
		f.Cause = cause
	}
}

// plausible reports whether a difference is of the size that races and late timers
// make: no count is below 0, and no two of them differ by more than a trial has
// clients.
func (f *Field) plausible() bool {
	const clients = 200
	measured, err := strconv.Atoi(f.Measured)
	modelled, err2 := strconv.Atoi(f.Modelled)
	if err != nil || err2 != nil {
		return true
	}
	return measured >= 0 && measured-modelled <= clients && modelled-measured <= clients
}

// Unexplained is the Cause of decisions that were looked into and for which none
// was found.
const Unexplained = "unexplained"

// ErrNotModelled is in what Replay returns for an experiment that the model has
// nothing to say about.
var ErrNotModelled = errors.New("not modelled")

// Replay plays a measurement on the model. An error names the line, the
// experiment, and a value that no experiment can have, with the range that it
// may have.
func (t *Trial) Replay() (*Comparison, error) {
	r, ok := t.replayer()
	if !ok {
		return nil, fmt.Errorf("experiment %q on %q: %w; known are %s", t.Exp, t.OS, ErrNotModelled, strings.Join(experiments(), ", "))
	}
	c := &Comparison{Trial: t}
	err := t.checkLimits(r.exp + " on " + r.os)
	if err == nil {
		err = r.play(t, c)
	}
	if err != nil {
		return nil, fmt.Errorf("line %d: experiment %s: %w", t.Number, t.Exp, err)
	}
	return c, nil
}

// replayer plays one kind of experiment.
type replayer struct {
	exp, os string // os: how it begins
	play    func(*Trial, *Comparison) error
}

// replayers are all kinds of experiments that are replayed.
func replayers() []replayer {
	return slices.Concat(fillReplayers(), listenReplayers(), waitReplayers(), believerReplayers(), otherReplayers())
}

func (t *Trial) replayer() (replayer, bool) {
	for _, r := range replayers() {
		if r.exp == t.Exp && strings.HasPrefix(t.OS, r.os) {
			return r, true
		}
	}
	return replayer{}, false
}

func experiments() []string {
	var names []string
	for _, r := range replayers() {
		names = append(names, r.exp+" on "+r.os)
	}
	return names
}

// decode unpacks a part of a trial.
func decode[T any](raw json.RawMessage) (T, error) {
	var v T
	if len(raw) == 0 || string(raw) == "null" {
		return v, errors.New("there is no \"params\" or no \"observed\"")
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, plain(err)
	}
	return v, nil
}
