package measured

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// trialsOf reads a file of testdata/truth.
func trialsOf(t testing.TB, name string) []Trial {
	t.Helper()
	data, err := os.ReadFile("../../testdata/truth/" + name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	trials, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("Read(%s): %v", name, err)
	}
	return trials
}

// replayed holds the comparisons of the files that a test has replayed.
var replayed = map[string][]*Comparison{}

// replayFile replays a file of testdata/truth, once for all tests.
func replayFile(t *testing.T, name string) []*Comparison {
	t.Helper()
	if replayed[name] != nil {
		return replayed[name]
	}
	var done []*Comparison
	trials := trialsOf(t, name)
	for i := range trials {
		c, err := trials[i].Replay()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		done = append(done, c)
	}
	replayed[name] = done
	return done
}

// replayText replays one line.
func replayText(line string) (*Comparison, error) {
	trials, err := Read(strings.NewReader(strings.ReplaceAll(line, "\n", " ")))
	if err != nil {
		return nil, err
	}
	return trials[0].Replay()
}

// The kernel settings of most trials.
const usual = `"net.core.somaxconn":4096,"net.ipv4.tcp_abort_on_overflow":0,"net.ipv4.tcp_max_syn_backlog":2048,` +
	`"net.ipv4.tcp_syn_linear_timeouts":4,"net.ipv4.tcp_syn_retries":6,"net.ipv4.tcp_synack_retries":5,"net.ipv4.tcp_syncookies":1`

// play replays a measurement on Linux that is not in the files.
func play(exp, params, observed string) (*Comparison, error) {
	return replayText(fmt.Sprintf(`{"exp":%q,"os":"linux","rep":1,"sysctl":{%s},"params":%s,"observed":%s}`, exp, usual, params, observed))
}

// differing returns the fields that differ, as "name: measured, modelled".
func differing(c *Comparison) []string {
	var out []string
	for _, f := range c.Fields {
		if !f.Agrees {
			out = append(out, fmt.Sprintf("%s: measured %s, modelled %s", f.Name, f.Measured, f.Modelled))
		}
	}
	return out
}

func TestEveryFileDiffersForKnownCausesOnly(t *testing.T) {
	const (
		unseen    = "the kernel counted data as sent again that neither the capture nor the listener saw"
		tickLate  = "timers rang a tick late, and each sets the next from when it rang"
		relayLate = "the relay ran late: what follows is on time again"
		roundTrip = "the timeout of this client follows from the round trip of its own handshake, or rang a tick late: another slot"
		slots     = "follows from the slots of timers of data in which clients differ"
	)
	for _, tt := range []struct {
		file          string
		agree, fields int
		causes        []string // of all differences
		why           string
	}{
		{"L01_fill", 2970, 2970, nil, "as many connections as the backlog says, and one"},
		{"L01b_fill_big", 24, 24, nil, "a backlog has more than 16 bits"},
		{"L03_drain", 2791, 2792, []string{readDuringBatch}, "one trial read the queue while a batch got in"},
		{"L04_relisten", 414, 414, nil, "pending connections stay, and the new backlog counts from then on"},
		{"L05_emfile", 120, 120, nil, "accept takes a descriptor first and keeps the connection"},
		{"L06_close", 1206, 1206, nil, "complete connections are reset, half-open ones removed, ignored clients refused at their next SYN"},
		{"L07_client_gone", 699, 699, nil, "a connection that its client reset keeps its slot"},
		{"L08_no_listener", 21, 21, nil, "an RST"},
		{"L09_errors", 276, 294, []string{"TIME_WAIT is not modelled"}, "errors of calls in the wrong state"},
		{"L10_syn_schedule", 1413, 1413, nil, "every SYN and every ETIMEDOUT is where the wheel puts it"},
		{"L11_phantom", 1041, 1051, []string{unseen, tickLate}, "which clients are phantoms, which get in at which retransmission, which are reset"},
		{"L13_burst_rtt", 11563, 11639, []string{relayLate, roundTrip, slots}, "all SYNs before any ACK"},
		{"L14_syn_queue", 1845, 1845, nil, "half-open connections fit as the formula says"},
		{"L15_synack_schedule", 90, 90, nil, "every SYN-ACK, the end of the half-open connection, and the RST to a late write"},
		{"L16_unix", 81, 81, nil, "no timers, EAGAIN"},
		{"L17_defer_accept", 522, 522, nil, "when the kernel sends a SYN-ACK again to a deferred connection"},
		{"L18_reuseport", 48, 48, nil, "the pending connections of a closed listener move to the other"},
		{"L19_retx_order", 2028, 2034, []string{separateWheels}, "two trials had clients on two processors, whose wheels the model does not tell apart"},
		{"P_packetdrill", 6, 6, nil, "segment by segment"},
		{"G_gvisor", 1287, 1293, []string{raceForLastSlot, raceForOrder}, "two bursts let in one connection too many; twice the order of the queue was another"},
		{"D_gonet", 496, 496, nil, "Go on Linux is Linux with somaxconn as backlog; the fake network holds 128"},
		{"W_wine", 753, 753, nil, "Wine is Linux with names of its own"},
	} {
		s := sum(replayFile(t, tt.file))
		if s.Agree != tt.agree || s.Fields != tt.fields {
			t.Errorf("%s: %d of %d fields agree, want %d of %d (%s)", tt.file, s.Agree, s.Fields, tt.agree, tt.fields, tt.why)
		}
		causes := map[string]bool{}
		for _, d := range s.Differences {
			causes[d.Cause] = true
			if !slices.Contains(tt.causes, d.Cause) {
				t.Errorf("%s: %s differs %d times: %s; cause %q, want one of %q", tt.file, d.Field, d.Times, d.Example, d.Cause, tt.causes)
			}
		}
		for _, cause := range tt.causes {
			if !causes[cause] {
				t.Errorf("%s: no difference has the cause %q: want one", tt.file, cause)
			}
		}
	}
}

