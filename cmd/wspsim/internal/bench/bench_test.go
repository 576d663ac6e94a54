package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/cmd/wspsim/internal/screen"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

func TestEveryAttemptOfTheLoadIsAccountedFor(t *testing.T) {
	for _, c := range []struct {
		profile netmodel.Profile
		refuses bool
	}{{profiles.WSP(), true}, {profiles.Windows(), true}, {profiles.Linux(), false}, {profiles.LwIP(), false}} {
		load := NewClientLoad(c.profile, 3_000, 40)
		load.Run(100_000)
		if err := load.host.Check(); err != nil {
			t.Errorf("%s: Check() = %v", c.profile.Name, err)
		}
		underWay := load.Offered - load.Accepted - load.Refused
		if underWay < 0 || underWay > 3_000 {
			t.Errorf("%s: %d offered, %d accepted, %d refused: %d are under way, want 0 to 3,000",
				c.profile.Name, load.Offered, load.Accepted, load.Refused, underWay)
		}
		if load.Refused > 0 != c.refuses {
			t.Errorf("%s: %d refused; refuses when full: %v", c.profile.Name, load.Refused, c.refuses)
		}
		if load.Accepted < 60_000 {
			t.Errorf("%s: %d of %d accepted, want most", c.profile.Name, load.Accepted, load.Offered)
		}
	}
}

func TestALoadAllocatesNothingInSteadyState(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile netmodel.Profile
		written bool
		most    float64 // allocations in 1,000 connections
	}{
		{"wsp", profiles.WSP(), false, 0},
		{"linux", profiles.Linux(), false, 0},
		{"written", profiles.WSP(), true, 0},
	} {
		load := NewClientLoad(c.profile, 500, 11)
		if c.written {
			load.WriteTrace(func([]byte) {})
		}
		load.Run(200_000) // until everything has had its largest size
		if n := testing.AllocsPerRun(20, func() { load.Run(load.Offered + 1_000) }); n > c.most {
			t.Errorf("%s: 1,000 connections allocate %v times, want at most %v", c.name, n, c.most)
		}
	}
}

func TestAWaitingClientTakesAtMostSixtyFourBytesWithItsTimer(t *testing.T) {
	const n = 400_000
	before := heap()
	load := NewClientLoad(profiles.WSP(), n, loadTenths)
	each := float64(heap()-before) / n
	runtime.KeepAlive(load)
	if each > 64 {
		t.Errorf("%.1f bytes a client, want at most 64", each)
	}
}

func TestReplicationsAreTheSameOnOneTwoAndEightWorkers(t *testing.T) {
	run := func(i int) string {
		c := newClientLoad(profiles.WSP(), 100, 20, uint64(i))
		var text strings.Builder
		c.WriteTrace(func(b []byte) { text.Write(b) })
		c.Run(2_000)
		hash, records := c.Hash()
		return fmt.Sprintf("%s%016x of %d", text.String(), hash, records)
	}
	want := Replicate(1, 8, run)
	if want[0] == want[1] {
		t.Error("two seeds give one run: the comparison says nothing")
	}
	for _, workers := range []int{2, 8} {
		if got := Replicate(workers, 8, run); !slices.Equal(got, want) {
			t.Errorf("%d workers do not give the bytes of one", workers)
		}
	}
}

func TestTheWorkIsDeterministic(t *testing.T) {
	r := &Result{Options: Options{Clients: 1_000}}
	m := meter{ctx: t.Context(), progress: &screen.Progress{}, result: r, scale: 1_000}
	for _, step := range m.steps() {
		step()
	}
	const want = uint64(0x15b2c321569b5da9) // since model 0.4.0
	if r.Hash != want {
		t.Errorf("the work has hash %#x, want %#x", r.Hash, want)
	}
	if blocked := r.Blocked.ratio(); blocked < 0.02 || blocked > 0.10 {
		t.Errorf("M/M/1/10 blocks %.4f of its customers, want about 0.0508", blocked)
	}
	if r.Differs() {
		t.Errorf("Cores = %+v: other results", r.Cores)
	}
}

func TestAnEndedContextStopsAMeasurement(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := Run(ctx, Options{}, &screen.Progress{})
	if !r.Interrupted || len(r.Events) > 0 {
		t.Errorf("Run after the end of its context: Interrupted = %v, Events = %v", r.Interrupted, r.Events)
	}
	if text := textOf(r); !strings.HasPrefix(text, "Interrupted; so far:\n") || strings.Contains(text, "NaN") {
		t.Errorf("Text() =\n%s", text)
	}
}

func textOf(r *Result) string {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	r.Text(w, screen.Style{})
	w.Flush()
	return b.String()
}

func TestAResultIsPrintedInColumns(t *testing.T) {
	r := &Result{
		Events:      []Point{{10, 25}, {1_000_000, 74.1}},
		Timers:      Point{1_000, 91.4},
		Queue:       Point{1, 84},
		Blocked:     Share{508, 10_000},
		Connections: []Connection{{"wsp", 593}, {"linux", 671}},
		Growth:      []Point{{1_000, 719.4}},
		Memory:      Memory{1_000_000, 52.6, 50 << 20},
		Cores:       []Core{{1, 1, true}, {2, 1.98, false}},
		Hash:        0xabc, Took: 20 * time.Second,
	}
	text := textOf(r)
	for _, want := range []string{
		"\n  waiting                         10   1,000,000\n  ns each                       25.0        74.1\n  events per second       40,000,000  13,500,000\n",
		"\n  a customer of M/M/1/10, with two draws of sim.Exponential: 84 ns; 0.0508 blocked (theory: 0.0508)\n",
		"\n  wsp                         593 ns    1,690,000 per second\n",
		"1,000,000 waiting clients, each with a timer: 53 bytes per client, 50 MiB in total\n",
		"\n  2 workers   1.98 times as fast, DIFFERENT RESULTS: this is a defect\n",
		"\n  hash   0000000000000abc of the work, the same on every machine\n  took   20s\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("Text() has no %q:\n%s", want, text)
		}
	}
	if !r.Differs() {
		t.Error("Differs() = false, with a worker whose results are others")
	}
}

func TestTheJSONOfAnInterruptedResultHasListsAndNoNulls(t *testing.T) {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	if err := (&Result{Interrupted: true}).JSON(w); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	var doc map[string]any
	if err := json.Unmarshal([]byte(b.String()), &doc); err != nil || doc["schema"] != Schema {
		t.Fatalf("JSON = %s, %v", b.String(), err)
	}
	for key, value := range doc {
		if value == nil {
			t.Errorf("%s is null", key)
		}
	}
}

func BenchmarkConnections(b *testing.B) {
	for _, c := range []struct {
		name    string
		profile netmodel.Profile
		written bool
	}{{"wsp", profiles.WSP(), false}, {"wsp-written", profiles.WSP(), true}, {"linux", profiles.Linux(), false}} {
		b.Run("profile="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			load := NewClientLoad(c.profile, loadSize, loadTenths)
			if c.written {
				load.WriteTrace(func([]byte) {})
			}
			load.Run(100_000)
			b.ResetTimer()
			load.Run(load.Offered + b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "conns/s")
		})
	}
}

func BenchmarkWaitingClients(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		before := heap()
		load := NewClientLoad(profiles.WSP(), n, loadTenths)
		b.ReportMetric(float64(heap()-before)/n, "B/client")
		runtime.KeepAlive(load)
	}
}
