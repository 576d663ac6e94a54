// Package verify replays goldens, traces and measurements of real systems, and reports
// whether the model still gives the same.
package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/internal/golden"
	"wspsim/netmodel"
)

// Verifier replays files and experiments and counts the results.
type Verifier struct {
	Out      *bufio.Writer
	Style    screen.Style
	Progress *screen.Progress
	Arrivals string // the file with the arrivals of a trace; "" = the one that the trace names

	Same, Differ int
	known        int  // of Same: with differences whose cause is known
	unexplained  bool // a difference was looked into, and no cause was found
	skipped      int
	what         string // what was counted, in the singular; "" = "replay"
}

// largest is the size of the largest golden that is read. Goldens of scenarios are much
// smaller.
const largest = 16 << 20 // bytes

// File replays a golden, a trace or measurements. The name - is the standard input. An
// error means that the file cannot be read or is malformed.
func (v *Verifier) File(ctx context.Context, name string) error {
	data, reopen, err := open(name)
	if err != nil {
		return err
	}
	defer data.Close()
	in := bufio.NewReader(data)
	beginning, err := in.Peek(len(tracefile.Magic))
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case len(beginning) == 0:
		return &tracefile.FormatError{File: name, Line: 1, Column: 1, What: "the file is empty"}
	case string(beginning) == tracefile.Magic:
		return v.trace(ctx, name, in, reopen)
	case v.Arrivals != "":
		return fmt.Errorf("%s is no trace: want no --arrivals", name)
	case beginning[0] == '{':
		return v.measurements(ctx, name, in)
	}
	text, err := io.ReadAll(io.LimitReader(in, largest+1))
	switch {
	case err != nil:
		return err
	case len(text) > largest:
		return &tracefile.FormatError{File: name, Line: 1, Column: 1, What: fmt.Sprintf("neither a trace nor measurements, and more than %d MB for a golden", largest>>20)}
	}
	return v.golden(name, text)
}

// open opens a file. The second result opens the file once more. If the file is not a
// regular one, the second result gives the bytes that were read until then.
func open(name string) (io.ReadCloser, func() (io.ReadCloser, error), error) {
	if name != "-" {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return nil, nil, err
		case info.IsDir():
			return nil, nil, fmt.Errorf("%s is a directory: want the files in it", name)
		case info.Mode().IsRegular():
			again := func() (io.ReadCloser, error) { return os.Open(name) }
			f, err := again()
			return f, again, err
		}
	}
	stream := io.ReadCloser(os.Stdin)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, nil, err
		}
		stream = f
	}
	var read bytes.Buffer
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(read.Bytes())), nil }
	in := &finite{from: stream, left: longestStream}
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(in, &read), stream}, again, nil
}

// longestStream is how much is read of a stream that may have no end. A trace of two
// million records has a quarter of that.
const longestStream = 1 << 29 // bytes

// finite reads a stream up to a number of bytes.
type finite struct {
	from io.Reader
	left int
}

func (f *finite) Read(b []byte) (int, error) {
	if f.left == 0 {
		return 0, fmt.Errorf("no end after %d MB: write it to a file first", longestStream>>20)
	}
	n, err := f.from.Read(b[:min(len(b), f.left)])
	f.left -= n
	return n, err
}

func (v *Verifier) trace(ctx context.Context, name string, in io.Reader, reopen func() (io.ReadCloser, error)) error {
	if _, err := tracefile.Check(name, in); err != nil {
		return err
	}
	again, err := reopen()
	if err != nil {
		return err
	}
	defer again.Close()
	r, err := tracefile.Replay(ctx, name, again, v.Arrivals, play.Watch{Progress: v.Progress})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s, profile %s, seed %d", r.Header.Scenario, r.Header.Profile, r.Header.Seed)
	if !r.Differs {
		v.same(name, fmt.Sprintf("%s: %s, hash %016x", what, words.Counted(r.Records, "record"), r.Hash))
		return nil
	}
	v.differs(name, what, r.Difference)
	for _, remark := range r.Remarks {
		fmt.Fprintf(v.Out, "  %s\n", remark)
	}
	return nil
}

func (v *Verifier) golden(name string, text []byte) error {
	malformed := func(what string) error { return &tracefile.FormatError{File: name, Line: 1, Column: 1, What: what} }
	title, err := golden.NameOf(text)
	if err != nil {
		return malformed("neither a trace nor a golden nor measurements: want NAME: SUMMARY, as a golden begins, or " + tracefile.Magic + "1, or {")
	}
	s, err := play.Find(title)
	if err != nil {
		return malformed(err.Error())
	}
	replayed, err := golden.Write(s)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if d, differs := golden.FirstDifference(text, replayed); differs {
		v.differs(name, title, d)
		return nil
	}
	v.same(name, fmt.Sprintf("%s under %s, seed %d", title, strings.Join(s.Profiles, " and "), play.DefaultSeed))
	return nil
}

func (v *Verifier) same(name, what string) {
	v.Same++
	fmt.Fprintf(v.Out, "%s     %s: %s\n", v.Style.Green("same"), words.Printable(name), what)
}

func (v *Verifier) differs(name, what string, d golden.Difference) {
	v.Differ++
	fmt.Fprintf(v.Out, "%s  %s: %s (want: the file, got: the replay), %s\n", v.Style.Red("DIFFERS"), words.Printable(name), what, d)
}

// Summary prints how many replays were the same.
func (v *Verifier) Summary() {
	var parts []string
	if v.known > 0 {
		parts = append(parts, words.Count(v.Same-v.known)+" the same in everything, "+words.Count(v.known)+" but for what has a known cause")
	}
	if v.Differ > 0 {
		parts = append(parts, words.Count(v.Differ)+" not the same")
	}
	if v.unexplained {
		parts = append(parts, "some of that was looked into and is unexplained")
	}
	verdict := strings.Join(parts, ", ")
	switch {
	case verdict != "":
	case v.Same == 0:
		verdict = "nothing was compared"
	default:
		verdict = "all the same"
	}
	if v.skipped > 0 {
		verdict += ", " + words.Count(v.skipped) + " skipped"
	}
	what := v.what
	if what == "" {
		what = "replay"
	}
	fmt.Fprintf(v.Out, "%s, %s; model %s\n", words.Counted(v.Same+v.Differ, what), verdict, netmodel.ModelVersion)
}
