package measured

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wspsim/netmodel"
	"wspsim/sim"
)

// trialsOf reads a file of measurements.
func trialsOf(t *testing.T, file string) []Trial {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "testdata", "truth", file))
	if err != nil {
		t.Fatal(err)
	}
	trials, err := Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("Read(%s): %v", file, err)
	}
	return trials
}

// differencesOf counts the fields that differ, by name and cause.
func differencesOf(s Tally) map[[2]string]int {
	n := map[[2]string]int{}
	for _, d := range s.Differences {
		n[[2]string{d.Field, d.Cause}] += d.Times
	}
	return n
}

func TestWhatWaitsHappensWhenAndInTheOrderInWhichItWasMeasured(t *testing.T) {
	for _, row := range []struct {
		file   string
		fields int
		differ map[[2]string]int
		why    string
	}{
		{"L03_drain.jsonl", 2792, map[[2]string]int{{"q_end recvq", askedMeanwhile}: 1},
			"one run asked for the queue in the instant in which a batch got in"},
		{"L10_syn_schedule.jsonl", 1413, map[[2]string]int{},
			"every SYN and every ETIMEDOUT is where the wheel puts it"},
		{"L15_synack_schedule.jsonl", 90, map[[2]string]int{},
			"every SYN-ACK, the end of the request, and the RST to a late write"},
		{"L17_defer_accept.jsonl", 522, map[[2]string]int{},
			"deferred connections are asked again, or left alone, when they were"},
		{"L19_retx_order.jsonl", 2034, map[[2]string]int{{"order_by_round", secondWheel}: 6},
			"two runs had clients on two processors, whose wheels the model does not tell apart"},
	} {
		t.Run(row.file, func(t *testing.T) {
			var all []*Comparison
			trials := trialsOf(t, row.file)
			for i := range trials {
				c, err := trials[i].Replay()
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, c)
			}
			s := Sum(all)
			if s.Fields != row.fields {
				t.Errorf("replay of %s compares %d fields: want %d (%s)", row.file, s.Fields, row.fields, row.why)
			}
			if diff := cmp.Diff(row.differ, differencesOf(s)); diff != "" {
				t.Errorf("replay of %s: fields that differ (-want +got):\n%s%s\n%+v", row.file, diff, row.why, s.Differences)
			}
		})
	}
}

// changed returns a trial with a part of its line replaced.
func changed(t *testing.T, trial *Trial, old, by string) *Trial {
	t.Helper()
	if strings.Count(string(trial.Line), old) == 0 {
		t.Fatalf("line %d does not have %s: want a part of it", trial.Number, old)
	}
	line := strings.Replace(string(trial.Line), old, by, 1)
	out := Trial{Number: trial.Number, Line: []byte(line)}
	if err := json.Unmarshal(out.Line, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestAMeasurementThatSaidSomethingElseWouldDiffer(t *testing.T) {
	for _, row := range []struct {
		file    string
		line    int
		old, by string
		field   string
		why     string
	}{
		{"L03_drain.jsonl", 22, `"client":10,"q_after":4`, `"client":14,"q_after":4`, "accepts client", "who was accepted counts"},
		{"L03_drain.jsonl", 22, `"client":15,"q_after":5`, `"client":15,"q_after":4`, "accepts q_after", "how many were left counts"},
		{"L03_drain.jsonl", 22, `"synack_ms":[1004,2031.9]`, `"synack_ms":[1004,2041.9]`, "synack_ms", "10 ms are more than the tolerance"},
		{"L03_drain.jsonl", 22, `"synack_ms":[1004,2031.9]`, `"synack_ms":[1004]`, "synack_ms times", "a SYN-ACK more counts"},
		{"L03_drain.jsonl", 16, `"queue_contents_end":[4,5,10`, `"queue_contents_end":[4,10,5`, "queue_contents_end", "the order in the queue counts"},
		{"L03_drain.jsonl", 16, `"ListenDrops":56`, `"ListenDrops":57`, "stat ListenDrops", "counters are exact"},
		{"L10_syn_schedule.jsonl", 34, `"res":"ETIMEDOUT"`, `"res":"ECONNREFUSED"`, "res", "how connect failed counts"},
		{"L15_synack_schedule.jsonl", 1, `"request_gone_ms":3223.6`, `"request_gone_ms":2900`, "request_gone_ms", "nobody sees it gone before it is"},
		{"L15_synack_schedule.jsonl", 1, `"request_gone_ms":3223.6`, `"request_gone_ms":4223.6`, "request_gone_ms", "a second late is too late"},
		{"L15_synack_schedule.jsonl", 1, `"read_then":"ECONNRESET"`, `"read_then":"EOF"`, "read_then", "what the client reads counts"},
		{"L17_defer_accept.jsonl", 1, `"after_one_sent":{"q":4`, `"after_one_sent":{"q":5`, "after_one_sent q", "data joins no full queue"},
		{"L17_defer_accept.jsonl", 4, `"defer_s":5`, `"defer_s":1`, "synack_ms times", "another time of TCP_DEFER_ACCEPT is another wire"},
		{"L19_retx_order.jsonl", 2, `[18,17,16,`, `[16,17,18,`, "order_by_round", "three the other way round are no two wheels"},
	} {
		trials := trialsOf(t, row.file)
		c, err := changed(t, &trials[row.line-1], row.old, row.by).Replay()
		if err != nil {
			t.Errorf("replay of %s line %d with %s: %v", row.file, row.line, row.by, err)
			continue
		}
		found := false
		for _, f := range c.Fields {
			found = found || f.Name == row.field && !f.Agrees && f.Cause == ""
		}
		if !found {
			t.Errorf("replay of %s line %d with %s: field %q agrees, or has a cause: want it to differ without one: %s", row.file, row.line, row.by, row.field, row.why)
		}
	}
}

func TestReplaysOfWaitsRefuseWhatTheyDoNotUnderstand(t *testing.T) {
	for _, row := range []struct {
		file, old, by, want, why string
	}{
		{"L10_syn_schedule.jsonl", `"how":"full_queue"`, `"how":"unplugged"`, `how "unplugged" is not known`, "who ignores the SYNs decides the counters"},
		{"L03_drain.jsonl", `"waiting":40`, `"waiting":41`, "40 waiting_clients: want 41", "a client that is missing would be missing in the counters"},
		{"L19_retx_order.jsonl", `"clients":20`, `"clients":19`, "want each of 0 to 18", "a client that did not begin sends nothing"},
		{"L19_retx_order.jsonl", `"t_us_by_round":[[`, `"t_us_by_round":[[0,`, "round 0: 21 instants and 20 clients", "an instant without a client says nothing"},
	} {
		trials := trialsOf(t, row.file)
		_, err := changed(t, &trials[0], row.old, row.by).Replay()
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("replay of %s with %s: %v; want an error with %q: %s", row.file, row.by, err, row.want, row.why)
		}
	}
}

func TestPhaseExplainsWhatRangWithAnyPhase(t *testing.T) {
	const s, tolerance = time.Second, 6 * time.Millisecond
	for _, row := range []struct {
		waits []time.Duration
		why   string
	}{
		{[]time.Duration{s, s, s, s, s, 2 * s}, "slots of 8 ticks"},
		{[]time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s}, "slots of 64 ticks"},
		{[]time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s}, "slots of 512 ticks"},
		{[]time.Duration{30 * time.Millisecond}, "slots of one tick"},
	} {
		for _, hz := range []int{100, 250, 300, 1000} {
			for phase := time.Duration(0); phase < 5*s; phase += 1373*time.Millisecond + 717*time.Microsecond {
				timers := netmodel.Timers{Wheel: true, HZ: hz, Phase: phase}
				seen := ringing(timers, row.waits)
				timers.Phase = Phase(timers, seen, tolerance)
				for i, c := range ringing(timers, row.waits) {
					for k, at := range c.Rang {
						if off := (at - seen[i].Rang[k]).Abs(); off > tolerance {
							t.Fatalf("Phase of what rang with phase %v at %d Hz = %v: ring %d of chain %d is at %v: want %v (%s)", phase, hz, timers.Phase, k, i, at, seen[i].Rang[k], row.why)
						}
					}
				}
			}
		}
	}
}