// Each trial here is one that no file of testdata/truth has. Its observations follow from the
// rules K3, K4, K10, K11, K12 and K15.
func TestKindsWithoutATrialHereFollowTheRules(t *testing.T) {
	for _, tt := range []struct {
		why, exp, params, observed string
	}{
		{"a half-open connection that is reset is removed (EmbryonicRsts)", "client_gone_early", `{"how":"halfopen_rst"}`,
			`{"accept":"EAGAIN","client":"OK","q":0,"synrecv_before":1,"synrecv_after":0,
			"stat":{"ActiveOpens":1,"AttemptFails":1,"EmbryonicRsts":1,"EstabResets":1,"OutRsts":1,"TCPAbortOnData":1}}`},
		{"a client that closes in SYN_SENT sends nothing", "client_gone_early", `{"how":"syn_sent_close","backlog":0}`,
			`{"accept":"OK","client":"","q":1,"synrecv_after":0,
			"stat":{"ActiveOpens":2,"CurrEstab":2,"ListenDrops":1,"ListenOverflows":1,"PassiveOpens":1}}`},
		{"a connection that its client resets while pending is accepted", "client_gone", `{"how":"rst","backlog":0}`,
			`{"accepts":[{"client":0,"getpeername":"ENOTCONN","poll":"0x1d","read":"ECONNRESET","read2":"EOF","state":"CLOSE","write":"EPIPE"}],"end":"EAGAIN",
			"q_before":1,"q_after":1,"q_after_1500ms":1,"server_states":{"LISTEN":1},"waiter_after_1500ms":"",
			"stat":{"ActiveOpens":2,"EstabResets":2,"ListenDrops":2,"ListenOverflows":2,"OutRsts":1,"PassiveOpens":1,"RetransSegs":1,"TCPAbortOnData":1,"TCPSynRetrans":1,"TCPTimeouts":1}}`},
		{"close resets pending connections, and refuses a client at its next SYN", "close_listener", `{"how":"close","backlog":0,"waiting":1}`,
			`{"close_at_ms":300,"close":"OK","accept_after":"EBADF","before":{"q":1,"client_states":{"ESTABLISHED":1,"SYN_SENT":1},"server_states":{"ESTABLISHED":1,"LISTEN":1}},
			"pending_clients":[{"i":0,"read":"ECONNRESET","read2":"EOF","state":"CLOSE","write":"EPIPE"}],
			"per_client":[{"i":0,"res":"OK","done_ms":0.5,"syn_ms":[0.3],"rst_ms":[300.1]},{"i":1,"res":"ECONNREFUSED","done_ms":1020,"syn_ms":[0.4,1019.8],"rst_ms":[1019.8]}],
			"waiting_clients":[{"i":1,"res":"ECONNREFUSED","connect_ms":0.4,"done_ms":1020}],
			"stat":{"ActiveOpens":2,"AttemptFails":1,"EstabResets":2,"ListenDrops":1,"ListenOverflows":1,"OutRsts":2,"PassiveOpens":1,"RetransSegs":1,"TCPSynRetrans":1,"TCPTimeouts":1}}`},
		{"a larger backlog lets in at the next SYN as many as fit; the other clients are phantoms", "relisten", `{"backlog":8,"backlog2":9,"waiting":5}`,
			`{"q_full":{"recvq":9,"sendq":8},"q_before":{"recvq":9,"sendq":8},"q_after":{"recvq":9,"sendq":9},"q_after_2_rounds":{"recvq":10,"sendq":9},
			"relisten":"OK","relisten_at_ms":300,"results_after_2_rounds":{"OK":14},"final_results":{"OK":14},"rst_sent_by_server":0,
			"drain":{"accept_order":[0,1,2,3,4,5,6,7,8,13],"end":"EAGAIN"}}`},
		{"without tcp_migrate_req the pending connections of the closed listener are reset", "reuseport", `{"backlog":1}`,
			`{"q1":2,"q2":2,"results_40_connects":{"OK":4,"PENDING":36},"after_close_first":{"clients_reset":2,"q2":2},"after_1300ms":{"q2":2,"results":{"OK":4,"PENDING":36}},
			"stat":{"ActiveOpens":40,"CurrEstab":4,"EstabResets":4,"ListenDrops":72,"ListenOverflows":72,"OutRsts":2,"PassiveOpens":4,"RetransSegs":36,"TCPSynRetrans":36,"TCPTimeouts":36}}`},
		{"SYN at a full queue", "packetdrill", `{"script":"01-syn-at-full-queue.pkt"}`, `{"pass":true}`},
		{"final ACK and data at a full queue", "packetdrill", `{"script":"03-ack.pkt"}`, `{"pass":true}`},
		{"the same, with abort", "packetdrill", `{"script":"04-ack-abort.pkt"}`, `{"pass":true}`},
		{"abort and a SYN", "packetdrill", `{"script":"05-syn-abort.pkt"}`, `{"pass":true}`},
		{"RST while pending", "packetdrill", `{"script":"06-rst.pkt"}`, `{"pass":true}`},
		{"close with a pending connection", "packetdrill", `{"script":"08-close.pkt"}`, `{"pass":true}`},
	} {
		c, err := play(tt.exp, tt.params, tt.observed)
		if err != nil {
			t.Errorf("%s %s: %v, want no error (%s)", tt.exp, tt.params, err, tt.why)
			continue
		}
		if d := differing(c); d != nil {
			t.Errorf("%s %s: %q differ, want none (%s)", tt.exp, tt.params, d, tt.why)
		}
	}
}

