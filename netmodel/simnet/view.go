package simnet

import (
	"io"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
)

// segments keeps the latest segments of the model, if Config.Tap asks for them.
type segments struct {
	kept []netmodel.Transmission
	most int // 0: none
}

// collect takes what was sent since the last call. It lets the oldest go when there are
// twice as many as are kept, so that few are moved.
func (t *segments) collect(model *netmodel.Network) {
	if t.most == 0 {
		return
	}
	t.kept = model.DrainTap(t.kept)
	if len(t.kept) > 2*t.most {
		t.kept = t.kept[:copy(t.kept, t.kept[len(t.kept)-t.most:])]
	}
}

// WriteView writes what has happened in a format of package trace, as far back as the
// network keeps records. The title says what it is. Segments are in it if Config.Tap is set.
func (n *Network) WriteView(w io.Writer, f trace.Format, title string) error {
	n.enter()
	defer n.leave()
	v := f.NewView(w, n.model)
	v.Title = title
	n.replay(v.Segment, v.Record)
	return v.Close()
}

// replay passes on what has happened: of each instant the segments before the records.
func (n *Network) replay(segment func(netmodel.Transmission), record func(netmodel.Record)) {
	n.trace.collect(n.model)
	sent := n.trace.tap.kept
	for _, records := range n.trace.chunks {
		for _, r := range records {
			for len(sent) > 0 && sent[0].Sent <= r.At {
				segment(sent[0])
				sent = sent[1:]
			}
			record(r)
		}
	}
	for _, t := range sent {
		segment(t)
	}
}

// watch passes on what has happened, as replay does, and the model at the end.
func (n *Network) watch(segment func(*netmodel.Network, netmodel.Transmission), record func(*netmodel.Network, netmodel.Record), end func(*netmodel.Network)) {
	n.enter()
	defer n.leave()
	n.replay(func(t netmodel.Transmission) { segment(n.model, t) }, func(r netmodel.Record) { record(n.model, r) })
	end(n.model)
}
