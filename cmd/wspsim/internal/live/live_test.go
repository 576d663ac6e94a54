package live

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
	"wspsim/sim"
)

// shown returns what of a scenario a page needs.
func shown(s scenarios.Scenario) scenarios.Scenario {
	s.Lesson, s.Expect = "", nil
	return s
}

func TestEveryScenarioReadsBack(t *testing.T) {
	for _, s := range scenarios.All() {
		got, err := Decode(Encode(s))
		if err != nil || !reflect.DeepEqual(got, shown(s)) {
			t.Errorf("%s: Decode(Encode(s)) = %#v, %v\nwant %#v", s.Name, got, err, shown(s))
		}
	}
}

// full has a value in each field of a scenario and of what stands in it.
func full() scenarios.Scenario {
	var s scenarios.Scenario
	var fill func(v reflect.Value)
	n := int64(0)
	fill = func(v reflect.Value) {
		n++
		switch v.Kind() {
		case reflect.String:
			v.SetString(strings.Repeat("é", int(n%5)+1))
		case reflect.Int, reflect.Int64:
			v.SetInt(n * 1_000_003)
		case reflect.Uint8, reflect.Uint32:
			v.SetUint(uint64(n%200) + 1)
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem())
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(v.Index(0))
			fill(v.Index(1))
		case reflect.Struct:
			for i := range v.NumField() {
				fill(v.Field(i))
			}
		case reflect.Interface: // set below
		default:
			panic(v.Kind().String())
		}
	}
	fill(reflect.ValueOf(&s).Elem())
	s.Load.Times = []time.Duration{1, 5, 5}
	s.Steps = nil
	for i, do := range []scenarios.Action{
		new(scenarios.Bind), new(scenarios.Listen), new(scenarios.Accept), new(scenarios.CloseListener), new(scenarios.CloseAccepted), new(scenarios.OpenFiles),
		new(scenarios.CloseFiles), new(scenarios.Pause), new(scenarios.Request), new(scenarios.Flood), new(scenarios.CloseClient), new(scenarios.Send),
		new(scenarios.Shutdown), new(scenarios.CutLink), new(scenarios.SetFault), new(scenarios.Stall),
	} {
		v := reflect.ValueOf(do).Elem()
		fill(v)
		s.Steps = append(s.Steps, scenarios.Step{At: time.Duration(i), Do: v.Interface().(scenarios.Action)})
	}
	return s
}

func TestEveryFieldReadsBack(t *testing.T) {
	for _, d := range []sim.Dist{
		nil, sim.Fixed(7), sim.Uniform{Min: 1, Max: 9}, sim.Exponential{Mean: 5}, sim.Erlang{Shape: 3, Mean: 8}, sim.Pareto{Min: 2, AlphaMilli: 1500, Max: 90},
		sim.LogNormal{Median: 4, SigmaMilli: 700}, sim.MustEmpirical(3, 1, 2),
	} {
		s := full()
		s.Link.Jitter, s.Load.Every, s.Program.Service = d, d, d
		got, err := Decode(Encode(s))
		if err != nil || !reflect.DeepEqual(got, shown(s)) {
			t.Errorf("%#v: Decode(Encode(s)) = %#v, %v\nwant %#v", d, got, err, shown(s))
		}
	}
}

func TestHostileBytesAreAnError(t *testing.T) {
	good := Encode(full())
	for i := range good {
		if _, err := Decode(good[:i]); err == nil {
			t.Errorf("Decode of the first %d of %d bytes gives no error", i, len(good))
		}
	}
	if _, err := Decode(append(bytes.Clone(good), 0)); err == nil {
		t.Error("Decode of one byte too many gives no error")
	}
	r := rand.New(rand.NewPCG(1, 2))
	request := NewRequest(scenarios.All()[0], scenarios.Options{Profile: "linux"})
	for range 2_000 {
		b := bytes.Clone(good)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		_, _ = Decode(b) // it returns, and takes no more memory than the bytes are long
		q := bytes.Clone(request)
		q[r.IntN(len(q))] = byte(r.Uint32())
		if text, _ := Answer(q); strings.Contains(string(text), "defect") {
			t.Fatalf("Answer(%q) = %s", q, text)
		}
	}
}

func TestAnAnswerIsTheRunOfTheCommand(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    scenarios.Options
	}{
		{"burst", scenarios.Options{Profile: "windows", Seed: 1}},
		{"burst", scenarios.Options{Profile: "linux", Clients: "windows", Seed: 1<<64 - 1, Knobs: []scenarios.Setting{{Name: "backlog", Value: "5"}, {Name: "somaxconn", Value: "3"}}, Inputs: []string{"5ms:knock", "6ms:listen=2"}}},
		{"syn-flood-with-cookies", scenarios.Options{Profile: "linux", Seed: 3}},
	} {
		s, ok := scenarios.ByName(tt.name)
		if !ok {
			t.Fatal(tt.name)
		}
		text, ok := Answer(NewRequest(s, tt.o))
		if !ok {
			t.Errorf("%s: %s", tt.name, text)
			continue
		}
		res, err := scenarios.Run(s, tt.o)
		if err != nil {
			t.Fatal(err)
		}
		var run struct {
			Hash, Model, Seed string
			Records           [][]int64
			Figures           []struct {
				Name  string
				Value int64
			}
		}
		if err := json.Unmarshal(text, &run); err != nil {
			t.Fatal(err)
		}
		if run.Model != netmodel.ModelVersion || uint64(len(run.Records)) != res.Records || len(run.Figures) < 20 {
			t.Errorf("%s: the answer has model %s, %d records and %d figures; want %s, %d, 20 or more", tt.name, run.Model, len(run.Records), len(run.Figures), netmodel.ModelVersion, res.Records)
		}
	}
}

func TestAnAnswerSaysWhatIsWrong(t *testing.T) {
	s, _ := scenarios.ByName("burst")
	for _, tt := range []struct {
		o    scenarios.Options
		want string
	}{
		{scenarios.Options{Profile: "bsd"}, `unknown profile "bsd"`},
		{scenarios.Options{Knobs: []scenarios.Setting{{Name: "backlog", Value: "x"}}}, "not a whole number"},
		{scenarios.Options{Knobs: []scenarios.Setting{{Name: "clients", Value: "50000"}}}, "too large for a page"},
		{scenarios.Options{Knobs: []scenarios.Setting{{Name: "clients", Value: "15000"}, {Name: "every", Value: "1us"}}}, "too large for a page"},
		{scenarios.Options{Inputs: []string{"5ms:jump"}}, "no action"},
	} {
		if text, ok := Answer(NewRequest(s, tt.o)); ok || !strings.Contains(string(text), tt.want) {
			t.Errorf("Answer(%+v) = %.200s, %v; want an error with %s", tt.o, text, ok, tt.want)
		}
	}
	for _, r := range []Request{nil, {1}, {255, 255, 255, 255, 0}, append(NewRequest(s, scenarios.Options{}), "what 1\n"...), append(NewRequest(s, scenarios.Options{}), "seed -1\n"...)} {
		if text, ok := Answer(r); ok {
			t.Errorf("Answer(%.20q) = %.50s, want an error", r, text)
		}
	}
}

func TestAnAnswerUnderEveryProfileIsJSON(t *testing.T) {
	s, _ := scenarios.ByName("overflow")
	for _, p := range profiles.All() {
		if text, ok := Answer(NewRequest(s, scenarios.Options{Profile: p.Name})); !ok || !json.Valid(text) {
			t.Errorf("%s: %.100s, want JSON", p.Name, text)
		}
	}
}
