package tracefile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/report"
	"wspsim/internal/golden"
	"wspsim/netmodel"
	"wspsim/scenarios"
)

// summary is what the last of the JSON lines says about the run.
type summary struct {
	Kind     string
	Schema   string
	Model    string
	Scenario string
	Profile  string
	Clients  string
	Seed     uint64
	Knobs    map[string]any
	Kernel   map[string]any
	Inputs   []string
	Arrivals struct{ File, Column, Hash string }
	Hash     string
}

// replayLines repeats the run of JSON lines and compares all lines, and of the last one the
// hash.
func replayLines(ctx context.Context, name string, text []byte, arrivals string, w play.Watch) (*Replayed, error) {
	text = bytes.TrimRight(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), "\n")
	lines := 1 + bytes.Count(text, []byte("\n"))
	at := func(column int, format string, args ...any) error {
		return &FormatError{name, lines, column, fmt.Sprintf(format, args...)}
	}
	records, last := text[:bytes.LastIndexByte(text, '\n')+1], text[bytes.LastIndexByte(text, '\n')+1:]
	s, err := readSummary(last, at)
	if err != nil {
		return nil, err
	}
	h, err := s.header(at)
	if err != nil {
		return nil, err
	}
	if err := h.sameModel(name, lines); err != nil {
		return nil, err
	}
	p, err := h.play(name, arrivals, func(_ int, err error) error { return at(1, "%v", err) })
	if err != nil {
		return nil, err
	}
	got, done, err := linesOf(ctx, p, len(records), w)
	if err != nil {
		return nil, err
	}
	out := &Replayed{Header: h, Play: p, Done: done}
	if out.Difference, out.Differs = golden.FirstDifference(records, got); !out.Differs && fmt.Sprintf("%016x", done.Hash) != s.Hash {
		return nil, at(1, "the hash is %.20q, that of the run is %016x", s.Hash, done.Hash)
	}
	return out, nil
}

// linesOf plays, and returns the JSON lines of the records. It stops when they are longer
// than the wanted ones, which differ then.
func linesOf(ctx context.Context, p *play.Play, most int, w play.Watch) ([]byte, *play.Done, error) {
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	lines := report.NewLines(out)
	also, broken := w.Record, w.Broken
	w.Record = func(n *netmodel.Network, r netmodel.Record) {
		lines.Record(n, r)
		if also != nil {
			also(n, r)
		}
	}
	w.Broken = func() bool { return b.Len() > most || broken != nil && broken() }
	done, err := p.Run(ctx, w)
	if err != nil && !(errors.Is(err, scenarios.ErrStopped) && b.Len() > most) {
		return nil, nil, err
	}
	err = out.Flush()
	return b.Bytes(), done, err
}

// readSummary reads the last line. at makes an error of a column of it.
func readSummary(line []byte, at func(column int, format string, args ...any) error) (*summary, error) {
	var s summary
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	err := d.Decode(&s)
	if end := d.InputOffset(); err == nil && d.Decode(&struct{}{}) != io.EOF {
		return nil, at(int(end)+1, "there is text after the end of the object")
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return nil, at(int(kind.Offset)+1, "the key %q has a %s: want what run --jsonl writes", kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return nil, at(int(syntax.Offset), "no JSON: %v", err)
	case err != nil:
		return nil, at(len(line)+1, "the trace is cut off in the middle of a line")
	case s.Kind != "summary":
		return nil, at(1, `the trace is cut off: want "kind":"summary" in the last line, as run --trace FILE.jsonl writes it; the file of one client has none`)
	case s.Schema != report.Schema:
		return nil, at(1, "the schema is %.40q; this wspsim reads %s", s.Schema, report.Schema)
	}
	return &s, nil
}

// header returns what the trace of run --trace has as its header.
func (s *summary) header(at func(column int, format string, args ...any) error) (Header, error) {
	h := Header{Model: s.Model, Scenario: s.Scenario, Profile: s.Profile, Clients: s.Clients, Seed: s.Seed, Inputs: s.Inputs, Arrivals: s.Arrivals.File, Column: s.Arrivals.Column}
	for _, text := range append([]string{h.Scenario, h.Profile, h.Clients, h.Arrivals, h.Column}, h.Inputs...) {
		if len(text) > maxLine {
			return h, at(1, "a text of %d bytes, %.40q: want at most %d", len(text), text, maxLine)
		}
	}
	for _, settings := range []map[string]any{s.Knobs, s.Kernel} {
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			text := fmt.Sprint(settings[name])
			switch settings[name].(type) {
			case string, json.Number:
				h.Knobs = append(h.Knobs, scenarios.Setting{Name: name, Value: text})
			}
			if n := len(h.Knobs); n == 0 || h.Knobs[n-1].Name != name || len(name)+len(text) > maxLine {
				return h, at(1, "the knob %.40q is %.40q: want a number or a text", name, text)
			}
		}
	}
	if h.Arrivals != "" {
		sum, err := strconv.ParseUint(s.Arrivals.Hash, 16, 64)
		if err != nil {
			return h, at(1, "the hash of the arrivals is %.40q: want 16 hexadecimal digits", s.Arrivals.Hash)
		}
		h.ArrivalSum = sum
	}
	return h, nil
}
