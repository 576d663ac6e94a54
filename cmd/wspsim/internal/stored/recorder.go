package stored

import (
	"bytes"
	"fmt"

	"wspsim/cmd/wspsim/internal/play"
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

// Page returns the page of runs, as the content of a file.
func Page(runs ...page.Run) ([]byte, error) {
	var b bytes.Buffer
	err := page.Write(&b, runs...)
	return b.Bytes(), err
}
