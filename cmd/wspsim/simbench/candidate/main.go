// Command candidate drives wspsim's engine and its model of a host through their public
// interfaces.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"wspsim/cmd/wspsim/internal/bench"
	"wspsim/cmd/wspsim/simbench/drive"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// event is an event of the loads.
type event struct{ kind, who uint32 }

func main() {
	job := drive.Asked(1)
	var d time.Duration
	var check string
	switch job.Load {
	case "hold":
		d, check = hold(job)
	case "mm1k":
		d, check = queue(job)
	case "timers":
		d, check = timers(job)
	case "connect":
		d, check = connect(job, profiles.WSP(), usual, nil)
	case "connect-written":
		d, check = connect(job, profiles.WSP(), usual, io.Discard)
	case "connect-full":
		d, check = connect(job, profiles.WSP(), full, nil)
	case "connect-full-linux":
		d, check = connect(job, profiles.Linux(), full, nil)
	default:
		return // an unknown load
	}
	job.Report("candidate wspsim", d, check)
}

func hold(job drive.Job) (time.Duration, string) {
	var e sim.Engine[event]
	e.SetStallLimit(1 << 30)
	in := drive.NewIncrements()
	for i := range job.N {
		e.After(in.Next(), event{who: uint32(i)})
	}
	start := drive.CPU()
	for range job.Count {
		next, _ := e.Next()
		e.After(in.Next(), next)
	}
	return drive.CPU() - start, fmt.Sprintf("clock %.3f", float64(e.Now())/1e9)
}

// queue draws its times from math/rand/v2, as a program without package sim does. The draws of
// package sim use whole numbers, are the same on every machine, and take 6 ns longer.
func queue(job drive.Job) (time.Duration, string) {
	const arrival, departure = 0, 1
	var e sim.Engine[event]
	r := rand.New(rand.NewPCG(1, 1))
	after := func(rate float64) time.Duration { return time.Duration(r.ExpFloat64() / rate * 1e9) }
	e.After(after(drive.ArrivalRate), event{kind: arrival})
	offered, refused, inside := 0, 0, 0
	start := drive.CPU()
	for offered < job.Count {
		next, _ := e.Next()
		if next.kind == departure {
			if inside--; inside > 0 {
				e.After(after(1), event{kind: departure})
			}
			continue
		}
		offered++
		if inside == drive.Room {
			refused++
		} else if inside++; inside == 1 {
			e.After(after(1), event{kind: departure})
		}
		e.After(after(drive.ArrivalRate), event{kind: arrival})
	}
	return drive.CPU() - start, fmt.Sprintf("block %.5f", float64(refused)/float64(offered))
}

func timers(job drive.Job) (time.Duration, string) {
	const work, guard = 0, 1
	var e sim.Engine[event]
	in := drive.NewIncrements()
	guards := make([]sim.EventID, job.N)
	for i := range guards {
		guards[i] = e.After(drive.GuardAfter, event{guard, uint32(i)})
		e.After(in.Next(), event{work, uint32(i)})
	}
	cycles, cancelled := 0, 0
	start := drive.CPU()
	for cycles < job.Count {
		next, _ := e.Next()
		if next.kind == guard {
			continue
		}
		if e.Cancel(guards[next.who]) {
			cancelled++
		}
		cycles++
		guards[next.who] = e.After(drive.GuardAfter, event{guard, next.who})
		e.After(in.Next(), next)
	}
	return drive.CPU() - start, fmt.Sprintf("cancelled %.4f", float64(cancelled)/float64(cycles))
}

// The requests of the clients of connect, in tenths of the capacity of the server.
const (
	usual = 11
	full  = 40
)

// connect is the load of connections of wspsim bench. If w is not nil, the trace is written to w.
func connect(job drive.Job, p netmodel.Profile, tenths int, w io.Writer) (time.Duration, string) {
	c := bench.NewClientLoad(p, job.N, tenths)
	if w != nil {
		c.WriteTrace(func(b []byte) { _, _ = w.Write(b) })
	}
	c.Run(job.Count / 4) // until the load is in a steady state
	first := c.Offered
	start := drive.CPU()
	c.Run(first + job.Count)
	d := drive.CPU() - start
	hash, records := c.Hash()
	return d, fmt.Sprintf("accepted %d refused %d again %d records %d hash %016x", c.Accepted, c.Refused, c.Ignored, records, hash)
}
