// Package bench measures the engine and the model on this machine: events and connections per
// second, bytes per client, and the speedup with more cores. The work is the same on every
// machine; its hash shows that.
package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// Options says what to measure.
type Options struct {
	Clients int  // number of waiting clients whose memory is measured; 0 = DefaultClients
	Quick   bool // do a tenth of the work
}

// DefaultClients is the default of Options.Clients, and MaxClients its maximum.
const (
	DefaultClients = 1_000_000
	MaxClients     = 50_000_000
)

// Result holds the measurements, in the order in which they were made.
type Result struct {
	Options     Options
	Events      []Point // take the next event and schedule another, with N events waiting
	Timers      Point   // one cycle: take work, cancel the timeout, arm it again, schedule work
	Queue       Point   // one customer of M/M/1/10
	Blocked     Share   // part of the customers that found M/M/1/10 full
	Connections []Connection
	Growth      []Point // one connection, in a run of N connections
	Clients     []Point // one connection, with N clients
	Memory      Memory
	Cores       []Core
	Hash        uint64 // hash of the work
	Took        time.Duration
	Interrupted bool
}

// Point is a cost at a size.
type Point struct {
	N           int     `json:"n"`
	Nanoseconds float64 `json:"ns"` // for one unit
}

// Share is a part of a whole.
type Share struct{ Part, Whole int }

// Connection is the cost of one connect attempt.
type Connection struct {
	Name        string  `json:"name"`
	Nanoseconds float64 `json:"ns"`
}

// Memory is the memory of waiting clients.
type Memory struct {
	Clients int
	Bytes   float64 // bytes of the heap per client
	Total   uint64  // bytes of the heap for all clients
}

// Core is the speedup of several workers over one.
type Core struct {
	Workers int     `json:"workers"`
	Speedup float64 `json:"speedup"`
	Same    bool    `json:"same_results"` // the results equal the results of one worker
}

// rounds is the number of measurements of each load. The minimum counts, because every
// disturbance makes a measurement longer.
const rounds = 3

// Run measures everything. It stops early, with Interrupted set, when ctx ends.
func Run(ctx context.Context, o Options, p *screen.Progress) *Result {
	if o.Clients == 0 {
		o.Clients = DefaultClients
	}
	r := &Result{Options: o}
	m := meter{ctx: ctx, progress: p, result: r, scale: 1}
	if o.Quick {
		m.scale = 10
	}
	defer p.Clear()
	began := time.Now()
	for _, step := range m.steps() {
		m.step++
		if step(); m.interrupted() {
			r.Interrupted = true
			break
		}
	}
	r.Took = time.Since(began)
	return r
}

// meter is a measurement in progress.
type meter struct {
	ctx      context.Context
	progress *screen.Progress
	result   *Result
	scale    int // the work is divided by it
	step     int // number of the current step
}

func (m *meter) steps() []func() {
	return []func(){m.events, m.timers, m.queue, m.connections, m.growth, m.clients, m.memory, m.cores}
}

func (m *meter) interrupted() bool { return m.ctx.Err() != nil }

func (m *meter) show(what string) {
	m.progress.Show(func() string { return fmt.Sprintf("step %d of %d: %s", m.step, len(m.steps()), what) })
}

// addToHash adds the results of a piece of work to the hash.
func (m *meter) addToHash(words ...uint64) {
	for _, w := range words {
		m.result.Hash = (m.result.Hash ^ w) * 0x100000001b3 // FNV-1a, by words
		m.result.Hash ^= m.result.Hash >> 29
	}
}

// minimum returns the minimum time for one unit, in ns, over several rounds of work.
func (m *meter) minimum(what string, count int, work func(count int)) float64 {
	best := time.Duration(0)
	for i := range rounds {
		if m.show(what); m.interrupted() {
			break
		}
		start := time.Now()
		work(count)
		if d := time.Since(start); i == 0 || d < best {
			best = d
		}
	}
	return float64(best) / float64(count)
}

func (m *meter) events() {
	for _, n := range []int{10, 1_000, 100_000, 1_000_000} {
		h := newHold(n)
		ns := m.minimum("events", 2_000_000/m.scale, h.run)
		if m.interrupted() {
			return
		}
		m.addToHash(uint64(h.engine.Now()))
		m.result.Events = append(m.result.Events, Point{n, ns})
	}
}

func (m *meter) timers() {
	g := newTimeouts(1_000)
	m.result.Timers = Point{1_000, m.minimum("timers", 2_000_000/m.scale, g.run)}
	if !m.interrupted() {
		m.addToHash(uint64(g.cancelled))
	}
}

func (m *meter) queue() {
	q := newQueue()
	m.result.Queue = Point{1, m.minimum("a queue", 2_000_000/m.scale, q.run)}
	m.result.Blocked = Share{q.refused, q.offered}
	if !m.interrupted() {
		m.addToHash(uint64(q.refused))
	}
}

