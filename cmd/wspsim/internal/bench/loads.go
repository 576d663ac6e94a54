package bench

import (
	"time"

	"wspsim/sim"
)

// table returns exponential times with a mean of 1 s. They are drawn in advance, so that the
// draw is not measured. Their number is a power of two.
var table = func() []time.Duration {
	r := sim.Stream(1, 0, drawsThinking)
	list := make([]time.Duration, 1<<16)
	for i := range list {
		list[i] = sim.Exponential{Mean: time.Second}.Draw(&r)
	}
	return list
}

// hold is the steady state of every simulation: take the next event, schedule another. This
// benchmark of event lists is known as the hold model.
type hold struct {
	engine sim.Engine[event]
	table  []time.Duration
	drawn  int
}

func newHold(n int) *hold {
	h := &hold{table: table()}
	for i := range n {
		h.engine.After(h.draw(), event{client: uint32(i)})
	}
	return h
}

func (h *hold) draw() time.Duration {
	h.drawn++
	return h.table[h.drawn%len(h.table)]
}

func (h *hold) run(count int) {
	for range count {
		next, _ := h.engine.Next()
		h.engine.After(h.draw(), next)
	}
}

// timeouts is the load of retransmission timers. Each client has a timer that every event
// cancels and arms again. Half of the timers fire first.
type timeouts struct {
	hold
	armed     []sim.EventID
	cancelled int
}

const timeoutAfter = 693_147_180 * time.Nanosecond // ln(2) s: half of the gaps are longer

const (
	work = iota
	timeout
)

func newTimeouts(n int) *timeouts {
	g := &timeouts{hold: hold{table: table()}, armed: make([]sim.EventID, n)}
	for i := range g.armed {
		g.armed[i] = g.engine.After(timeoutAfter, event{timeout, uint32(i)})
		g.engine.After(g.draw(), event{work, uint32(i)})
	}
	return g
}

func (g *timeouts) run(count int) {
	for count > 0 {
		next, _ := g.engine.Next()
		if next.kind == timeout {
			continue
		}
		if g.engine.Cancel(g.armed[next.client]) {
			g.cancelled++
		}
		g.armed[next.client] = g.engine.After(timeoutAfter, event{timeout, next.client})
		g.engine.After(g.draw(), next)
		count--
	}
}

// queue is M/M/1/10 at nine tenths of its capacity. Its blocking probability is 0.0508.
type queue struct {
	engine           sim.Engine[event]
	arrives, serves  sim.Rand
	offered, refused int
	inside           int
}

const (
	arrival = iota
	departure
	room = 10
)

var (
	betweenArrivals = sim.Exponential{Mean: time.Second * 10 / 9}
	serviceTime     = sim.Exponential{Mean: time.Second}
)

func newQueue() *queue {
	q := &queue{arrives: sim.Stream(1, 1, drawsThinking), serves: sim.Stream(1, 1, drawsService)}
	q.engine.After(betweenArrivals.Draw(&q.arrives), event{kind: arrival})
	return q
}

func (q *queue) run(count int) {
	for last := q.offered + count; q.offered < last; {
		next, _ := q.engine.Next()
		if next.kind == departure {
			if q.inside--; q.inside > 0 {
				q.engine.After(serviceTime.Draw(&q.serves), event{kind: departure})
			}
			continue
		}
		q.offered++
		if q.inside == room {
			q.refused++
		} else if q.inside++; q.inside == 1 {
			q.engine.After(serviceTime.Draw(&q.serves), event{kind: departure})
		}
		q.engine.After(betweenArrivals.Draw(&q.arrives), event{kind: arrival})
	}
}
