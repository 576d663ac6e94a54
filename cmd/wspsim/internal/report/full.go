package report

import (
	"bufio"
	"fmt"
	"runtime"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel"
)

// Full prints every record of a run while it happens.
type Full struct {
	out     *bufio.Writer
	style   screen.Style
	printer *netmodel.Printer
	line    []byte
	err     error
}

// NewFull returns a Full that prints to w.
func NewFull(w *bufio.Writer, style screen.Style) *Full { return &Full{out: w, style: style} }

// Record prints a record.
func (f *Full) Record(n *netmodel.Network, r netmodel.Record) {
	if f.printer == nil {
		f.printer = netmodel.NewPrinter(n)
		f.printer.Full = true
	}
	f.line = f.printer.Append(f.line[:0], r)
	if _, err := fmt.Fprintln(f.out, paint(f.style, string(f.line[:len(f.line)-1]))); f.err == nil {
		f.err = err
	}
}

// Broken reports whether printing has failed.
func (f *Full) Broken() bool { return f.err != nil }

// End prints what separates the trace from what follows.
func (f *Full) End() { fmt.Fprintln(f.out) }

// Version prints the versions of everything that a run depends on.
func Version(w *bufio.Writer) {
	fmt.Fprintf(w, "wspsim model %s, %s %s/%s\n", play.ModelVersion, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
