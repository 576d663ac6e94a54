package measured

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// changed returns a trial with a part of its line replaced.
func changed(t *testing.T, trial *Trial, old, by string) *Trial {
	t.Helper()
	if strings.Count(string(trial.line), old) == 0 {
		t.Fatalf("line %d does not have %s: want a part of it", trial.Number, old)
	}
	line := strings.Replace(string(trial.line), old, by, 1)
	out := Trial{Number: trial.Number, line: []byte(line)}
	if err := json.Unmarshal(out.line, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestAChangedMeasurementDiffers(t *testing.T) {
	for _, row := range []struct {
		file    string
		line    int
		old, by string
		field   string
		why     string
	}{
		{"L03_drain", 22, `"client":10,"q_after":4`, `"client":14,"q_after":4`, "accepts client", "the accepted client counts"},
		{"L03_drain", 22, `"client":15,"q_after":5`, `"client":15,"q_after":4`, "accepts q_after", "the length of the queue counts"},
		{"L03_drain", 22, `"synack_ms":[1004,2031.9]`, `"synack_ms":[1004,2041.9]`, "synack_ms", "10 ms are more than the tolerance"},
		{"L03_drain", 22, `"synack_ms":[1004,2031.9]`, `"synack_ms":[1004]`, "synack_ms times", "a SYN-ACK more counts"},
		{"L03_drain", 16, `"queue_contents_end":[4,5,10`, `"queue_contents_end":[4,10,5`, "queue_contents_end", "the order in the queue counts"},
		{"L03_drain", 16, `"ListenDrops":56`, `"ListenDrops":57`, "stat ListenDrops", "counters are exact"},
		{"L10_syn_schedule", 34, `"res":"ETIMEDOUT"`, `"res":"ECONNREFUSED"`, "res", "how connect failed counts"},
		{"L15_synack_schedule", 1, `"request_gone_ms":3223.6`, `"request_gone_ms":2900`, "request_gone_ms", "a program does not see its end before it ends"},
		{"L15_synack_schedule", 1, `"request_gone_ms":3223.6`, `"request_gone_ms":4223.6`, "request_gone_ms", "a second late is too late"},
		{"L15_synack_schedule", 1, `"read_then":"ECONNRESET"`, `"read_then":"EOF"`, "read_then", "what the client reads counts"},
		{"L17_defer_accept", 1, `"after_one_sent":{"q":4`, `"after_one_sent":{"q":5`, "after_one_sent q", "data joins no full queue"},
		{"L17_defer_accept", 4, `"defer_s":5`, `"defer_s":1`, "synack_ms times", "another time of TCP_DEFER_ACCEPT is another wire"},
		{"L19_retx_order", 2, `[18,17,16,`, `[16,17,18,`, "order_by_round", "three the other way round are no two wheels"},
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

func TestAChangedMeasurementThatContradictsItselfIsAnError(t *testing.T) {
	for _, row := range []struct {
		file, old, by, want, why string
	}{
		{"L10_syn_schedule", `"how":"full_queue"`, `"how":"unplugged"`, `how "unplugged" is not known`, "what ignores the SYNs decides the counters"},
		{"L03_drain", `"waiting":40`, `"waiting":41`, "40 waiting_clients: want 41", "a missing client is missing in the counters"},
		{"L19_retx_order", `"clients":20`, `"clients":19`, "want each of 0 to 18", "a client that did not start sends nothing"},
		{"L19_retx_order", `"t_us_by_round":[[`, `"t_us_by_round":[[0,`, "round 0: 21 instants and 20 clients", "an instant without a client says nothing"},
	} {
		trials := trialsOf(t, row.file)
		_, err := changed(t, &trials[0], row.old, row.by).Replay()
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("replay of %s with %s: %v; want an error with %q: %s", row.file, row.by, err, row.want, row.why)
		}
	}
}

func TestAWrongMeasurementDiffers(t *testing.T) {
	for _, tt := range []struct {
		exp, params, observed, want string
	}{
		{"unixsock", `{"backlog":0}`, `{"connected":2,"then":"EAGAIN","after_one_accept":"OK"}`, "connected: measured 2, modelled 1"},
		{"packetdrill", `{"script":"01-syn.pkt"}`, `{"pass":false}`, "01-syn.pkt: measured false, modelled true"},
		{"client_gone_early", `{"how":"halfopen_fin"}`, `{"accept":"EAGAIN"}`, "accept: measured EAGAIN, modelled OK"},
	} {
		c, err := play(tt.exp, tt.params, tt.observed)
		if err != nil {
			t.Errorf("%s %s: %v, want no error", tt.exp, tt.params, err)
			continue
		}
		if d := differing(c); !slices.Contains(d, tt.want) {
			t.Errorf("%s %s: differing fields %q, want %q among them", tt.exp, tt.params, d, tt.want)
		}
	}
}
