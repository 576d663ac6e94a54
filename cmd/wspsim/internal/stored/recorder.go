package stored

import (
	"bytes"
	"context"
	"fmt"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/trace/page"
)

// Recorder takes a run for a page while it happens. The zero value is ready.
type Recorder struct {
	page    page.Recorder
	net     *netmodel.Network
	records int
}

// Record takes a record into account. It keeps no more than a page may hold.
func (r *Recorder) Record(n *netmodel.Network, x netmodel.Record) {
	r.net = n
	if r.records++; r.records <= page.MaxRecords {
		r.page.Record(n, x)
	}
}

// Segment takes a segment into account.
func (r *Recorder) Segment(n *netmodel.Network, t netmodel.Transmission) { r.page.Segment(n, t) }

// Err returns an error with page.ErrTooLarge if there are more records than a page may hold.
func (r *Recorder) Err() error {
	if r.records <= page.MaxRecords {
		return nil
	}
	return fmt.Errorf("%w: more than %s records; fewer clients or fewer profiles help", page.ErrTooLarge, words.Count(page.MaxRecords))
}

// Run returns the run that has ended.
func (r *Recorder) Run(p *play.Play, done *play.Done) page.Run {
	n := r.net
	if n == nil {
		n = netmodel.NewNetwork(0) // nothing happened
	}
	return describe(r.page.Run(n, done.Prepared.Server), p, done)
}

// FromFile plays the run of a trace once more, and compares it with the file. See
// tracefile.Again for the arguments and the errors.
func FromFile(ctx context.Context, name, arrivals string, progress *screen.Progress) (page.Run, error) {
	var r Recorder
	p, done, err := tracefile.Again(ctx, name, arrivals, play.Watch{Progress: progress, Segment: r.Segment, Record: r.Record, Broken: func() bool { return r.Err() != nil }})
	switch {
	case r.Err() != nil:
		return page.Run{}, fmt.Errorf("%s: %w", words.Printable(name), r.Err())
	case err != nil:
		return page.Run{}, err
	}
	return r.Run(p, done), nil
}

// Page returns the page of runs, as the content of a file.
func Page(runs ...page.Run) ([]byte, error) {
	var b bytes.Buffer
	err := page.Write(&b, runs...)
	return b.Bytes(), err
}
