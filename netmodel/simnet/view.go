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
	n.trace.collect(n.model)
	v := f.NewView(w, n.model)
	v.Title = title
	sent := n.trace.tap.kept
	for _, records := range n.trace.chunks {
		for _, r := range records {
			for len(sent) > 0 && sent[0].Sent <= r.At {
				v.Segment(sent[0])
				sent = sent[1:]
			}
			v.Record(r)
		}
	}
	for _, t := range sent {
		v.Segment(t)
	}
	return v.Close()
}
