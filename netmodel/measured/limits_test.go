package measured

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// samplesOfAllKinds returns the shortest measurement of testdata/truth for each kind of
// experiment, by the name of the kind.
func samplesOfAllKinds(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../testdata/truth/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in testdata/truth, %v", len(files), err)
	}
	shortest := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			trials, err := Read(strings.NewReader(line))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			r, ok := trials[0].kind()
			if !ok {
				t.Fatalf("%s: no kind for %s", file, line)
			}
			if kind := r.String(); shortest[kind] == "" || len(line) < len(shortest[kind]) {
				shortest[kind] = line
			}
		}
	}
	shortest["openloop on linux"] = cutLists(t, shortest["openloop on linux"])
	if len(shortest) != len(kinds()) {
		t.Fatalf("%d kinds in testdata/truth, want all %d", len(shortest), len(kinds()))
	}
	return shortest
}

// cutLists returns a line with no more than 300 entries in a list of what was observed.
func cutLists(t testing.TB, line string) string {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal([]byte(line), &whole); err != nil {
		t.Fatal(err)
	}
	observed := whole["observed"].(map[string]any)
	for key, v := range observed {
		if list, ok := v.([]any); ok {
			observed[key] = list[:min(len(list), 300)]
		}
	}
	out, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// place is a value in a line, by the keys and indices that lead to it.
type place []any

func (p place) String() string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint([]any(p)), "[]"), " ", ".")
}

// places returns every value of a line once; of a list only the first entry, of
// counters and settings the first two.
func places(v any, at place) []place {
	var out []place
	if len(at) > 0 {
		out = append(out, at)
	}
	switch v := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		if len(at) > 0 && (at[len(at)-1] == "stat" || at[len(at)-1] == "sysctl") {
			keys = keys[:min(len(keys), 2)]
		}
		for _, key := range keys {
			out = append(out, places(v[key], append(slices.Clone(at), key))...)
		}
	case []any:
		if len(v) > 0 {
			out = append(out, places(v[0], append(slices.Clone(at), 0))...)
		}
	}
	return out
}

// missing is in the place of a value that is taken out.
type missing struct{}

// in returns a line with another value in a place.
func (p place) in(t *testing.T, line string, value any) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	var whole any
	if err := d.Decode(&whole); err != nil {
		t.Fatal(err)
	}
	inner := whole
	for _, step := range p[:len(p)-1] {
		switch s := step.(type) {
		case string:
			inner = inner.(map[string]any)[s]
		case int:
			inner = inner.([]any)[s]
		}
	}
	switch last := p[len(p)-1].(type) {
	case string:
		inner.(map[string]any)[last] = value
		if value == (missing{}) {
			delete(inner.(map[string]any), last)
		}
	case int:
		inner.([]any)[last] = value
		if value == (missing{}) {
			inner.([]any)[last] = map[string]any{}
		}
	}
	out, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Limits of a replay in a test: bytes that it allocates, which follow from the
// operations that it performs, whatever the machine.
const mostAllocated = 1 << 30

