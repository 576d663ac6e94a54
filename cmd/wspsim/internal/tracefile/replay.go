package tracefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/internal/golden"
	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/scenarios"
)

// Replayed is the result of replaying a trace.
type Replayed struct {
	Header     Header
	Play       *play.Play
	Done       *play.Done // nil if the run was stopped at a difference
	Records    uint64
	Hash       uint64
	Differs    bool
	Difference golden.Difference // the first one; Want is what was recorded
	Remarks    []string          // what may explain the difference
}

// Replay repeats the run of a trace and compares line by line. The trace must have passed
// Check. arrivals is the present path of the arrivals file, or "" if it has not moved. The
// caller may watch the run.
func Replay(ctx context.Context, name string, in io.Reader, arrivals string, w play.Watch) (*Replayed, error) {
	r := newReader(name, in)
	h, err := r.header()
	if err != nil {
		return nil, err
	}
	p, err := h.play(name, arrivals, func(below int, err error) error {
		return &FormatError{name, lineOfScenario + below, textAt + 1, err.Error()}
	})
	if err != nil {
		return nil, err
	}
	c := comparison{reader: r}
	done, err := p.Run(ctx, c.watch(w))
	switch {
	case c.err != nil:
		return nil, c.err
	case err != nil && !(c.differs && errors.Is(err, scenarios.ErrStopped)):
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out := &Replayed{Header: h, Play: p, Done: done}
	if done != nil {
		out.Records, out.Hash = done.Records, done.Hash
		if !c.differs && !c.ended(end{done.Records, done.Hash}) {
			return nil, c.err
		}
	}
	out.Differs, out.Difference = c.differs, c.first
	if out.Differs {
		out.Remarks = h.remarks(p)
	}
	return out, nil
}

// play returns the play that the header describes. The function at says where the header
// has what is wrong: the scenario, the profile one line below it, the knobs below that.
func (h *Header) play(name, arrivals string, at func(below int, err error) error) (*play.Play, error) {
	s, err := play.Find(h.Scenario)
	if err != nil {
		return nil, at(0, err)
	}
	p := &play.Play{Scenario: s, Profile: h.Profile, Clients: h.Clients, Seed: h.Seed, Knobs: h.Knobs, Inputs: h.Inputs}
	if err := play.CheckProfile(h.Profile); err != nil {
		return nil, at(1, err)
	}
	switch {
	case h.Arrivals == "" && arrivals != "":
		return nil, fmt.Errorf("%s: its arrivals are those of the scenario: want no --arrivals", name)
	case h.Arrivals != "":
		file := h.Arrivals
		if arrivals != "" {
			file = arrivals
		}
		if file == play.StandardInput {
			return nil, fmt.Errorf("%s: its arrivals came from the standard input: want --arrivals FILE, a file that holds them", name)
		}
		if err := p.UseArrivals(file, h.Column); err != nil {
			return nil, fmt.Errorf("%s: needs its arrivals file; if the file has moved, use --arrivals FILE: %w", name, err)
		}
		if p.Arrivals.Hash != h.ArrivalSum {
			return nil, fmt.Errorf("%s: %s is not the file of the recording: its hash is %016x, not %016x", name, file, p.Arrivals.Hash, h.ArrivalSum)
		}
	}
	if err := p.Check(); err != nil {
		return nil, at(3, err)
	}
	return p, nil
}

const lineOfScenario = 3

// remarks returns what has changed since the trace was recorded.
func (h *Header) remarks(p *play.Play) []string {
	var remarks []string
	if h.Model != netmodel.ModelVersion {
		remarks = append(remarks, fmt.Sprintf("recorded by model %s, this is %s", h.Model, netmodel.ModelVersion))
	}
	if now, err := HeaderOf(p); err == nil && now.Definition != h.Definition {
		remarks = append(remarks, "the scenario has changed since then")
	}
	return remarks
}

// comparison compares a run with the trace that a reader reads.
type comparison struct {
	*reader
	printer *trace.Printer
	text    []byte
	before  []string
	differs bool
	first   golden.Difference
	err     error
}

// watch adds the comparison to what a caller watches of the run.
func (c *comparison) watch(w play.Watch) play.Watch {
	also, broken := w.Record, w.Broken
	w.Record = func(n *netmodel.Network, r netmodel.Record) {
		c.compare(n, r)
		if also != nil {
			also(n, r)
		}
	}
	w.Broken = func() bool { return c.differs || c.err != nil || broken != nil && broken() }
	return w
}

// compare compares the next line with a record.
func (c *comparison) compare(n *netmodel.Network, r netmodel.Record) {
	if c.differs || c.err != nil {
		return
	}
	if c.printer == nil {
		c.printer = trace.NewPrinter(n)
		c.printer.Full = true
	}
	c.text = c.printer.Append(c.text[:0], r)
	recorded, last, err := c.record()
	got := c.text[:len(c.text)-1]
	switch {
	case err != nil:
		c.err = err
	case last != nil:
		c.differ(last.text(), string(got))
	case !bytes.Equal(recorded, got):
		c.differ(string(recorded), string(got))
	default:
		c.before = append(c.before, string(recorded)+"\n")
		if len(c.before) > 3 {
			c.before = c.before[1:]
		}
	}
}

func (c *comparison) differ(recorded, got string) {
	c.differs = true
	c.first = golden.Difference{Line: c.line, Before: c.before, Want: recorded + "\n", Got: got + "\n"}
}

// ended compares the last line of the trace with the end of the run. It returns false if the
// trace could not be read.
func (c *comparison) ended(replayed end) bool {
	recorded, last, err := c.record()
	switch {
	case err != nil:
		c.err = err
	case last == nil:
		c.differ(string(recorded), replayed.text())
	case *last != replayed:
		c.differ(last.text(), replayed.text())
	}
	return err == nil
}
