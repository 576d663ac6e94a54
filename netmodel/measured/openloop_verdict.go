package measured

import (
	"slices"
	"time"
)

// verdict is what a log says became of a SYN, an ACK or data.
type verdict uint8

const (
	verdictOut   verdict = iota // ignored
	verdictIn                   // a SYN: answered; an ACK or data: the connection joined the queue
	verdictReset                // answered with an RST
)

// judge finds out, from what came after it, what became of every SYN, ACK and data
// of a log:
//
//   - a SYN was answered if a SYN-ACK is the next that passes between the two;
//   - an ACK was ignored if the SYN-ACK was sent again after it;
//   - data was ignored if it was sent again, and so was everything before it;
//   - of what is left before accept returned, the connection joined the queue with
//     one; where the order of accept leaves a choice, with the first.
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
		case log[i].kind == 'R' && log[next].at-log[i].at < resetWithin: // the log may have it in front of what it answers
			verdicts[next] = verdictReset
		case log[next].kind == 'R' && log[next].at-log[i].at < resetWithin:
			verdicts[i] = verdictReset
		}
	}
	return verdicts
}

// resetWithin is how soon an RST follows what it answers.
const resetWithin = time.Millisecond

// nextOfClient returns for each event the next of the same client, -1 if there is
// none.
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

// entries returns those of the events of an accepted client with which it may have
// joined the queue, in order.
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
			if data { // it was sent again
				break back
			}
			data = true
		}
		found = append(found, events[i])
	}
	slices.Reverse(found)
	return found
}

// narrow leaves out what would contradict that accept hands out in the order of
// completion. K5
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