// replayOrError plays a line and returns an error, nil for a result. It fails the
// test on a panic and on a play that is not bounded.
func replayOrError(t testing.TB, line string) (err error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	defer func() {
		if p := recover(); p != nil {
			stack := make([]byte, 4<<10)
			t.Errorf("panic: %v\n%.3000s\n%s", p, line, stack[:runtime.Stack(stack, false)])
			return
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > mostAllocated {
			t.Errorf("allocates %d MB, want at most %d MB\n%.3000s", n>>20, mostAllocated>>20, line)
		}
	}()
	trials, err := Read(strings.NewReader(line))
	if err != nil {
		return err
	}
	for i := range trials {
		c, err := trials[i].Replay()
		if err != nil {
			return err
		}
		if c == nil {
			t.Errorf("neither a result nor an error\n%.3000s", line)
		}
	}
	return nil
}

func TestEveryValueOfEveryExperimentMayBeWrong(t *testing.T) {
	values := []struct {
		why   string
		value any
	}{
		{"negative", -1}, {"zero", 0}, {"one", 1}, {"huge", json.Number("10000000000")}, {"beyond any number", json.Number("1e999")},
		{"a fraction", json.Number("0.5")}, {"empty list", []any{}}, {"empty object", map[string]any{}}, {"wrong type", "word"}, {"null", nil}, {"missing", missing{}},
		{"list of null", []any{nil}},
	}
	for kind, line := range samplesOfAllKinds(t) {
		t.Run(kind, func(t *testing.T) {
			var whole any
			if err := json.Unmarshal([]byte(line), &whole); err != nil {
				t.Fatal(err)
			}
			for _, p := range places(whole, nil) {
				for _, v := range values {
					changed := p.in(t, line, v.value)
					err := replayOrError(t, changed)
					if t.Failed() {
						t.Fatalf("%v is %s", p, v.why)
					}
					if err != nil && strings.Contains(err.Error(), "runtime error") {
						t.Errorf("%v is %s: the error is that of a crash: %v", p, v.why, err)
					}
				}
			}
		})
	}
}

// The largest values that are allowed can be played.
func TestTheLargestValuesThatAreAllowedArePlayedInBounds(t *testing.T) {
	for kind, line := range samplesOfAllKinds(t) {
		var whole any
		if err := json.Unmarshal([]byte(line), &whole); err != nil {
			t.Fatal(err)
		}
		for _, p := range places(whole, nil) {
			key, _ := p[len(p)-1].(string)
			allowed, named := limitFor(numberLimits(), kind, key)
			if !named {
				continue
			}
			for _, most := range []float64{allowed.most, allowed.least} {
				replayOrError(t, p.in(t, line, json.Number(plainNumber(most))))
				if t.Failed() {
					t.Fatalf("%s: %v is %s", kind, p, plainNumber(most))
				}
			}
		}
	}
}

func TestAValueOutOfItsLimitsIsNamedWithItsRange(t *testing.T) {
	const head = `{"exp":"retx_order","os":"linux","version":"6.18.44",`
	for _, c := range []struct{ why, line, want string }{
		{"more clients than memory", head + `"params":{"clients":10000000000},"observed":{"order_by_round":[],"t_us_by_round":[]}}`,
			"params.clients is 10000000000: want a whole number from 0 to 256"},
		{"a negative one", head + `"params":{"clients":-1},"observed":{}}`, "params.clients is -1: want a whole number from 0 to 256"},
		{"a fraction", head + `"params":{"clients":1.5},"observed":{}}`, "params.clients is 1.5: want a whole number from 0 to 256"},
		{"beyond a float", head + `"params":{"clients":1e999},"observed":{}}`, "params.clients is 1e999: want a whole number from 0 to 256"},
		{"no value", head + `"params":{"clients":null},"observed":{}}`, "params.clients is null: want a whole number from 0 to 256"},
		{"a word", head + `"params":{"clients":"NaN"},"observed":{}}`, `"clients" is string: want int`},
		{"an instant after an hour", head + `"params":{"clients":1},"observed":{"order_by_round":[[0]],"t_us_by_round":[[1e10]]}}`,
			"observed.t_us_by_round[0][0] is 1e10: want a number from 0 to 3600000000"},
		{"more rounds than a system makes", head + `"params":{},"observed":{"order_by_round":[` + strings.Repeat("[],", 300) + `[]]}}`,
			"observed.order_by_round has 301 entries: want 0 to 256"},
		{"a long word", head + `"params":{"clients":"` + strings.Repeat("x", 2000) + `"},"observed":{}}`, "params.clients has 2000 bytes: want at most 1024"},
		{"a key in other letters", head + `"params":{"CLIENTS":10000000000},"observed":{}}`, `params.CLIENTS is not a key of retx_order on linux: want clients, gap_us`},
		{"a key in odd letters", head + `"params":{"clientſ":10000000000},"observed":{}}`, `params.clientſ is not a key of retx_order on linux: want clients, gap_us`},
		{"a key twice", head + `"params":{"clients":10000000000,"clients":1},"observed":{}}`, "params.clients stands there twice: want each key once"},
		{"an object twice", head + `"params":{"clients":10000000000},"observed":{},"params":{}}`, "params stands there twice: want each key once"},
		{"an empty list in a burst", `{"exp":"burst","os":"linux","params":{"backlog":1},"observed":{"clients":[]}}`, "observed.clients has no entries: want 1 to 256"},
		{"an empty list of deferred clients", `{"exp":"defer","os":"linux","params":{"backlog":1,"defer_s":1},"observed":{"wire":[]}}`, "observed.wire has no entries: want 1 to 256"},
		{"more clients than sockets", `{"exp":"unixsock","os":"linux","params":{"backlog":-1},"observed":{},"sysctl":{"net.core.somaxconn":1048576}}`,
			"more than 8192 clients connect one by one: want a smaller backlog or somaxconn"},
		{"more clients than sockets that fill a queue", `{"exp":"client_gone","os":"linux","params":{"backlog":-1,"how":"all_rst"},"observed":{},"sysctl":{"net.core.somaxconn":1048576}}`,
			"more than 8192 clients connect one by one: want a smaller backlog or somaxconn"},
		{"no parameters", head + `"params":null,"observed":{}}`, `there is no "params" or no "observed"`},
	} {
		exp, _, _ := strings.Cut(strings.TrimPrefix(c.line, `{"exp":"`), `"`)
		want := "line 1: experiment " + exp + ": " + c.want
		if err := replayOrError(t, c.line); err == nil || err.Error() != want {
			t.Errorf("%s: Replay: got %v, want %s", c.why, err, want)
		}
	}
}

func TestNamesThatAreTooLongAreAnError(t *testing.T) {
	for _, key := range []string{"exp", "os", "version"} {
		line := fmt.Sprintf(`{"exp":"x","os":"x",%q:%q}`, key, strings.Repeat("x", 2000))
		want := "line 1: " + key + " has 2000 bytes: want at most 1024"
		if err := replayOrError(t, line); err == nil || err.Error() != want {
			t.Errorf("a long %s: got %v, want %s", key, err, want)
		}
	}
}

// Every limit belongs to a key that a measurement has, and holds for all of them.
func TestTheLimitsAreAboutWhatIsMeasured(t *testing.T) {
	keys := map[string]bool{}
	var all []byte
	files, _ := filepath.Glob("../../testdata/truth/*.jsonl")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	for _, key := range slices.Concat(slices.Collect(maps.Keys(numberLimits())), slices.Collect(maps.Keys(listLimits()))) {
		name := key[strings.LastIndexByte(key, '/')+1:]
		keys[key] = bytes.Contains(all, []byte(strconv.Quote(name)+":"))
		if !keys[key] && name != "TCP_SYNCNT" { // in no file; the README of testdata/truth has it
			t.Errorf("%q has a limit and is in no measurement", key)
		}
	}
}

// FuzzMeasurement plays lines of any content: an error or a result, in bounds.
func FuzzMeasurement(f *testing.F) {
	for _, line := range samplesOfAllKinds(f) {
		if len(line) < 20_000 {
			f.Add(line)
		}
	}
	f.Add(`{"exp":"retx_order","os":"linux","version":"6.18.44","params":{"clients":10000000000},"observed":{"order_by_round":[],"t_us_by_round":[]}}`)
	f.Add(`{"exp":"retx_order","os":"linux","params":{"CLIENTS":10000000000},"observed":{}}`)
	f.Fuzz(func(t *testing.T, line string) {
		_ = replayOrError(t, line)
	})
}

// repeated returns a JSON list of n entries, each of which is made from its number.
func repeated(n int, entry func(i int) string) string {
	var parts []string
	for i := range n {
		parts = append(parts, entry(i))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func TestLongSeveralLargeValuesTogetherArePlayedInBounds(t *testing.T) {
	if os.Getenv("WSPSIM_LONG") != "1" {
		t.Skip("takes a while: set WSPSIM_LONG=1")
	}
	const linux = `"os":"linux","version":"6.18.44","sysctl":{"net.core.somaxconn":1048576,"net.ipv4.tcp_max_syn_backlog":1048576,"net.ipv4.tcp_syn_retries":30,"net.ipv4.tcp_synack_retries":30},`
	sends := repeated(maxSends, func(i int) string { return fmt.Sprint(i * 20_000) })
	burst := repeated(maxListed, func(i int) string {
		return fmt.Sprintf(`{"i":%d,"syn_ms":%s,"synack_ms":%s,"data_ms":%s}`, i, sends, sends, sends)
	})
	samples := repeated(maxListed, func(i int) string { return fmt.Sprintf(`{"t_ms":%d,"clients":{"ESTABLISHED":%d}}`, i*10_000, i) })
	instants := repeated(maxListed, func(i int) string { return fmt.Sprintf(`{"t_ms":%d}`, i*10_000) })
	wire := strings.ReplaceAll(burst, `"syn_ms"`, `"ack_ms"`)
	waiting := repeated(maxListed, func(i int) string {
		return fmt.Sprintf(`{"i":%d,"connect_ms":%d,"syn_ms":%s,"synack_ms":%s}`, i, i, sends, sends)
	})
	for _, c := range []struct{ why, line string }{
		{"a queue of 20 bits, and as many descriptors", `{"exp":"emfile",` + linux + `"params":{"backlog":2147483647},"observed":{"q_before":256,"arrivals_while_exhausted":{"fired":512}}}`},
		{"a queue of 20 bits that is filled eight times", `{"exp":"relisten",` + linux + `"params":{"backlog":2147483647,"backlog2":1,"waiting":256},"observed":{}}`},
		{"AF_UNIX with a queue of 20 bits", `{"exp":"unixsock",` + linux + `"params":{"backlog":-1},"observed":{}}`},
		{"a burst of many that is watched for an hour", `{"exp":"burst",` + linux + `"params":{"backlog":2147483647,"clients":256,"owd_ms":1000,"watch_ms":3600000,"accept_at_ms":3600000,"send":1},"observed":{"clients":` + burst + `,"samples":` + samples + `}}`},
		{"phantoms that are watched for an hour", `{"exp":"phantom",` + linux + `"params":{"backlog":2147483647,"half":256,"send":1,"watch_ms":3600000},"observed":{"acks_allowed_at_ms":3600000,"samples":` + samples + `,"wire":` + wire + `}}`},
		{"many who wait", `{"exp":"drain",` + linux + `"params":{"backlog":5,"waiting":256,"watch_ms":3600000},"observed":{"waiting_clients":` + waiting + `,"accepts":` + instants + `}}`},
		{"many who defer", `{"exp":"defer",` + linux + `"params":{"backlog":5,"defer_s":3600},"observed":{"wire":` + waiting + `,"samples":` + instants + `}}`},
		{"many schedules", `{"exp":"syn_schedule",` + linux + `"params":{"clients":256,"how":"nft_drop"},"observed":{"clients":` + waiting + `}}`},
		{"many rounds", `{"exp":"retx_order",` + linux + `"params":{"clients":256},"observed":{"order_by_round":` +
			repeated(128, func(int) string { return repeated(maxListed, func(i int) string { return fmt.Sprint(i) }) }) + `,"t_us_by_round":` +
			repeated(128, func(k int) string {
				return repeated(maxListed, func(i int) string { return fmt.Sprint(k*1_000_000 + i) })
			}) + `}}`},
		{"an open loop whose ACKs all find the queue full", `{"exp":"openloop",` + linux + `"params":{"backlog":0},"observed":{"events_us":` +
			repeated(maxEvents, func(i int) string {
				return fmt.Sprintf(`[%d,"%c",%d]`, i*100, "SsAD"[i/(maxEvents/4)], i%(maxEvents/4))
			}) + `}}`},
		{"dials that all get in", `{"exp":"drain3","os":"go-net-linux","params":{"somaxconn":1048576,"listen_arg_seen_by_strace":2147483647,"dials":512},"observed":{"accept_at_ms":3600000,"got_in":` +
			repeated(maxListed, func(i int) string { return fmt.Sprintf("[%d,%d]", i%goDialers, 1000+i) }) + `}}`},
		{"a burst at netstack", `{"exp":"fill","os":"gvisor","params":{"backlog":200},"observed":{"fired":512,"order":` + repeated(512, func(i int) string { return fmt.Sprint(i) }) + `}}`},
		{"gaps of an hour", `{"exp":"fill","os":"gvisor","params":{"backlog":200,"gap_ms":3600000,"owd_ms":1000},"observed":{"fired":512,"order":[]}}`},
	} {
		if !json.Valid([]byte(c.line)) {
			t.Fatalf("%s: the line is no JSON: %.200s", c.why, c.line)
		}
		err := replayOrError(t, c.line)
		if t.Failed() {
			t.Fatal(c.why)
		}
		if err != nil && (strings.Contains(err.Error(), "sysctl") || strings.Contains(err.Error(), "is not a key")) {
			t.Errorf("%s: Replay stops before it plays anything: %v", c.why, err)
		}
		t.Logf("%s: %.150v", c.why, err)
	}
}