// The usual clients request a little more than the worker can serve. The full load keeps the
// queue full.
const (
	loadSize, loadTenths         = 1_000, 11
	fullLoadSize, fullLoadTenths = 10_000, 40
)

func (m *meter) connections() {
	for _, c := range []struct {
		name    string
		profile netmodel.Profile
		full    bool
		written bool
	}{
		{"wsp", profiles.WSP(), false, false},
		{"wsp, trace written", profiles.WSP(), false, true},
		{"wsp, queue full", profiles.WSP(), true, false},
		{"linux, queue full", profiles.Linux(), true, false},
	} {
		load := NewClientLoad(c.profile, loadSize, loadTenths)
		if c.full {
			load = NewClientLoad(c.profile, fullLoadSize, fullLoadTenths)
		}
		if c.written {
			load.WriteTrace(func([]byte) {})
		}
		load.Run(100_000 / m.scale) // until the load is in a steady state
		ns := m.minimum("connections, "+c.name, 500_000/m.scale, func(count int) { load.Run(load.Offered + count) })
		if m.interrupted() {
			return
		}
		hash, _ := load.Hash()
		m.addToHash(hash)
		m.result.Connections = append(m.result.Connections, Connection{c.name, ns})
	}
}

// growth measures whole runs from the start. Each is ten times as long as the run before.
// Short runs are repeated often, and the fastest counts.
func (m *meter) growth() {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000, 10_000_000} {
		if n > 10_000_000/m.scale {
			break
		}
		best := time.Duration(0)
		var hash uint64
		for i := range max(1, min(100, 3_000_000/n)) {
			start := time.Now()
			load := NewClientLoad(profiles.WSP(), loadSize, loadTenths)
			for done := 0; done < n && !m.interrupted(); {
				done = min(n, done+100_000)
				load.Run(done)
				m.show("growth, " + words.Count(n) + " connections")
			}
			if d := time.Since(start); i == 0 || d < best {
				best = d
			}
			hash, _ = load.Hash()
		}
		if m.interrupted() {
			return
		}
		m.addToHash(hash)
		m.result.Growth = append(m.result.Growth, Point{n, float64(best) / float64(n)})
	}
}

// clients measures the cost of a connection for more and more clients.
func (m *meter) clients() {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		if n > 1_000_000/m.scale {
			break
		}
		load := NewClientLoad(profiles.WSP(), n, loadTenths)
		load.Run(n / 2)
		ns := m.minimum("clients, "+words.Count(n)+" clients", 500_000/m.scale, func(count int) { load.Run(load.Offered + count) })
		if m.interrupted() {
			return
		}
		hash, _ := load.Hash()
		m.addToHash(hash)
		m.result.Clients = append(m.result.Clients, Point{n, ns})
	}
}

// memory measures the memory of waiting clients.
func (m *meter) memory() {
	m.show("memory")
	before := heap()
	load := NewClientLoad(profiles.WSP(), m.result.Options.Clients, loadTenths)
	total := heap() - before
	runtime.KeepAlive(load)
	m.result.Memory = Memory{m.result.Options.Clients, float64(total) / float64(m.result.Options.Clients), total}
}

// heap returns the bytes of live objects on the heap.
func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// replications is the number of independent runs that the cores share.
const replications = 8

func (m *meter) cores() {
	counts := []int{1, 2, 4, 8}
	offered := 300_000 / m.scale
	var one time.Duration
	var want []uint64
	for _, workers := range counts {
		if workers > max(2, runtime.GOMAXPROCS(0)) {
			break
		}
		best := time.Duration(0)
		same := true
		for i := range rounds {
			if m.show("cores"); m.interrupted() {
				return
			}
			start := time.Now()
			got := Replicate(workers, replications, func(i int) uint64 {
				c := newClientLoad(profiles.WSP(), loadSize, loadTenths, uint64(i))
				c.Run(offered)
				hash, _ := c.Hash()
				return hash
			})
			if d := time.Since(start); i == 0 || d < best {
				best = d
			}
			if want == nil {
				want = got
				m.addToHash(want...)
			}
			for k := range got {
				same = same && got[k] == want[k]
			}
		}
		if workers == 1 {
			one = best
		}
		m.result.Cores = append(m.result.Cores, Core{workers, float64(one) / float64(best), same})
	}
}

// Replicate makes n independent runs on several workers and returns the results in the
// order of the runs.
func Replicate[T any](workers, n int, run func(i int) T) []T {
	results := make([]T, n)
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range next {
				results[i] = run(i)
			}
		})
	}
	all.Wait()
	return results
}

// Differs reports whether several workers gave other results than one worker.
func (r *Result) Differs() bool {
	for _, c := range r.Cores {
		if !c.Same {
			return true
		}
	}
	return false
}
