package picture

import (
	"cmp"
	"slices"

	"wspsim/netmodel/trace/recording"
)

// lane is what happens to a client of a run: where it is at which time, and what it is told.
type lane struct {
	began int64 // its first SYN
	known bool  // it has sent one
	spans []span
	marks []mark
	// While the run is read:
	at    state
	since int64
}

// state is where a client stands.
type state uint8

const (
	away    state = iota
	asks          // the SYN is on its way, or was answered
	refused       // waits to ask again after an RST
	ignored       // waits to ask again since nobody answers
	phantom       // is connected, and the server has no connection
	queued        // waits for accept
	served
	failed // for good
)

type span struct {
	state    state
	from, to int64
}

// mark is a decision about a client: refused, ignored or failed.
type mark struct {
	state state
	at    int64
}

// become ends the state that was, and begins another.
func (l *lane) become(s state, at int64) {
	if l.at == s {
		return
	}
	if l.at != away && at > l.since {
		l.spans = append(l.spans, span{l.at, l.since, at})
	}
	l.at, l.since = s, at
}

// lanesOf returns the lane of each client of a run, in the order of their first SYNs.
func lanesOf(r *recording.Run) []lane {
	all := make([]lane, len(r.Names))
	server := ""
	for i := range r.Records {
		x := &r.Records[i]
		if x.Kind == "request_accepted" {
			server = x.Host
		}
		if x.Client > 0 {
			all[x.Client-1].note(x, r.Separate, x.Host == server)
		}
	}
	all = slices.DeleteFunc(all, func(l lane) bool { return !l.known })
	slices.SortStableFunc(all, func(a, b lane) int { return cmp.Compare(a.began, b.began) })
	for i := range all {
		all[i].become(away, r.End)
	}
	return all
}

// note takes a record about the client into account.
func (l *lane) note(x *recording.Record, separate, atServer bool) {
	tell := func(s state) { l.marks = append(l.marks, mark{s, x.At}) }
	switch x.Kind {
	case "syn_sent":
		if !l.known {
			l.began, l.known = x.At, true
		}
		if l.at == away || l.at == failed {
			l.become(asks, x.At)
		}
	case "request_refused":
		tell(refused)
		l.become(refused, x.At)
	case "request_ignored":
		tell(ignored)
		if l.at != phantom {
			l.become(ignored, x.At)
		}
	case "ack_ignored":
		tell(ignored)
		l.become(phantom, x.At)
	case "request_queued", "request_offered":
		if !separate {
			l.become(queued, x.At)
		}
	case "completed":
		l.become(queued, x.At)
	case "request_accepted":
		l.become(served, x.At)
	case "reset_pending", "aborted_pending", "connect_failed", "gave_up", "broken":
		if l.at != away && l.at != failed && (l.at != served || x.Kind != "connect_failed") {
			tell(failed)
			l.become(failed, x.At)
		}
	case "called":
		if x.Call == "close" && atServer && l.at == served {
			l.become(away, x.At)
		}
	}
}

// again is how long the first client that was turned away waits before it asks again, 0 if
// none does.
func again(r *recording.Run) int64 {
	asked := map[int]int64{}
	for i := range r.Records {
		x := &r.Records[i]
		switch at, ok := asked[x.Client]; {
		case x.Kind == "syn_sent":
			asked[x.Client] = x.At
		case x.Kind == "syn_sent_again" && ok:
			return x.At - at
		}
	}
	return 0
}