func TestAnUnknownValueIsAnErrorThatNamesTheKnownOnes(t *testing.T) {
	for _, tt := range []struct {
		exp, params, observed, want string
	}{
		{"close_listener", `{"how":"explode","backlog":0}`, `{"per_client":[{"i":0,"syn_ms":[1]}]}`, "want close, shutdown_rd, shutdown_wr or shutdown_rdwr"},
		{"close_listener", `{"how":"close","backlog":3}`, `{"per_client":[]}`, "0 clients in per_client: want 4"},
		{"client_gone", `{"how":"data_explode","backlog":3}`, `{}`, `"explode" is not known: want fin, close, rst`},
		{"client_gone", `{"how":"fin"}`, `{}`, `no "backlog"`},
		{"client_gone_early", `{"how":"asleep_fin"}`, `{}`, "want halfopen_ or syn_sent_"},
		{"client_gone_early", `{"how":"syn_sent_close"}`, `{}`, "want one of the two, which gives the connections that fit"},
		{"packetdrill", `{"script":"77-new.pkt"}`, `{"pass":true}`, "want a name that begins with 01 to 08"},
		{"errors", `{}`, `{"rows":[{"call":"listen","case":"under water","errno":"OK"}]}`, `case "under water" is not known`},
		{"errors", `{}`, `{"rows":[{"call":"dance","case":"listening","errno":"OK"}]}`, `call "dance" is not known`},
		{"errors", `{}`, `{"rows":[{"call":"bind/listen","case":"two sockets, same port","reuse":"ALL"}]}`, "want none, REUSEADDR or REUSEPORT"},
	} {
		_, err := play(tt.exp, tt.params, tt.observed)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: error %v, want one with %q", tt.exp, tt.params, err, tt.want)
		}
	}
	if _, err := play("unheard_of", `{}`, `{}`); !errors.Is(err, ErrNotModelled) {
		t.Errorf("an unknown experiment: error %v, want ErrNotModelled", err)
	}
}

