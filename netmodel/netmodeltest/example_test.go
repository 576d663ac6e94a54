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

// counter is a listener of a user. It lets limit clients wait, and accepts them in the
// order in which they became complete.
type counter struct {
	limit   int
	waiting []lockstep.Entry // complete ones first
	numbers [lockstep.MaxClients]int
	greedy  bool // a mistake: one client more may wait
}

func newCounter(netmodel.Profile, int) lockstep.System       { return &counter{} }
func newGreedyCounter(netmodel.Profile, int) lockstep.System { return &counter{greedy: true} }

// Supports allows one listen with a legal backlog, accept without a condition function,
// and clients that send a SYN and an ACK.
func (c *counter) Supports(op lockstep.Op) bool {
	switch op.Kind {
	case lockstep.Listen:
		return c.limit == 0 && op.N >= 1 && op.N <= 200
	case lockstep.Accept:
		return op.Arg() == ""
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
			r.Accepted = c.waiting[0].Attempt
			c.waiting = slices.Delete(c.waiting, 0, 1)
			complete--
		}
	case lockstep.Syn:
		c.numbers[op.Client]++
		r.Sent = []lockstep.Sent{{To: c.who(op), Reply: c.request(c.who(op))}}
	case lockstep.Ack:
		at := slices.Index(c.waiting, lockstep.Entry{Attempt: c.who(op), State: netmodel.EntryHalfOpen})
		if at >= 0 {
			c.waiting = slices.Delete(c.waiting, at, at+1)
			c.waiting = slices.Insert(c.waiting, complete, lockstep.Entry{Attempt: c.who(op)})
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

func (c *counter) who(op lockstep.Op) lockstep.Attempt {
	return lockstep.Attempt{Client: op.Client, Number: c.numbers[op.Client]}
}

func (c *counter) request(who lockstep.Attempt) lockstep.Reply {
	room := c.limit
	if c.greedy {
		room++
	}
	if c.limit == 0 || len(c.waiting) >= room {
		return lockstep.ReplyRst
	}
	c.waiting = append(c.waiting, lockstep.Entry{Attempt: who, State: netmodel.EntryHalfOpen})
	return lockstep.ReplySynAck
}

func TestCounter(t *testing.T) {
	netmodeltest.Check(t, profiles.WSP(), 0, newCounter)
}

// A listener of a user agrees with the model. With a mistake it differs.
func Example() {
	wsp := profiles.WSP()
	for _, c := range []struct {
		name string
		new  lockstep.NewSystem
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
	// 	operation 3, syn(b): sent: got [b SYN-ACK], want [b RST]; queue: got [(a) (b)], want [(a)]
}

// Each of these listeners has one mistake.
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
	// fills on close (a descriptor that is given back makes no slot available. R7, WS.D7)
	// 	wsp descriptors=3: listen(3) syn(a) closefile
}
