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
		{"nobody in a burst", `{"exp":"burst","os":"linux","params":{"backlog":1},"observed":{"clients":[]}}`, "observed.clients has no entries: want 1 to 256"},
		{"nobody who defers", `{"exp":"defer","os":"linux","params":{"backlog":1,"defer_s":1},"observed":{"wire":[]}}`, "observed.wire has no entries: want 1 to 256"},
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
