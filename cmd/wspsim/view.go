package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/report"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/netmodel"
	"wspsim/netmodel/trace"
)

// view writes a run to a file in one of the formats, while it happens.
type view struct {
	file   *tracefile.File
	path   string
	format trace.Format
	title  string
	view   *trace.View // of the network that is watched; nil before the first record
	// For .jsonl, which is no format of package trace.
	buffer *bufio.Writer
	lines  *report.Lines
	// For .html, likewise. It holds the whole run, and opens with the picked client.
	page   *stored.Recorder
	picked string
	// about says whether a record belongs to the view; nil: all do.
	about   func(*netmodel.Network, netmodel.Record) bool
	client  func(*netmodel.Network, netmodel.ConnID) bool // likewise, segments of an attempt
	records uint64
}

// createView begins a file for a view. The extension says which.
func createView(path, title string) (*view, error) {
	v := &view{path: path, title: title}
	ext, err := tracefile.ExtensionOf(path)
	if err != nil {
		return nil, err
	}
	if v.file, err = tracefile.Create(path); err != nil {
		return nil, &writeError{path, err}
	}
	switch ext {
	case tracefile.ExtLines:
		v.buffer = bufio.NewWriter(v.file)
		v.lines = report.NewLines(v.buffer)
	case tracefile.ExtPage:
		v.page = &stored.Recorder{}
	default:
		v.format, _ = trace.FormatOf(ext)
	}
	return v, nil
}

// on returns the view of a network.
func (v *view) on(n *netmodel.Network) *trace.View {
	if v.view == nil {
		v.view = v.format.NewView(v.file, n)
		v.view.Title = v.title
	}
	return v.view
}

func (v *view) record(n *netmodel.Network, r netmodel.Record) {
	switch {
	case v.page != nil:
		v.page.Record(n, r)
	case v.about != nil && !v.about(n, r):
		if v.lines != nil {
			v.lines.Skip()
		}
		return
	case v.lines != nil:
		v.lines.Record(n, r)
	default:
		v.on(n).Record(r)
	}
	v.records++
}

func (v *view) segment(n *netmodel.Network, t netmodel.Transmission) {
	switch {
	case v.page != nil:
		v.page.Segment(n, t)
	case v.lines == nil && (v.client == nil || v.client(n, t.Segment.Conn)):
		v.on(n).Segment(t)
	}
}

func (v *view) broken() bool {
	return v.lines != nil && v.lines.Broken() || v.page != nil && v.page.Err() != nil || v.view != nil && v.view.Broken()
}

// watch adds the view to what is watched of a run.
func (v *view) watch(w play.Watch) play.Watch {
	note := w.Record
	w.Record = func(n *netmodel.Network, r netmodel.Record) {
		if note != nil {
			note(n, r)
		}
		v.record(n, r)
	}
	w.Segment, w.Broken = v.segment, v.broken
	return w
}

// run plays, and writes the view: all of it or nothing.
func (v *view) run(s *session, p *play.Play, w play.Watch) (*play.Done, error) {
	defer v.file.Abort() // does nothing after Commit
	done, err := p.Run(s.ctx, v.watch(w))
	switch {
	case v.page != nil && v.page.Err() != nil:
		return nil, fmt.Errorf("--trace %s: %w", v.path, v.page.Err())
	case err != nil && !v.broken():
		return nil, err
	}
	if err := v.end(p, done); err != nil {
		return nil, &writeError{v.path, err}
	}
	if err := v.file.Commit(); err != nil {
		return nil, &writeError{v.path, err}
	}
	return done, nil
}

// end writes what comes last, and returns the first error of all writing.
func (v *view) end(p *play.Play, done *play.Done) error {
	switch {
	case v.page != nil:
		run := v.page.Run(p, done)
		run.Command = v.title
		return stored.Document(run, v.picked).Write(v.file)
	case v.lines == nil:
		n := netmodel.NewNetwork(0) // if nothing happened
		if done != nil && done.Net != nil {
			n = done.Net
		}
		return v.on(n).Close()
	case v.about == nil && done != nil:
		if err := v.lines.End(p, done); err != nil {
			return err
		}
	}
	return v.buffer.Flush()
}

// runView writes a run to a file that is no trace for verify.
func (s *session) runView(p *play.Play, w play.Watch, path string) (*play.Done, uint64, error) {
	v, err := createView(path, p.Command("run"))
	if err != nil {
		return nil, 0, err
	}
	done, err := v.run(s, p, w)
	return done, v.records, err
}

// explainView writes the records and the segments of the client of a story to a file. A page
// has those of the other clients too, and opens with this one.
func (s *session) explainView(p *play.Play, story *report.Story, path string) error {
	v, err := createView(path, story.Command())
	if err != nil {
		return err
	}
	v.about, v.client, v.picked = story.Concerns(), story.IsClient, story.Client()
	_, err = v.run(s, p, play.Watch{Progress: screen.NewProgress(s.stderr)})
	return err
}

// checkClientView refuses the format that cannot show one client.
func checkClientView(path string) error {
	switch ext, err := tracefile.ExtensionOf(path); {
	case err != nil:
		return fmt.Errorf("--trace %w", err)
	case ext == tracefile.ExtTrace:
		return fmt.Errorf("--trace %s: a trace that verify replays is of a whole run: wspsim run NAME --trace FILE; here FILE ends in %s", path, viewExtensions())
	}
	return nil
}

// viewExtensions lists the extensions of views.
func viewExtensions() string {
	var all []string
	for _, e := range tracefile.Extensions() {
		if e.Ext != tracefile.ExtTrace {
			all = append(all, e.Ext)
		}
	}
	return strings.Join(all, ", ")
}

// completeTrace offers the name on the line with each extension.
func completeTrace(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	stem, ext := word, ""
	if at := strings.IndexByte(word, '.'); at >= 0 {
		stem, ext = word[:at], word[at:]
	}
	if stem == "" {
		stem = "run"
	}
	var all []string
	for _, e := range tracefile.Extensions() {
		if strings.HasPrefix(e.Ext, ext) {
			all = append(all, stem+e.Ext+"\t"+e.What)
		}
	}
	return all, cobra.ShellCompDirectiveKeepOrder
}
