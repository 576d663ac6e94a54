package simnettest

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/hooks"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
)

// writeTrace writes the trace of a failed test to its artifact directory, and returns the path of
// the file.
func writeTrace(t testing.TB, n *simnet.Network) (string, error) {
	name := filepath.Join(t.ArtifactDir(), "trace.txt")
	file, err := os.Create(name)
	if err != nil {
		return "", err
	}
	_, _ = io.WriteString(file, legend) // if it fails, the next write fails too
	err = n.WriteTrace(file, true)
	if e := file.Close(); err == nil {
		err = e
	}
	return name, err
}

// views are the formats in which a failed test is kept, beside the trace.
const views = ".mmd .svg .pcapng"

// writeViews writes the views of a failed test beside its trace, and returns the names of
// the files. The page is the last. A run that is too large for a page has none.
func (s *story) writeViews(t testing.TB, n *simnet.Network) (names []string, err error) {
	write := func(ext string, content func(io.Writer) error) error {
		name := filepath.Join(t.ArtifactDir(), "trace"+ext)
		file, err := os.Create(name)
		if err != nil {
			return err
		}
		err = content(file)
		if e := file.Close(); err == nil {
			err = e
		}
		if err == nil {
			names = append(names, name)
		}
		return err
	}
	for _, ext := range strings.Fields(views) {
		format, _ := trace.FormatOf(ext)
		if err := write(ext, func(w io.Writer) error { return n.WriteView(w, format, t.Name()) }); err != nil {
			return names, err
		}
	}
	if len(s.records) > recording.MaxRecords {
		return names, nil
	}
	return names, write(".html", func(w io.Writer) error { return page.Write(w, s.page(t, n)) })
}

// page returns the run of a failed test as a page has it.
func (s *story) page(t testing.TB, n *simnet.Network) recording.Run {
	var c recording.Recorder
	var r recording.Run
	hooks.Watch(n, c.Segment, c.Record, func(model *netmodel.Network) { r = c.Run(model, s.config.Profile) })
	r.Scenario, r.Summary = t.Name(), "a test that failed"
	if s.dropped > 0 {
		r.Summary += fmt.Sprintf(", without its %d earliest records", s.dropped)
	}
	r.Seed, r.Command = strconv.FormatUint(s.config.Seed, 10), s.command(t)
	r.Workers = -1
	r.Workers = -1
	r.Descriptors = max(s.config.Descriptors, 0)
	for _, l := range n.Listeners() {
		if q := l.Queue(); r.Limit == 0 {
			r.Backlog, r.InForce, r.Limit = q.Asked, q.Effective, q.Limit
		}
	}
	for i := 0; r.Limit == 0 && i < len(s.records); i++ { // every listener is closed
		if x := s.records[i]; x.AboutQueue() && x.Limit > 0 {
			r.Backlog, r.InForce, r.Limit = s.config.Backlog, s.config.Backlog, int(x.Limit)
		}
	}
	r.Knobs = []recording.Setting{{Name: "backlog", Value: strconv.Itoa(s.config.Backlog)}}
	return r
}

// keepsArtifacts reports whether go test keeps what tests write to their artifact
// directories.
func keepsArtifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}

// legend explains the trace; trace.Printer says more.
const legend = `signs: = call  > queued  + handshake complete  - accepted  ! turned away  x reset by its host  ~ gone
       < sent  ? ACK or data that did not get its connection into the queue  * at the client  % the network
queue: a waits for accept, (a) half-open, . free slot, _ slot that waits to be filled; [17 of 200] a large queue

`
