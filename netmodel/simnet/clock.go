package simnet

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// The model is passive. Whoever calls the network locks it, brings the model to the
// present (enter), acts, and leaves it with a timer set for when the model wants to
// be woken next (leave). No goroutine waits for that: time.AfterFunc starts one.

// enter locks the network and lets everything happen that was due by now.
func (n *Network) enter() {
	n.mu.Lock()
	if n.frozen {
		return
	}
	if now := n.now(); n.ordered || !n.real.AdvanceIdle(now) {
		n.catchUp(now)
	}
}

// catchUp lets everything happen that was due by now, and makes the calls that were put
// down before. Whoever comes first at an instant does that, the timer or a program
// that was woken by a timer of its own: so they all find the same.
func (n *Network) catchUp(now sim.Time) {
	n.advance(now)
	if n.runScheduled(now) {
		n.advance(now) // what they have sent can be due at once
	}
}

// enterTimeless is enter for a call to which time does not matter where every link
// delivers at once: it moves bytes. The model's clock may then stay where it was.
func (n *Network) enterTimeless() {
	if n.timed.Load() {
		n.enter()
		return
	}
	n.mu.Lock()
}

// leave sets the timer, unlocks the network and lets those go on whose calls are
// over: not earlier, or they would run into the lock.
func (n *Network) leave() {
	if n.frozen {
		n.mu.Unlock()
		return
	}
	n.arm()
	if n.real.BufferedRecords() >= chunk {
		n.trace.collect(n.model)
	}
	over := n.finished
	n.finished = nil
	n.mu.Unlock()
	for over != nil {
		k := over
		over, k.next = k.next, nil
		k.wake <- struct{}{}
	}
}

// now is the present as the model counts it.
func (n *Network) now() sim.Time { return sim.Time(time.Since(n.start)) }

// pump lets everything happen that is due at now or before. Of what is due at one
// instant, deadlines come last: who set his first must not matter.
func (n *Network) advance(now sim.Time) {
	for {
		step, ok := n.model.Step(now)
		if !ok {
			break
		}
		if step.Program {
			n.expired = append(n.expired, n.alarms.take(uint32(step.Tag)))
		}
		n.notifyReady()
		if len(n.expired) == 0 {
			continue
		}
		if at, ok := n.model.Next(); !ok || at > n.model.Now() { // the instant is over
			n.expire()
		}
	}
	n.notifyReady()
}

// expire ends the waits of those whose deadline has passed.
func (n *Network) expire() {
	rang := n.expired
	n.expired = nil
	slices.SortStableFunc(rang, func(a, b *side) int { return a.rank().compare(b.rank()) })
	for _, s := range rang {
		s.expired = true
		s.serve()
		n.notifyReady()
	}
}

// settle tells everybody who waits for something that has changed.
func (n *Network) notifyReady() {
	for {
		from := len(n.ready) // settle may be at work already, further up
		n.ready = n.real.DrainReady(n.ready)
		if len(n.ready) == from {
			break
		}
		for i := from; i < len(n.ready); i++ {
			s := n.ready[i]
			if o := n.hosts[s.Host].object(s.FD); o != nil {
				o.changed()
			}
		}
		n.ready = n.ready[:from]
	}
}

// arm sets the timer for the next thing that is due, if that is earlier than what
// it is set for: ringing too early costs less than setting it anew each time.
func (n *Network) arm() {
	next := n.real.NextDeadline()
	if next < n.armed {
		n.model.Settle()
		next = n.real.NextDeadline()
	}
	next = min(next, n.calls.next())
	if next >= n.armed {
		return
	}
	n.armed = next
	wait := max(1, time.Duration(next-n.now())) // at 0 it would ring at once, before all others wait
	if n.timer == nil {
		n.timer = time.AfterFunc(wait, n.timerFired)
	} else {
		n.timer.Reset(wait)
	}
}

// rung is what the timer calls.
func (n *Network) timerFired() {
	n.mu.Lock()
	if !n.frozen {
		n.armed = sim.Forever
		n.catchUp(n.now())
	}
	n.leave()
}

// alarms are deadlines, kept on the event list of the model so that they have their
// place in its order.
type alarms struct {
	armed []alarm // by tag; those of no use are on free
	free  []uint32
}

type alarm struct {
	side  *side
	event sim.EventID
}

// set makes an alarm ring at an instant, and returns its tag.
func (a *alarms) set(model *netmodel.Network, at sim.Time, s *side) uint32 {
	var tag uint32
	if k := len(a.free); k > 0 {
		tag = a.free[k-1]
		a.free = a.free[:k-1]
	} else {
		tag = uint32(len(a.armed))
		a.armed = append(a.armed, alarm{})
	}
	a.armed[tag] = alarm{s, model.After(at.Sub(model.Now()), uint64(tag))}
	return tag
}

func (a *alarms) cancel(model *netmodel.Network, tag uint32) {
	if model.Cancel(a.armed[tag].event) {
		a.release(tag)
	}
}

// take returns whose alarm rang.
func (a *alarms) take(tag uint32) *side {
	s := a.armed[tag].side
	a.release(tag)
	s.alarm = 0
	return s
}

func (a *alarms) release(tag uint32) {
	a.armed[tag] = alarm{}
	a.free = append(a.free, tag)
}
