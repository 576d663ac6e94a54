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
			"line 2: experiment syn_queue: params.fire is 1000000000000: want a whole number from 0 to 8192"},
		{"fewer than none",
			`{"exp":"syn_queue","os":"linux","params":{"backlog":0,"fire":-1},"observed":{},` + settings + `}`,
			"line 2: experiment syn_queue: params.fire is -1: want a whole number from 0 to 8192"},
		{"time that runs backwards",
			`{"exp":"burst","os":"linux","params":{"backlog":5,"clients":1,"owd_ms":-1},"observed":{"clients":[{"i":0}]},` + settings + `}`,
			"line 2: experiment burst: params.owd_ms is -1: want a number from 0 to 1000"},
		{"no release of Linux",
			`{"exp":"syn_queue","os":"linux","version":"banana","params":{},"observed":{},` + settings + `}`,
			`line 2: experiment syn_queue: "banana" is no release of Linux: want one such as 6.18.44`},
		{"a setting that no kernel has",
			`{"exp":"syn_queue","os":"linux","params":{},"observed":{},"sysctl":{"net.ipv4.tcp_syncookies":9}}`,
			"line 2: experiment syn_queue: sysctl: tcp_syncookies: 9 is out of range: want 0 to 2"},
		{"a setting that is no number",
			`{"exp":"syn_queue","os":"linux","params":{},"observed":{},"sysctl":{"net.core.somaxconn":[1]}}`,
			`line 2: experiment syn_queue: sysctl: somaxconn: "[1]" is not a whole number`},
		{"nothing observed",
			`{"exp":"syn_queue","os":"linux","params":{},` + settings + `}`,
			`line 2: experiment syn_queue: there is no "params" or no "observed"`},
		{"a list of observations",
			`{"exp":"syn_queue","os":"linux","params":{},"observed":[],` + settings + `}`,
			`line 2: experiment syn_queue: array where an object is wanted`},
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
		{"endless", strings.Repeat("x", maxLine+1), "line 1 is longer than 4194304 bytes"},
	} {
		if _, err := Read(strings.NewReader(c.in)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.why, err, c.want)
		}
	}
}

func TestACauseExcusesNoDifferenceThatItCannotExplain(t *testing.T) {
	for _, row := range []struct {
		why                string
		measured, modelled any
		excused            bool
	}{
		{"a race", 5, 4, true},
		{"no number", "EADDRINUSE", "", true},
		{"more than there are clients", 1_000_000_000, 4, false},
		{"a count below 0", -1, 4, false},
		{"the model has far more", 4, 1000, false},
	} {
		c := &Comparison{}
		c.equal("accepted", row.measured, row.modelled)
		c.because("a race")
		if excused := c.Fields[0].Cause != ""; excused != row.excused {
			t.Errorf("%s: measured %v, modelled %v: excused %v, want %v", row.why, row.measured, row.modelled, excused, row.excused)
		}
	}
}
