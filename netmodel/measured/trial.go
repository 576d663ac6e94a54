// Package measured replays measurements of real systems and compares each of them,
// field by field, with the model.
//
// A measurement is a line of a JSON Lines file. The line names the experiment and the
// system, the parameters, the kernel settings, and what was observed. The README of
// testdata/truth explains the fields. [Read] reads a file. [Trial.Replay] plays one line
// on the profile of its system. A [Comparison] lists every compared field. If model and
// measurement differ and the cause is known, the field names the cause.
//
// Some facts are in no measurement: when each client started, and the phase of the
// kernel's tick clock. Both are inputs of the replay and are not compared. The replay
// searches for a phase that explains the first timers that fired.
package measured

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Trial is one measurement.
type Trial struct {
	Exp      string          `json:"exp"`
	OS       string          `json:"os"`
	Version  string          `json:"version"`
	Rep      int             `json:"rep"` // the number of the repetition, from 1
	Params   json.RawMessage `json:"params"`
	Sysctl   map[string]any  `json:"sysctl"` // Linux: the settings that matter, by their full names
	Observed json.RawMessage `json:"observed"`
	line     json.RawMessage // the whole line, for experiments with keys of their own
	Number   int             `json:"-"` // of the line in its file, from 1
}

// maxLine is the longest line that Read accepts, in bytes. The longest log of an open
// loop in testdata/truth has 211,810 bytes.
const maxLine = 4 << 20

// Read reads a file of measurements. An error names the line.
func Read(r io.Reader) ([]Trial, error) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxLine)
	var trials []Trial
	number := 0
	for in.Scan() {
		if in.Err() != nil {
			break // the text is only a part of a line
		}
		number++
		line := bytes.TrimSpace(in.Bytes())
		if len(line) == 0 {
			continue
		}
		t := Trial{Number: number, line: slices.Clone(line)}
		if err := json.Unmarshal(line, &t); err != nil {
			return trials, fmt.Errorf("line %d: %w", number, plainError(err))
		}
		if t.Exp == "" {
			return trials, fmt.Errorf("line %d: no \"exp\": want the name of an experiment", number)
		}
		for _, x := range [...]struct{ key, value string }{{"exp", t.Exp}, {"os", t.OS}, {"version", t.Version}} {
			if len(x.value) > maxText {
				return trials, fmt.Errorf("line %d: %s has %d bytes: want at most %d", number, x.key, len(x.value), maxText)
			}
		}
		trials = append(trials, t)
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return trials, fmt.Errorf("line %d is longer than %d bytes", number+1, maxLine)
	} else if err != nil {
		return trials, fmt.Errorf("line %d: %w", number+1, err)
	}
	return trials, nil
}

// plainError returns an error of the JSON decoder in words that name no Go type of
// this package.
func plainError(err error) error {
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
