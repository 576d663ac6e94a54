package measured

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// truthOf replays every measurement of a file.
func truthOf(t *testing.T, name string) []*Comparison {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "truth", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	trials, err := Read(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var all []*Comparison
	for i := range trials {
		c, err := trials[i].Replay()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		all = append(all, c)
	}
	return all
}

func TestListenersDoWhatWasMeasured(t *testing.T) {
	for _, tt := range []struct {
		file          string
		agree, fields int
		causes        []string // of all differences
		why           string
	}{
		{"L04_relisten", 414, 414, nil, "what is queued stays, the new backlog counts from then on"},
		{"L05_emfile", 120, 120, nil, "accept takes a descriptor first; the connection is kept"},
		{"L06_close", 1206, 1206, nil, "complete ones are reset, half-open ones forgotten, ignored ones refused when they ask again"},
		{"L07_client_gone", 699, 699, nil, "who is gone keeps the place"},
		{"L08_no_listener", 21, 21, nil, "an RST"},
		{"L09_errors", 276, 294, []string{"TIME_WAIT is not modelled"}, "errors of calls in the wrong state"},
		{"L16_unix", 81, 81, nil, "no timers, EAGAIN"},
		{"L18_reuseport", 48, 48, nil, "what a closing listener holds goes to the other"},
		{"P_packetdrill", 6, 6, nil, "segment by segment"},
	} {
		s := sum(truthOf(t, tt.file))
		if s.Agree != tt.agree || s.Fields != tt.fields {
			t.Errorf("%s: %d of %d fields agree, want %d of %d (%s)", tt.file, s.Agree, s.Fields, tt.agree, tt.fields, tt.why)
		}
		var causes []string
		for _, d := range s.Differences {
			causes = append(causes, d.Cause)
			if !slices.Contains(tt.causes, d.Cause) {
				t.Errorf("%s: %s differs %d times: %s; cause %q, want one of %q", tt.file, d.Field, d.Times, d.Example, d.Cause, tt.causes)
			}
		}
		for _, cause := range tt.causes {
			if !slices.Contains(causes, cause) {
				t.Errorf("%s: nothing differs because %q: the causes are %q", tt.file, cause, causes)
			}
		}
	}
}

// The kernel settings of all trials but a few.
const usual = `"net.core.somaxconn":4096,"net.ipv4.tcp_abort_on_overflow":0,"net.ipv4.tcp_max_syn_backlog":2048,` +
	`"net.ipv4.tcp_syn_linear_timeouts":4,"net.ipv4.tcp_syn_retries":6,"net.ipv4.tcp_synack_retries":5,"net.ipv4.tcp_syncookies":1`

// play replays a measurement that is not in the files.
func play(exp, params, observed string) (*Comparison, error) {
	line := fmt.Sprintf(`{"exp":%q,"os":"linux","rep":1,"sysctl":{%s},"params":%s,"observed":%s}`, exp, usual, params, observed)
	trials, err := Read(strings.NewReader(strings.ReplaceAll(line, "\n", " ")))
	if err != nil {
		return nil, err
	}
	return trials[0].Replay()
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

// What measured.md says of kinds that the files here have no trial of.
func TestKindsWithoutATrialHereFollowTheRules(t *testing.T) {
	for _, tt := range []struct {
		why, exp, params, observed string
	}{
		{"a half-open connection that is reset is removed (EmbryonicRsts)", "client_gone_early", `{"how":"halfopen_rst"}`,
			`{"accept":"EAGAIN","client":"OK","q":0,"synrecv_before":1,"synrecv_after":0,
			"stat":{"ActiveOpens":1,"AttemptFails":1,"EmbryonicRsts":1,"EstabResets":1,"OutRsts":1,"TCPAbortOnData":1}}`},
		{"a client that closes in SYN_SENT says nothing to anybody", "client_gone_early", `{"how":"syn_sent_close","backlog":0}`,
			`{"accept":"OK","client":"","q":1,"synrecv_after":0,
			"stat":{"ActiveOpens":2,"CurrEstab":2,"ListenDrops":1,"ListenOverflows":1,"PassiveOpens":1}}`},
		{"a client that resets while queued is accepted", "client_gone", `{"how":"rst","backlog":0}`,
			`{"accepts":[{"client":0,"getpeername":"ENOTCONN","poll":"0x1d","read":"ECONNRESET","read2":"EOF","state":"CLOSE","write":"EPIPE"}],"end":"EAGAIN",
			"q_before":1,"q_after":1,"q_after_1500ms":1,"server_states":{"LISTEN":1},"waiter_after_1500ms":"",
			"stat":{"ActiveOpens":2,"EstabResets":2,"ListenDrops":2,"ListenOverflows":2,"OutRsts":1,"PassiveOpens":1,"RetransSegs":1,"TCPAbortOnData":1,"TCPSynRetrans":1,"TCPTimeouts":1}}`},
		{"close resets who is queued, and refuses who asks again", "close_listener", `{"how":"close","backlog":0,"waiting":1}`,
			`{"close_at_ms":300,"close":"OK","accept_after":"EBADF","before":{"q":1,"client_states":{"ESTABLISHED":1,"SYN_SENT":1},"server_states":{"ESTABLISHED":1,"LISTEN":1}},
			"pending_clients":[{"i":0,"read":"ECONNRESET","read2":"EOF","state":"CLOSE","write":"EPIPE"}],
			"per_client":[{"i":0,"res":"OK","done_ms":0.5,"syn_ms":[0.3],"rst_ms":[300.1]},{"i":1,"res":"ECONNREFUSED","done_ms":1020,"syn_ms":[0.4,1019.8],"rst_ms":[1019.8]}],
			"waiting_clients":[{"i":1,"res":"ECONNREFUSED","connect_ms":0.4,"done_ms":1020}],
			"stat":{"ActiveOpens":2,"AttemptFails":1,"EstabResets":2,"ListenDrops":1,"ListenOverflows":1,"OutRsts":2,"PassiveOpens":1,"RetransSegs":1,"TCPSynRetrans":1,"TCPTimeouts":1}}`},
		{"a larger backlog lets in at the next SYN as many as fit; the others believe it", "relisten", `{"backlog":8,"backlog2":9,"waiting":5}`,
			`{"q_full":{"recvq":9,"sendq":8},"q_before":{"recvq":9,"sendq":8},"q_after":{"recvq":9,"sendq":9},"q_after_2_rounds":{"recvq":10,"sendq":9},
			"relisten":"OK","relisten_at_ms":300,"results_after_2_rounds":{"OK":14},"final_results":{"OK":14},"rst_sent_by_server":0,
			"drain":{"accept_order":[0,1,2,3,4,5,6,7,8,13],"end":"EAGAIN"}}`},
		{"without tcp_migrate_req the queue of the closed one is reset", "reuseport", `{"backlog":1}`,
			`{"q1":2,"q2":2,"results_40_connects":{"OK":4,"PENDING":36},"after_close_first":{"clients_reset":2,"q2":2},"after_1300ms":{"q2":2,"results":{"OK":4,"PENDING":36}},
			"stat":{"ActiveOpens":40,"CurrEstab":4,"EstabResets":4,"ListenDrops":72,"ListenOverflows":72,"OutRsts":2,"PassiveOpens":4,"RetransSegs":36,"TCPSynRetrans":36,"TCPTimeouts":36}}`},
		{"SYN at a full queue", "packetdrill", `{"script":"01-syn-at-full-queue.pkt"}`, `{"pass":true}`},
		{"final ACK and data at a full queue", "packetdrill", `{"script":"03-ack.pkt"}`, `{"pass":true}`},
		{"the same, with abort", "packetdrill", `{"script":"04-ack-abort.pkt"}`, `{"pass":true}`},
		{"abort and a SYN", "packetdrill", `{"script":"05-syn-abort.pkt"}`, `{"pass":true}`},
		{"RST while queued", "packetdrill", `{"script":"06-rst.pkt"}`, `{"pass":true}`},
		{"close with one queued", "packetdrill", `{"script":"08-close.pkt"}`, `{"pass":true}`},
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

func TestWhatIsNotKnownIsSaidAndNotGuessed(t *testing.T) {
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
		{"errors", `{}`, `{"rows":[{"call":"listen","case":"on the moon","errno":"OK"}]}`, `case "on the moon" is not known`},
		{"errors", `{}`, `{"rows":[{"call":"dance","case":"listening","errno":"OK"}]}`, `call "dance" is not known`},
		{"errors", `{}`, `{"rows":[{"call":"bind/listen","case":"two sockets, same port","reuse":"ALL"}]}`, "want none, REUSEADDR or REUSEPORT"},
	} {
		_, err := play(tt.exp, tt.params, tt.observed)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: error %v, want one with %q", tt.exp, tt.params, err, tt.want)
		}
	}
	if _, err := play("accept_on_the_moon", `{}`, `{}`); !errors.Is(err, ErrNotModelled) {
		t.Errorf("an unknown experiment: error %v, want ErrNotModelled", err)
	}
}

func TestAWrongMeasurementDisagrees(t *testing.T) {
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
