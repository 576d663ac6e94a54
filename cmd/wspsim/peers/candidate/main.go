package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"wspsim/cmd/wspsim/internal/bench"
	"wspsim/netmodel"
	"wspsim/sim"
)

// event is what the loads schedule.
type event struct{ kind, who uint32 }

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type increments struct {
	x            uint32
	table, slope [1024]float64
}

func newIncrements() *increments {
	in := &increments{x: 1}
	t := func(i int) float64 {
		if i == 1024 {
			return -math.Log(0.5 / 1024)
		}
		return -math.Log(1 - float64(i)/1024)
	}
	for i := range in.table {
		in.table[i] = t(i) * 1e9
		in.slope[i] = (t(i+1) - t(i)) * 1e9 / 4194304
	}
	return in
}

func (in *increments) next() time.Duration {
	in.x = in.x*1664525 + 1013904223
	i := in.x >> 22
	return time.Duration(in.table[i] + float64(in.x&4194303)*in.slope[i])
}

func main() {
	n, _ := strconv.ParseFloat(os.Args[2], 64)
	c, _ := strconv.ParseFloat(os.Args[3], 64)
	load, count := os.Args[1], int(c)
	var d time.Duration
	var check string
	switch load {
	case "hold":
		d, check = hold(int(n), count)
	case "mm1k":
		d, check = mm1k(count)
	case "connect":
		d, check = connect(netmodel.WSP(), int(n), count, nil)
	case "connect-linux":
		d, check = connect(netmodel.Linux(), int(n), count, nil)
	case "connect-written":
		d, check = connect(netmodel.WSP(), int(n), count, io.Discard)
	case "timers":
		d, check = timers(int(n), count)
	default:
		return
	}
	runtime.GC()
	fmt.Printf("RESULT\tpeer\tcandidate wspsim\t%s\t%d\t%d\t%.6f\t%s\n", load, int(n), count, d.Seconds(), check)
}

func hold(n, count int) (time.Duration, string) {
	var e sim.Engine[event]
	in := newIncrements()
	for i := range n {
		e.After(in.next(), event{who: uint32(i)})
	}
	start := cpu()
	for range count {
		next, _ := e.Next()
		e.After(in.next(), next)
	}
	return cpu() - start, fmt.Sprintf("clock %.3f", float64(e.Now())/1e9)
}

func mm1k(count int) (time.Duration, string) {
	const (
		room    = 10
		arrival = iota
		departure
	)
	var e sim.Engine[event]
	between := sim.Exponential{Average: time.Second * 10 / 9}
	service := sim.Exponential{Average: time.Second}
	arrives, serves := sim.Stream(1, 1, 1), sim.Stream(1, 1, 2)
	e.After(between.Draw(&arrives), event{kind: arrival})
	offered, refused, inside := 0, 0, 0
	start := cpu()
	for offered < count {
		next, _ := e.Next()
		if next.kind == arrival {
			offered++
			if inside == room {
				refused++
			} else if inside++; inside == 1 {
				e.After(service.Draw(&serves), event{kind: departure})
			}
			e.After(between.Draw(&arrives), event{kind: arrival})
		} else if inside--; inside > 0 {
			e.After(service.Draw(&serves), event{kind: departure})
		}
	}
	return cpu() - start, fmt.Sprintf("block %.5f", float64(refused)/float64(offered))
}

func timers(n, count int) (time.Duration, string) {
	const (
		guard    = 693147180 * time.Nanosecond
		work     = 0
		guardRan = 1
	)
	var e sim.Engine[event]
	in := newIncrements()
	guards := make([]sim.EventID, n)
	for i := range guards {
		guards[i] = e.After(guard, event{guardRan, uint32(i)})
		e.After(in.next(), event{work, uint32(i)})
	}
	cycles, cancelled := 0, 0
	start := cpu()
	for cycles < count {
		next, _ := e.Next()
		if next.kind == guardRan {
			continue
		}
		if e.Cancel(guards[next.who]) {
			cancelled++
		}
		cycles++
		guards[next.who] = e.After(guard, event{guardRan, next.who})
		e.After(in.next(), next)
	}
	return cpu() - start, fmt.Sprintf("cancelled %.4f", float64(cancelled)/float64(cycles))
}

// connect is the crowd that wspsim bench has, with its trace written to w if that
// is not nil.
func connect(p netmodel.Profile, n, count int, w io.Writer) (time.Duration, string) {
	c := bench.NewCrowd(p, n)
	if w != nil {
		c.WriteTrace(func(b []byte) { _, _ = w.Write(b) })
	}
	c.Run(count / 4)
	first := c.Offered
	start := cpu()
	c.Run(first + count)
	d := cpu() - start
	hash, records := c.Hash()
	return d, fmt.Sprintf("offered %d accepted %d refused %d records %d hash %016x", c.Offered, c.Accepted, c.Refused, records, hash)
}
