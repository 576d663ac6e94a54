package measured

import (
	"strings"
	"testing"
)

func TestValuesThatNoExperimentCanHaveAreAnErrorThatNamesTheLine(t *testing.T) {
	const settings = `"sysctl":{"net.core.somaxconn":4096}`
	for _, c := range []struct{ why, line, want string }{
		{"more clients than the model has room for",
			`{"exp":"syn_queue","os":"linux","params":{"backlog":0,"fire":1000000000000},"observed":{},` + settings + `}`,
			"line 2: experiment syn_queue: 1000000000000 clients: want 0 to 131072"},
		{"fewer than none",
			`{"exp":"syn_queue","os":"linux","params":{"backlog":0,"fire":-1},"observed":{},` + settings + `}`,
			"line 2: experiment syn_queue: -1 clients: want 0 to 131072"},
		{"time that runs backwards",
			`{"exp":"burst","os":"linux","params":{"backlog":5,"clients":1,"owd_ms":-1},"observed":{"clients":[{"id":0}]},` + settings + `}`,
			"line 2: experiment burst cannot be replayed with such values: "},
		{"a word for a number",
			`{"exp":"syn_queue","os":"linux","params":{"backlog":"five"},"observed":{},` + settings + `}`,
			`line 2: experiment syn_queue: "backlog" is string: want int`},
	} {
		trials, err := Read(strings.NewReader("\n" + c.line + "\n"))
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if _, err := trials[0].Replay(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.why, err, c.want)
		}
	}
}

func TestLinesThatAreNoMeasurementAreAnErrorThatNamesTheLine(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"cut off", "{\"exp\":\"fill\"}\n{\"exp\":", "line 2: unexpected end of JSON input"},
		{"not an object", "[1,2]", "line 1: "},
		{"a field of another type", `{"exp":7}`, `line 1: "exp" is number: want string`},
		{"no experiment", "{}", `line 1: no "exp": want the name of an experiment`},
		{"endless", strings.Repeat("x", longest+1), "line 1 is longer than 67108864 bytes"},
	} {
		if _, err := Read(strings.NewReader(c.in)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.why, err, c.want)
		}
	}
}
