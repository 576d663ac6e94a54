package tracefile_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/report"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/netmodel"
	"wspsim/scenarios"
)

// lines returns the JSON lines of a run, and its hash.
func lines(t *testing.T, p play.Play) (text []byte, hash uint64) {
	t.Helper()
	if p.Scenario.Name == "" {
		p.Scenario, _ = scenarios.ByName("overflow")
	}
	if p.Profile == "" {
		p.Profile = p.Scenario.Profiles[0]
	}
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	l := report.NewLines(out)
	done, err := p.Run(context.Background(), play.Watch{Record: l.Record})
	if err == nil {
		err = l.End(&p, done)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), done.Hash
}

// again writes a file and plays its run again. It returns the hash, and how many records the
// caller has seen.
func again(t *testing.T, text []byte) (hash uint64, seen int, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, done, err := tracefile.Again(context.Background(), file, "", play.Watch{Record: func(*netmodel.Network, netmodel.Record) { seen++ }})
	if err != nil {
		return 0, seen, errors.New(strings.TrimPrefix(err.Error(), filepath.Dir(file)+string(filepath.Separator)))
	}
	return done.Hash, seen, nil
}

func TestEveryRunPlaysAgainFromItsJSONLines(t *testing.T) {
	for _, s := range scenarios.All() {
		if s.Name == "impatient" {
			continue // long
		}
		for _, profile := range s.Profiles {
			text, want := lines(t, play.Play{Scenario: s, Profile: profile, Seed: 1<<64 - 1})
			if got, seen, err := again(t, text); err != nil || got != want || seen != bytes.Count(text, []byte("\n"))-1 {
				t.Errorf("%s on %s: Again = %016x after %d records, %v, want %016x after each", s.Name, profile, got, seen, err, want)
			}
		}
	}
	burst, _ := scenarios.ByName("burst")
	turned := play.Play{Scenario: burst, Profile: "linux", Clients: "windows", Seed: 3, Knobs: []scenarios.Setting{
		{Name: "backlog", Value: "4"}, {Name: "latency", Value: "2.5ms"}, {Name: "somaxconn", Value: "3"}, {Name: "tcp_syncookies", Value: "0"},
	}}
	text, want := lines(t, turned)
	for _, form := range [][]byte{text, record(t, turned), bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), bytes.TrimSuffix(text, []byte("\n"))} {
		if got, _, err := again(t, form); err != nil || got != want {
			t.Errorf("knobs, settings of the kernel, other clients: Again(%.30q) = %016x, %v, want %016x", form, got, err, want)
		}
	}
}

func TestNoPartOfATraceIsTakenForTheWhole(t *testing.T) {
	text, _ := lines(t, play.Play{})
	for _, form := range [][]byte{text[:len(text)-1], record(t, play.Play{})} {
		for n := 0; n < len(form); n += 11 {
			if _, _, err := again(t, form[:n]); err == nil || !strings.HasPrefix(err.Error(), "x:") {
				t.Fatalf("the first %d of %d bytes: Again = %v, want an error with the line", n, len(form), err)
			}
		}
	}
}

func TestATraceThatIsNotTrueIsRefusedWithItsLine(t *testing.T) {
	whole, _ := lines(t, play.Play{})
	end := strings.Count(string(whole), "\n")
	last := fmt.Sprintf("x:%d:", end)
	for _, test := range []struct{ why, old, new, want string }{
		{"a record that was changed", `"request_refused","host":"server","client":"c"`, `"request_refused","host":"server","client":"a"`, "x:11:76: the trace has `"},
		{"the clock of a record", `"at_ns":3000000`, `"at_ns":3000001`, "the trace has `"},
		{"a record too many", "\n" + `{"n":2,`, "\n" + `{"n":1}` + "\n" + `{"n":2,`, "x:2:"},
		{"another version of the model", `"model":"` + netmodel.ModelVersion, `"model":"0.0.9`, last + `1: the trace is of model "0.0.9"; this wspsim has model ` + netmodel.ModelVersion},
		{"another schema", report.Schema, "wspsim.run/v9", last + `1: the schema is "wspsim.run/v9"; this wspsim reads ` + report.Schema},
		{"another hash", `"hash":"`, `"hash":"0`, last + `1: the hash is "0`},
		{"an unknown scenario", `"scenario":"overflow"`, `"scenario":"overflo"`, last + `1: unknown scenario "overflo"; nearest: overflow`},
		{"an unknown profile", `"profile":"wsp"`, `"profile":"<script>"`, last + `1: unknown profile "<script>"`},
		{"a huge name", `"profile":"wsp"`, `"profile":"` + strings.Repeat("w", 1e6) + `"`, last + "1: a text of 1000000 bytes"},
		{"a knob out of range", `"backlog":2`, `"backlog":2e999`, last + "1: knob backlog"},
		{"a knob that is a list", `"backlog":2`, `"backlog":[[[2]]]`, last + `1: the knob "backlog" is "[[[2]]]": want a number or a text`},
		{"a knob of another scenario", `"knobs":{`, `"knobs":{"colour":1,`, `has no knob "colour"`},
		{"a seed below zero", `"seed":0,`, `"seed":-1,`, `the key "Seed" has a number -1`},
		{"arrivals without a hash", `"seed":0,`, `"arrivals":{"file":"a"},"seed":0,`, last + "1: the hash of the arrivals"},
		{"arrivals that are no file", `"seed":0,`, `"arrivals":{"file":"/no/such","hash":"1"},"seed":0,`, "has no load whose arrivals could be replaced"},
		{"two objects in a line", `{"kind":"summary"`, `{}{"kind":"summary"`, last + "3: there is text after the end of the object"},
		{"a deep document", `{"kind":"summary"`, strings.Repeat("[", 100_000) + `{"kind":"summary"`, last},
		{"a page", string(whole[:1]), "<!DOCTYPE html>{", "x:1:1: this is a page: open it in a browser"},
		{"another view", string(whole[:1]), "at_ns,{", "x:1:1: want a trace, as run --trace FILE.trace or FILE.jsonl writes it"},
	} {
		text := strings.Replace(string(whole), test.old, test.new, 1)
		if text == string(whole) {
			t.Fatalf("%s: the trace has no %q", test.why, test.old)
		}
		if _, _, err := again(t, []byte(text)); err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 500 {
			t.Errorf("%s: Again = %.600v, want %s", test.why, err, test.want)
		}
	}
	old := unsealed(record(t, play.Play{}))
	old[1] = "model 0.0.9"
	if _, _, err := again(t, []byte(sealed(old...))); err == nil || !strings.HasPrefix(err.Error(), `x:2:1: the trace is of model "0.0.9"; `) {
		t.Errorf("a trace of another version of the model: Again = %v", err)
	}
	longer := append(unsealed(record(t, play.Play{})), "")
	end = len(longer) - 2
	longer[end], longer[end+1] = "one record more", strings.Replace(longer[end], fmt.Sprint(counted(t, longer[:end+1])), fmt.Sprint(counted(t, longer[:end+1])+1), 1)
	if _, _, err := again(t, []byte(sealed(longer...))); err == nil || !strings.Contains(err.Error(), "the trace has `one record more`, the run has `end of ") {
		t.Errorf("a trace with a record too many: Again = %v", err)
	}
}
