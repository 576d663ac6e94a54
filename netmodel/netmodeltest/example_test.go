package netmodeltest_test

import (
	"fmt"
	"slices"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// counter is somebody's listener: it lets so many clients wait, and hands them
// out in the order in which they became complete.
type counter struct {
	limit   int
	waiting []lockstep.Entry // complete ones first
	numbers [lockstep.MaxClients]int
	greedy  bool // a mistake: lets one more wait
}

func newCounter(netmodel.Profile, int) lockstep.System       { return &counter{} }
func newGreedyCounter(netmodel.Profile, int) lockstep.System { return &counter{greedy: true} }

// Supports says what the listener knows: one listen with a legal backlog, plain
// accepts, and clients that send a SYN and an ACK.
func (c *counter) Supports(op lockstep.Op) bool {
	switch op.Kind {
	case lockstep.Listen:
		return c.limit == 0 && op.N >= 1 && op.N <= 200
	case lockstep.Accept:
		return op.N == int(lockstep.AcceptPlain)
	}
	return op.Kind == lockstep.Syn || op.Kind == lockstep.Ack
}

func (c *counter) Do(op lockstep.Op) lockstep.Result {
	r := lockstep.Result{Free: -1, AcceptConn: lockstep.No, Readable: lockstep.No}
	complete := 0
	for complete < len(c.waiting) && c.waiting[complete].State == netmodel.EntryComplete {
		complete++
	}
	switch op.Kind {
	case lockstep.Listen:
		c.limit = op.N
	case lockstep.Accept:
		switch {
		case c.limit == 0:
			r.Errno = winsock.WSAEINVAL
		case complete == 0:
			r.Errno = winsock.WSAEWOULDBLOCK
		default:
			r.Accepted = c.waiting[0].Who
			c.waiting = slices.Delete(c.waiting, 0, 1)
			complete--
		}
	case lockstep.Syn:
		c.numbers[op.Client]++
		r.Heard = []lockstep.Heard{{Who: c.who(op), What: c.request(c.who(op))}}
	case lockstep.Ack:
		at := slices.Index(c.waiting, lockstep.Entry{Who: c.who(op), State: netmodel.EntryHalfOpen})
		if at >= 0 {
			c.waiting = slices.Delete(c.waiting, at, at+1)
			c.waiting = slices.Insert(c.waiting, complete, lockstep.Entry{Who: c.who(op)})
			complete++
		}
	}
	if c.limit > 0 {
		r.AcceptConn, r.Limit, r.Available = lockstep.Yes, c.limit, max(0, c.limit-len(c.waiting))
	}
	if complete > 0 {
		r.Readable = lockstep.Yes
	}
	r.Queue = c.waiting
	return r
}

func (c *counter) who(op lockstep.Op) lockstep.Try {
	return lockstep.Try{Client: op.Client, Number: c.numbers[op.Client]}
}

func (c *counter) request(who lockstep.Try) lockstep.What {
	room := c.limit
	if c.greedy {
		room++
	}
	if c.limit == 0 || len(c.waiting) >= room {
		return lockstep.Reset
	}
	c.waiting = append(c.waiting, lockstep.Entry{Who: who, State: netmodel.EntryHalfOpen})
	return lockstep.SynAck
}

func TestCounter(t *testing.T) {
	netmodeltest.Check(t, profiles.WSP(), 0, newCounter)
}

// A listener of one's own, and what is found when it admits one too many.
func Example() {
	wsp := profiles.WSP()
	for _, c := range []struct {
		name string
		new  lockstep.New
	}{{"counter", newCounter}, {"greedy counter", newGreedyCounter}} {
		report := lockstep.Swarm{Profile: &wsp, New: c.new, Unlimited: true}.Run(20_000, nil)
		if report.Failure == nil {
			fmt.Println(c.name, "agrees with the reference model")
			continue
		}
		fmt.Println(c.name, "differs:")
		fmt.Println(report.Failure)
	}
	// Output:
	// counter agrees with the reference model
	// greedy counter differs:
	// wsp: listen(1) syn(a) syn(b)
	// 	operation 3, syn(b): heard: got [b SYN-ACK], want [b RST]; queue: got [(a) (b)], want [(a)]
}

// Broken tests a suite: each of these listeners has one mistake.
func ExampleBroken() {
	for _, b := range netmodeltest.Broken()[:3] {
		report := lockstep.Swarm{Profile: &b.Profile, New: b.New}.Run(100_000, nil)
		fmt.Printf("%s (%s)\n\t%s\n", b.Name, b.Why, report.Failure.Shrunk)
	}
	// Output:
	// accepts last first (the first in the queue is accepted first. WS.Q1)
	// 	wsp: listen(2) syn(a) ack(a) syn(a) ack(a) accept
	// trims the oldest (a smaller backlog resets the newest. WS.R4)
	// 	wsp: listen(2) syn(a) syn(b) listen(1)
	// fills on close (a descriptor that comes back fills nothing by itself. R7, WS.D7)
	// 	wsp descriptors=3: listen(3) syn(a) closefile
}