// ringing returns what is seen of timers that are set 7 ms apart.
func ringing(timers netmodel.Timers, waits []time.Duration) []Chain {
	var out []Chain
	for i := range 12 {
		c := Chain{Set: time.Duration(i) * 7 * time.Millisecond, Waits: waits}
		at := sim.Time(c.Set)
		for _, d := range waits {
			at = timers.Ring(at, d)
			c.Rang = append(c.Rang, time.Duration(at))
		}
		out = append(out, c)
	}
	return out
}

// A SYN at 0.3 ms was sent again when the wheel of a kernel with 250 ticks a second
// came round. The phase says when it would have been sent again if it had gone out
// 20 ms later: in the slot after that.
func ExamplePhase() {
	timers := netmodel.Timers{Wheel: true, HZ: 250}
	timers.Phase = Phase(timers, []Chain{{
		Set:   300 * time.Microsecond,
		Waits: []time.Duration{time.Second, time.Second, 2 * time.Second},
		Rang:  []time.Duration{1008 * time.Millisecond, 2032 * time.Millisecond, 4048 * time.Millisecond},
	}}, 6*time.Millisecond)
	fmt.Println(timers.Ring(sim.Time(20300*time.Microsecond), time.Second).Sub(0).Round(time.Millisecond))
	// Output: 1.04s
}

func TestPhaseIsLeftAloneWhereNothingDependsOnIt(t *testing.T) {
	exact := netmodel.Timers{Phase: 3}
	if got := Phase(exact, []Chain{{Waits: []time.Duration{1}, Rang: []time.Duration{9}}}, 1); got != 3 {
		t.Errorf("Phase of exact timers = %v: want the one they had, %v", got, exact.Phase)
	}
	wheel := netmodel.Timers{Wheel: true, HZ: 250, Phase: 5}
	if got := Phase(wheel, nil, 1); got != 5 {
		t.Errorf("Phase of timers nobody saw = %v: want the one they had, %v", got, wheel.Phase)
	}
}

func TestTwoWheelsExplainOnlyWhatTwoCanDo(t *testing.T) {
	for _, row := range []struct {
		slots [][]int // of clients that one wheel would let ring 0, 1, 2, 3
		want  bool
		why   string
	}{
		{[][]int{{0, 1, 2, 3}}, true, "one wheel is enough"},
		{[][]int{{2, 0, 3, 1}}, true, "0 and 1 are on one wheel, 2 and 3 on the other"},
		{[][]int{{2, 1, 0, 3}}, false, "three the other way round need three wheels"},
		{[][]int{{1, 0, 2, 3}, {0, 2, 1, 3}, {2, 0, 1, 3}}, false, "no client changes its wheel between rounds"},
		{[][]int{{0, 1, 2}}, false, "a client in another slot is not a matter of wheels"},
		{[][]int{{0, 1, 2, 4}}, false, "neither is one that is not known"},
	} {
		a := newApart(5)
		for _, slot := range row.slots {
			a.note(slot, []int{0, 1, 2, 3})
		}
		if got := a.inTwo(); got != row.want {
			t.Errorf("inTwo of %v = %v: want %v: %s", row.slots, got, row.want, row.why)
		}
	}
}
