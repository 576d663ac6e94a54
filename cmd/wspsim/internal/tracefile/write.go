package tracefile

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"io"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/scenarios"
)

// HeaderOf returns the header for the trace of a play.
func HeaderOf(p *play.Play) (Header, error) {
	prepared, err := p.Prepared()
	if err != nil {
		return Header{}, err
	}
	h := Header{
		Model: netmodel.ModelVersion, Scenario: p.Scenario.Name, Profile: p.Profile, Clients: p.Clients, Seed: p.Seed,
		Inputs: p.Inputs, Arrivals: p.Arrivals.File, Column: p.Arrivals.Column, ArrivalSum: p.Arrivals.Hash,
		Definition: definition(prepared.Scenario),
	}
	for _, k := range prepared.Knobs {
		h.Knobs = append(h.Knobs, scenarios.Setting{Name: k.Name, Value: words.Micro(k.Value)})
	}
	h.Knobs = append(h.Knobs, prepared.KernelSettings...)
	return h, nil
}

// definition returns the hash of a scenario as Go source.
func definition(s scenarios.Scenario) uint64 {
	sum := fnv.New64a()
	io.WriteString(sum, fmt.Sprintf("%#v", s))
	return sum.Sum64()
}

// Writer writes the trace of a run during the run.
type Writer struct {
	out     *bufio.Writer
	printer *trace.Printer // for the network of the records
	lines   int
	records uint64
	text    []byte
	line    []byte
	err     error
}

// NewWriter returns a Writer and writes the header.
func NewWriter(out io.Writer, h Header) *Writer {
	w := &Writer{out: bufio.NewWriterSize(out, 64<<10), lines: 1}
	_, w.err = w.out.WriteString(Magic + version + "\n")
	for _, text := range h.text() {
		w.write([]byte(text))
	}
	return w
}

func (w *Writer) write(text []byte) {
	w.lines++
	w.line = appendLine(w.line[:0], w.lines, text)
	if _, err := w.out.Write(w.line); w.err == nil {
		w.err = err
	}
}

// Record writes a line for a record.
func (w *Writer) Record(n *netmodel.Network, r netmodel.Record) {
	if w.printer == nil {
		w.printer = trace.NewPrinter(n)
		w.printer.Full = true
	}
	w.records++
	w.text = w.printer.Append(w.text[:0], r)
	w.write(w.text[:len(w.text)-1])
}

// Broken reports whether writing has failed. Then nothing more needs to be written.
func (w *Writer) Broken() bool { return w.err != nil }

// End writes the last line. It returns the first error of the Writer.
func (w *Writer) End(hash uint64) error {
	w.write([]byte(end{w.records, hash}.text()))
	if err := w.out.Flush(); w.err == nil {
		w.err = err
	}
	return w.err
}

// Records returns how many records were written.
func (w *Writer) Records() uint64 { return w.records }
