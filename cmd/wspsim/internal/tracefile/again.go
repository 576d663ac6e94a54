package tracefile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
)

// mostBytes is how long a trace may be that is read whole: the longest run that a page
// holds has a quarter of that.
const mostBytes = 64 << 20

// Again plays the run of a file once more: of a trace, or of JSON lines. It compares every
// line, so that what the caller watches is what the file tells. The name - is the standard
// input. arrivals is the present path of the arrivals file, or "" if it has not moved.
//
// The error says where the file is malformed, is of another version of the model, or differs
// from the run.
func Again(ctx context.Context, name, arrivals string, w play.Watch) (*play.Play, *play.Done, error) {
	text, err := whole(name)
	if err != nil {
		return nil, nil, err
	}
	r, err := replayed(ctx, name, text, arrivals, w)
	switch {
	case err != nil:
		return nil, nil, err
	case r.Differs:
		return nil, nil, r.differs(name)
	}
	return r.Play, r.Done, nil
}

// whole reads a file.
func whole(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, mostBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > mostBytes:
		return nil, fmt.Errorf("%s has more than %d MB: too much for a page", words.Printable(name), mostBytes>>20)
	}
	return text, nil
}

func replayed(ctx context.Context, name string, text []byte, arrivals string, w play.Watch) (*Replayed, error) {
	begins := func(with string) bool {
		return len(text) >= len(with) && bytes.EqualFold(text[:len(with)], []byte(with))
	}
	at := func(what string) error { return &FormatError{name, 1, 1, what} }
	switch {
	case begins(Magic):
		h, err := Check(name, bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if err := h.sameModel(name, lineOfScenario-1); err != nil {
			return nil, err
		}
		return Replay(ctx, name, bytes.NewReader(text), arrivals, w)
	case begins("{"):
		return replayLines(ctx, name, text, arrivals, w)
	case begins("<!doctype html"):
		return nil, at("this is a page: open it in a browser")
	case len(text) == 0:
		return nil, at("the file is empty: want a trace, as run --trace FILE" + ExtTrace + " or FILE" + ExtLines + " writes it")
	}
	return nil, at("want a trace, as run --trace FILE" + ExtTrace + " or FILE" + ExtLines + " writes it; no other view says how to run it again")
}

// sameModel returns an error for another version of the model: its run is another run.
func (h *Header) sameModel(name string, line int) error {
	if h.Model == netmodel.ModelVersion {
		return nil
	}
	return &FormatError{name, line, 1, fmt.Sprintf("the trace is of model %.20q; this wspsim has model %s: use the wspsim of that version, or record the run again", h.Model, netmodel.ModelVersion)}
}

// differs says where a trace differs from the run.
func (r *Replayed) differs(name string) error {
	d := r.Difference
	column := 0
	for column < min(len(d.Want), len(d.Got)) && d.Want[column] == d.Got[column] {
		column++
	}
	text := fmt.Sprintf("the trace has %s, the run has %s", excerpt(d.Want, column), excerpt(d.Got, column))
	if r.Remarks == nil {
		r.Remarks = []string{"the file was changed, or the scenario has changed since then"}
	}
	for _, remark := range r.Remarks {
		text += "; " + remark
	}
	return &FormatError{name, d.Line, column + 1, text}
}

// excerpt quotes a line around a place, or says that there is none.
func excerpt(line string, at int) string {
	if line == "" {
		return "no more records"
	}
	from := max(0, at-30)
	return fmt.Sprintf("%#.60q", strings.TrimSuffix(line[min(from, len(line)):], "\n"))
}
