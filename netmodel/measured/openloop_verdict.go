package measured

import (
	"slices"
	"time"
)

// verdict is what the kernel did with a SYN, an ACK or data, as the log shows.
type verdict uint8

const (
	verdictOut   verdict = iota // ignored
	verdictIn                   // a SYN: answered; an ACK or data: the connection joined the queue
	verdictReset                // answered with an RST
)

// verdictsOf returns the verdict of every SYN, ACK and data of a log. It infers each from
// the later events of the client:
//
//   - A SYN was answered if the next segment is a SYN-ACK.
//   - An ACK was ignored if the SYN-ACK was sent again after it.
//   - Data was ignored if it was sent again. So was everything before it.
//   - The connection joined the queue with one of the remaining events before accept. If
//     the order of accept leaves a choice, it joined with the first.
func verdictsOf(log []logEvent) []verdict {
	verdicts := make([]verdict, len(log))
	byClient := map[int][]int{} // the events of each
	var order []int             // the clients in the order of accept
	for i, e := range log {
		if e.kind == 'a' {
			order = append(order, e.client)
		}
		byClient[e.client] = append(byClient[e.client], i)
	}
	candidates := make([][]int, len(order))
	for at, client := range order {
		candidates[at] = joinCandidates(log, byClient[client])
	}
	keepAcceptOrder(candidates)
	for _, c := range candidates {
		if len(c) > 0 {
			verdicts[c[0]] = verdictIn
		}
	}
	for i, next := range nextOfSameClient(log) {
		switch {
		case next < 0:
		case log[i].kind == 'S' && log[next].kind == 's':
			verdicts[i] = verdictIn
		case log[i].kind == 'S' || verdicts[i] == verdictIn:
		case log[i].kind == 'R' && log[next].at-log[i].at < resetWithin: // the log may have the RST before the segment that it answers
			verdicts[next] = verdictReset
		case log[next].kind == 'R' && log[next].at-log[i].at < resetWithin:
			verdicts[i] = verdictReset
		}
	}
	return verdicts
}

// resetWithin is the largest time from a segment to the RST that answers it.
const resetWithin = time.Millisecond

// nextOfSameClient returns for each event the next event of the same client, -1 = none.
func nextOfSameClient(log []logEvent) []int {
	next := make([]int, len(log))
	last := map[int]int{}
	for i := len(log) - 1; i >= 0; i-- {
		next[i] = -1
		if n, ok := last[log[i].client]; ok {
			next[i] = n
		}
		last[log[i].client] = i
	}
	return next
}

// joinCandidates returns the events with which an accepted client may have joined the
// queue, in order.
func joinCandidates(log []logEvent, events []int) []int {
	end := 0
	for log[events[end]].kind != 'a' {
		end++
	}
	var found []int
	data := false
back:
	for i := end - 1; i >= 0; i-- {
		switch log[events[i]].kind {
		case 's', 'S':
			break back
		case 'D':
			if data { // the later data is a retransmission
				break back
			}
			data = true
		}
		found = append(found, events[i])
	}
	slices.Reverse(found)
	return found
}

// keepAcceptOrder removes the candidates that contradict the order of accept: accept
// returns connections in the order in which they joined the queue. K5
func keepAcceptOrder(candidates [][]int) {
	earliest := -1
	for i, c := range candidates {
		for len(c) > 1 && c[0] < earliest {
			c = c[1:]
		}
		candidates[i] = c
		if len(c) > 0 {
			earliest = max(earliest, c[0])
		}
	}
	latest := int(^uint(0) >> 1)
	for i := len(candidates) - 1; i >= 0; i-- {
		c := candidates[i]
		for len(c) > 1 && c[len(c)-1] > latest {
			c = c[:len(c)-1]
		}
		candidates[i] = c
		if len(c) > 0 {
			latest = min(latest, c[len(c)-1])
		}
	}
}
