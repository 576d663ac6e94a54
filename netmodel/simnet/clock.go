package simnet

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// The model is passive. A call locks the network and advances the model to the present (enter).
// At its end the call sets a timer for the next event of the model (leave). No goroutine waits
// for the timer: time.AfterFunc starts one.

// enter locks the network and processes all events that are due by now.
func (n *Network) enter() {
	n.mu.Lock()
	if n.frozen {
		return
	}
	if now := n.now(); n.ordered || !n.real.AdvanceIdle(now) {
		n.catchUp(now)
	}
}

// catchUp processes all events that are due by now, and makes the calls scheduled earlier. The
// first goroutine of an instant does this: the timer or a program. So all goroutines of the
// instant see the same state.
func (n *Network) catchUp(now sim.Time) {
	n.advance(now)
	if n.runScheduled(now) {
		n.advance(now) // segments sent by these calls can be due at once
	}
}

// enterTimeless is enter for Read and Write. If every link delivers at once, time does not
// matter to them, and the clock of the model stays where it is.
func (n *Network) enterTimeless() {
	if n.timed.Load() {
		n.enter()
		return
	}
	n.mu.Lock()
}

// leave sets the timer, unlocks the network and wakes the callers of ended calls. Woken earlier,
// they would have to wait for the lock.
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

// now returns the present as an instant of the model.
func (n *Network) now() sim.Time { return sim.Time(time.Since(n.start)) }

// advance processes all events that are due by now. Deadlines are the last events of an instant,
// so the order in which programs set them does not matter.
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

// expire ends the calls whose deadline has passed.
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

// notifyReady calls changed of each object whose socket has become ready.
func (n *Network) notifyReady() {
	for {
		from := len(n.ready) // a caller up the stack may use the first part
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

// arm sets the timer to the next event if the timer is set to a later one. A timer that fires too
// early costs less than a timer that is set for each event.
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
	wait := max(1, time.Duration(next-n.now())) // with 0 it would fire before all other goroutines wait
	if n.timer == nil {
		n.timer = time.AfterFunc(wait, n.timerFired)
	} else {
		n.timer.Reset(wait)
	}
}

// timerFired is the function of the timer.
func (n *Network) timerFired() {
	n.mu.Lock()
	if !n.frozen {
		n.armed = sim.Forever
		n.catchUp(n.now())
	}
	n.leave()
}

// alarms are the deadlines of sides. Each is an event of the model, so that it has its place in
// the order of events.
type alarms struct {
	armed []alarm // by tag; free lists the unused tags
	free  []uint32
}

type alarm struct {
	side  *side
	event sim.EventID
}

// set sets an alarm for an instant, and returns its tag.
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

// take removes an alarm that has fired and returns its side.
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
