package report

import (
	"bufio"
	"fmt"
	"runtime"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel"
	"wspsim/netmodel/trace"
)

// Full prints every record of a run while it happens.
type Full struct {
	out     *bufio.Writer
	style   screen.Style
	printer *trace.Printer
	line    []byte
	legend  Legend
	err     error
}

// NewFull returns a Full that prints to w.
func NewFull(w *bufio.Writer, style screen.Style) *Full { return &Full{out: w, style: style} }

// Record prints a record.
func (f *Full) Record(n *netmodel.Network, r netmodel.Record) {
	if f.printer == nil {
		f.printer = trace.NewPrinter(n)
		f.printer.Full = true
	}
	f.line = f.printer.Append(f.line[:0], r)
	text := string(f.line[:len(f.line)-1])
	f.legend.Note(text)
	if _, err := fmt.Fprintln(f.out, paint(f.style, text)); f.err == nil {
		f.err = err
	}
}

// Broken reports whether printing has failed.
func (f *Full) Broken() bool { return f.err != nil }

// End prints what the trace is drawn with.
func (f *Full) End() {
	f.legend.Print(f.out)
	fmt.Fprintln(f.out)
}

// Version prints the versions of everything that a run depends on.
func Version(w *bufio.Writer) {
	fmt.Fprintf(w, "wspsim model %s, %s %s/%s\n", netmodel.ModelVersion, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