func TestAKeyThatAKindDoesNotHaveIsAnErrorWithTheKeysThatItHas(t *testing.T) {
	for name, line := range samplesOfAllKinds(t) {
		var whole map[string]any
		if err := json.Unmarshal([]byte(line), &whole); err != nil {
			t.Fatal(err)
		}
		k := kinds()[slices.IndexFunc(kinds(), func(k kind) bool { return k.String() == name })]
		for _, at := range objects(whole, k.line, nil) {
			read, unread := keysOf(at.typ)
			if len(read)+len(unread) == 0 {
				continue // the error names no key
			}
			err := replayOrError(t, append(at.place, "colour").in(t, line, "red"))
			want := fmt.Sprintf("colour is not a key of %s: want ", name)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s with a key colour in %q: error %v, want one with %q", name, at.place, err, want)
				continue
			}
			for key := range read {
				if !strings.Contains(err.Error(), key) {
					t.Errorf("%s with a key colour in %q: error %v, want one that names %s", name, at.place, err, key)
				}
			}
		}
	}
}

// object is an object of a line and the struct that it is read into.
type object struct {
	place place
	typ   reflect.Type
}

// objects returns the objects of a value that are read into structs; of a list, the
// first entry.
func objects(v any, t reflect.Type, at place) []object {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var out []object
	switch v := v.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil
		}
		out = append(out, object{slices.Clone(at), t})
		read, _ := keysOf(t)
		for key, typ := range read {
			out = append(out, objects(v[key], typ, append(slices.Clone(at), key))...)
		}
	case []any:
		if t.Kind() == reflect.Slice && len(v) > 0 {
			out = objects(v[0], t.Elem(), append(slices.Clone(at), 0))
		}
	}
	return out
}

func TestAKeyThatAnExperimentDoesNotReadMayStandInItsLine(t *testing.T) {
	const line = `{"exp":"no_listener","os":"linux","observed":{"us":60,"blocking_us":70}}`
	if err := replayOrError(t, line); err != nil {
		t.Errorf("Replay: %v, want none: the experiment declares both keys as unread", err)
	}
}

// A measurement that is spoilt in a place that no experiment reads is spoilt all the same.
func TestAValueThatNoExperimentReadsHasItsShape(t *testing.T) {
	samples := samplesOfAllKinds(t)
	for _, row := range []struct {
		why, kind string
		place     place
		value     any
		want      string
	}{
		{"a number is text", "no_listener on linux", place{"observed", "us"}, "60", `"number"`},
		{"a number is an object", "openloop on linux", place{"params", "seed"}, map[string]any{"x": 1}, `"number"`},
		{"a queue has a key too many", "fill on linux", place{"observed", "ss"}, map[string]any{"recvq": 2, "sendq": 1, "bogus": 1}, `"queue"`},
		{"a key of a queue is misspelled", "fill on linux", place{"observed", "listen0"}, map[string]any{"recvq": 2, "SENDQ": 1}, `"queue"`},
		{"a count is text", "fill on linux", place{"observed", "established_then_reset"}, "1", `"number"`},
		{"counts are a list", "fill on linux", place{"observed", "results"}, []any{1}, `"counts"`},
		{"a list of numbers has text", "openloop on linux", place{"observed", "accept_service_us"}, []any{1, "x"}, `"numbers"`},
		{"a counter is misspelled", "fill on linux", place{"observed", "stat"}, map[string]any{"LISTENDROPS": 1}, "want ListenDrops"},
	} {
		err := replayOrError(t, row.place.in(t, samples[row.kind], row.value))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %s with %v = %v: error %v, want one with %s", row.why, row.kind, row.place, row.value, err, row.want)
		}
	}
}

// Each entry of a list is looked at, not the first alone.
func TestAKeyThatIsUnknownInALaterEntryOfAListIsAnError(t *testing.T) {
	err := replayOrError(t, place{"observed", "clients", 1, "colour"}.in(t, samplesOfAllKinds(t)["burst on linux"], "red"))
	if err == nil || !strings.Contains(err.Error(), "clients[1].colour is not a key") {
		t.Errorf("burst with an unknown key in the second client: error %v, want one that names clients[1].colour", err)
	}
}

func TestEveryKindIsThereOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range kinds() {
		if seen[k.String()] {
			t.Errorf("kinds() has %v twice: want one experiment for it", k)
		}
		seen[k.String()] = true
	}
}
