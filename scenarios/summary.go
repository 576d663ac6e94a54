package scenarios

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// note adds a record to the result.
func (r *run) note(rec netmodel.Record) {
	if r.o.Record != nil {
		r.o.Record(r.net, rec)
	}
	if r.o.Lines > 0 {
		r.addLine(rec)
	}
	switch {
	case rec.Kind == netmodel.SynRetransmitted && rec.Cause == netmodel.SynRefused:
		r.refused[rec.Conn] = struct{}{}
	case rec.Host == r.server:
		r.result.Counters.Note(rec)
		r.noteListener(rec)
	}
}

// addLine adds the line of a record to the result. Most lines of a long run are counted
// and never written.
func (r *run) addLine(rec netmodel.Record) {
	res := &r.result
	early := len(res.Lines) < r.o.Lines
	first := isNotable(rec.Kind) && !r.hasFirst[rec.Kind] || rec.Kind == netmodel.Called && slices.Contains(r.acts, rec.At)
	if !early && !first {
		if r.printer.Follow(rec) {
			res.TotalLines++
		}
		return
	}
	r.line = r.printer.Append(r.line[:0], rec)
	if len(r.line) == 0 {
		return
	}
	res.TotalLines++
	text := string(r.line[:len(r.line)-1])
	if early {
		res.Lines = append(res.Lines, text)
	}
	if first {
		r.hasFirst[rec.Kind] = true
		res.FirstLines = append(res.FirstLines, Line{res.TotalLines, text})
	}
}

// isNotable reports whether the first record of a kind belongs to the shortest account
// of a run.
func isNotable(k netmodel.Kind) bool {
	switch k {
	case netmodel.RequestRefused, netmodel.RequestIgnored, netmodel.AckIgnored, netmodel.CookieSent,
		netmodel.RequestAccepted, netmodel.ResetPending,
		netmodel.AbortedPending, netmodel.Withdrawn, netmodel.SynRetransmitted, netmodel.SynAckRetransmitted, netmodel.ConnectFailed,
		netmodel.Broken, netmodel.GaveUp, netmodel.Retries, netmodel.Lost:
		return true
	}
	return false
}

func (r *run) noteListener(rec netmodel.Record) {
	l := &r.result.Listener
	switch rec.Kind {
	case netmodel.RequestRefused:
		l.RefusedSYNs++
	case netmodel.RequestIgnored:
		l.IgnoredSYNs++
	case netmodel.AckIgnored:
		l.IgnoredACKs++
	case netmodel.ResetPending:
		if rec.Cause == netmodel.Trimmed {
			l.Trimmed++
		}
	case netmodel.Withdrawn:
		switch rec.Cause {
		case netmodel.HandshakeTimeout:
			l.Expired++
		case netmodel.Evicted:
			l.Evicted++
		}
	case netmodel.RequestAccepted:
		if _, late := r.refused[rec.Conn]; late {
			l.AcceptedAfterRefusal++
		}
		if r.net.Result(rec.Conn).Outcome != netmodel.OutcomeAccepted {
			l.AcceptedAfterAbort++
		}
	case netmodel.Called:
		if rec.Errno != 0 && rec.Errno != winsock.WSAEWOULDBLOCK {
			l.FailedCalls++
		}
	}
	if rec.Limit > 0 || rec.HalfOpen > 0 {
		depth := r.depth(rec.FD, int(rec.Pending))
		l.PeakPending = max(l.PeakPending, depth)
		r.result.Depth.note(rec.At, depth)
	}
}

// depthAt is how many connections are pending at one listening socket.
type depthAt struct {
	fd      netmodel.FD
	pending int
}

// depth notes how many connections are pending at a listener, and returns how many
// are pending at all listeners.
func (r *run) depth(fd netmodel.FD, pending int) int {
	sum, found := 0, false
	for i := range r.depths {
		if r.depths[i].fd == fd {
			r.depths[i].pending, found = pending, true
		}
		sum += r.depths[i].pending
	}
	if !found {
		r.depths = append(r.depths, depthAt{fd, pending})
		sum += pending
	}
	return sum
}

