package stored

import (
	"context"
	"fmt"

	"wspsim/cmd/wspsim/internal/live"
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
)

// Recorder takes a run for a page while it happens. The zero value is ready.
type Recorder struct {
	of      recording.Recorder
	net     *netmodel.Network
	records int
}

// Record takes a record into account. It keeps no more than a page may hold.
func (r *Recorder) Record(n *netmodel.Network, x netmodel.Record) {
	r.net = n
	if r.records++; r.records <= recording.MaxRecords {
		r.of.Record(n, x)
	}
}

// Segment takes a segment into account.
func (r *Recorder) Segment(n *netmodel.Network, t netmodel.Transmission) { r.of.Segment(n, t) }

// Err returns an error with page.ErrTooLarge if there are more records than a page may hold.
func (r *Recorder) Err() error {
	if r.records <= recording.MaxRecords {
		return nil
	}
	return fmt.Errorf("%w: more than %s records; fewer clients or fewer profiles help", page.ErrTooLarge, words.Count(recording.MaxRecords))
}

// Run returns the run that has ended.
func (r *Recorder) Run(p *play.Play, done *play.Done) recording.Run {
	n := r.net
	if n == nil {
		n = netmodel.NewNetwork(0) // nothing happened
	}
	run := r.of.Run(n, done.Prepared.Server)
	live.Describe(&run, done.Prepared, done.Result)
	run.Command = p.Command("run")
	return run
}

// FromFile plays the run of a trace once more, and compares it with the file. See
// tracefile.Again for the arguments and the errors.
func FromFile(ctx context.Context, name, arrivals string, progress *screen.Progress) (recording.Run, error) {
	var r Recorder
	p, done, err := tracefile.Again(ctx, name, arrivals, play.Watch{Progress: progress, Segment: r.Segment, Record: r.Record, Broken: func() bool { return r.Err() != nil }})
	switch {
	case r.Err() != nil:
		return recording.Run{}, fmt.Errorf("%s: %w", words.Printable(name), r.Err())
	case err != nil:
		return recording.Run{}, err
	}
	return r.Run(p, done), nil
}

// Document returns the page of a run. It opens with the picked client, "" for the player's
// choice.
func Document(run recording.Run, picked string) page.Document {
	return page.Document{Parts: []page.Part{{Runs: []recording.Run{run}, Picked: picked}}}
}