// summarise completes the result. asked is the scenario with the knobs at their
// defaults, ran is the scenario that ran.
func (r *run) summarise(asked, ran *Scenario) {
	res := &r.result
	res.End, res.Records, res.Hash = r.net.Now(), r.net.Records(), r.net.Hash()
	res.Attempts = r.net.Results()
	var waits, reached []time.Duration
	began := map[netmodel.ClientID]sim.Time{} // of the first attempt
	for _, f := range res.Attempts {
		if f.Attempt == 1 {
			began[f.Client] = f.Began
		}
		if f.Outcome == netmodel.OutcomeAccepted {
			waits = append(waits, f.Waited)
			reached = append(reached, f.At.Sub(began[f.Client]))
		}
	}
	res.Waits, res.ConnectToAccept = waitsOf(waits), waitsOf(reached)
	offered, by := r.net.Tally()
	res.Outcomes = Outcomes{
		Offered: offered, Accepted: by[netmodel.OutcomeAccepted], Refused: by[netmodel.OutcomeRefused],
		Reset: by[netmodel.OutcomeReset], TimedOut: by[netmodel.OutcomeTimedOut],
		GaveUp: by[netmodel.OutcomeGaveUp], Pending: by[netmodel.OutcomePending],
	}
	for i := range res.Attempts {
		switch res.Attempts[i].Progress {
		case netmodel.ProgressTrying:
			res.Outcomes.Trying++
		case netmodel.ProgressQueued:
			res.Outcomes.Queued++
		case netmodel.ProgressPhantom:
			res.Outcomes.Phantom++
		}
	}
	for i, sock := range r.sockets {
		q, ok := r.host().Queue(sock.fd)
		if !ok {
			continue
		}
		if i == 0 {
			res.Listener.Limit = q.Limit
		}
		res.Sockets = append(res.Sockets, Socket{sock.name, q.Address, q.Complete, q.Effective})
		res.Listener.Pending += q.Pending()
		for _, e := range q.Entries {
			if e.State == netmodel.EntryHalfOpen {
				res.Listener.HalfOpen++
			}
		}
	}
	for _, k := range ran.Knobs {
		set := Setting{k.Name, k.Format(ran.Value(k))}
		res.Knobs = append(res.Knobs, set)
		if ran.Value(k) != asked.Value(k) {
			res.ChangedKnobs = append(res.ChangedKnobs, set)
		}
	}
	r.judge()
}

// judge compares the result with the expectations.
func (r *run) judge() {
	res := &r.result
	res.Verdict = NotJudged
	asIntended := len(res.ChangedKnobs) == 0 && len(r.o.Inputs) == 0 && !r.kernelChanged && r.o.Clients == "" && slices.Contains(r.s.Profiles, res.Profile)
	for _, e := range r.s.Expect {
		if e.For != "" && e.For != res.Profile || !asIntended && !e.Always {
			continue
		}
		j := Judged{Expectation: e, Claim: e.claim()}
		if e.Client != "" {
			j.Got, j.Held = e.met(r.lastAttempt(e.Client))
		} else {
			row, _, _ := statistic(e.Statistic) // Validate has found it
			got := row.Of(res)
			j.Got, j.Held = row.Unit.Format(got), e.Min <= got && got <= e.Max
		}
		if res.Verdict == NotJudged {
			res.Verdict = Held
		}
		if !j.Held {
			res.Verdict = Failed
		}
		res.Judged = append(res.Judged, j)
	}
}

// lastAttempt returns the result of a client's last attempt.
func (r *run) lastAttempt(name string) netmodel.AttemptResult {
	id, ok := r.net.ClientByName(name)
	last := netmodel.AttemptResult{}
	for _, f := range r.result.Attempts {
		if ok && f.Client == id {
			last = f
		}
	}
	return last
}
