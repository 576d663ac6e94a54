package measured

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// fieldsThatDiffer lists the fields that differ.
func fieldsThatDiffer(c *Comparison) []string {
	var names []string
	for _, f := range c.Fields {
		if !f.Agrees {
			names = append(names, f.Name)
		}
	}
	return names
}

const (
	gvisorStat = `"stat":{"InvalidSynCookieRcvd":0,"ListenOverflowAckDrop":0,"ListenOverflowSynDrop":11,"PassiveOpens":2,"ResetsSent":0,"SynCookieRcvd":0,"SynCookieSent":0}`
	gvisorFill = `{"exp":"fill","os":"gvisor-netstack","params":{"backlog":2,"gap_ms":3,"owd_ms":0},"observed":{"accepted":2,"client_states":{"ESTABLISHED":2,"SYN-SENT":11},"end":"ErrWouldBlock (x)","fired":13,"order":[0,1],` + gvisorStat + `}}`
	// A SYN late in the burst found one handshake over.
	gvisorBurst = `{"exp":"fill","os":"gvisor-netstack","params":{"backlog":5,"gap_ms":0,"owd_ms":0},"observed":{"accepted":5,"client_states":{"ESTABLISHED":16},"end":"ErrWouldBlock","fired":16,"order":[3,0,1,2,6],` +
		`"stat":{"ListenOverflowAckDrop":11,"PassiveOpens":5,"SynCookieRcvd":1,"SynCookieSent":12}}}`
	gvisorRelisten = `{"exp":"relisten","os":"gvisor-netstack","params":{"backlog":8,"backlog2":-1},"observed":{"after_one_round":{"ESTABLISHED":8,"SYN-SENT":5},"before":{"ESTABLISHED":8,"SYN-SENT":5},"end":"ErrWouldBlock",` +
		`"queue_then":[0,1,2,3,4,5,6,7],"relisten":"ErrInvalidEndpointState","relisten_when_empty":"ErrInvalidEndpointState","stat":{"ListenOverflowSynDrop":10}}}`
	gvisorClose = `{"exp":"close","os":"gvisor-netstack","params":{"how":"close"},"observed":{"after_100ms":{"ERROR":1,"SYN-SENT":1},"after_2s":{"ERROR":2},"at_ms":150,"before":{"ESTABLISHED":1,"SYN-SENT":1},` +
		`"clients":[{"i":0,"last_error":"OK","rst_ms":[150.2],"state":"ERROR","syn_ms":[7],"synack_ms":[7.1]},{"i":1,"last_error":"ErrConnectionRefused","rst_ms":[1012],"state":"ERROR","syn_ms":[11,1012],"synack_ms":null}],` +
		`"reads":["ErrConnectionReset / write ErrClosedForSend"],"listen_again":"ErrInvalidEndpointState"}}`
	gvisorSyns = `{"exp":"syn_schedule","os":"gvisor-netstack","params":{"syn_retries":1},"observed":{"fail_ms":127007,"i":0,"last_error":"ErrTimeout","rst_ms":null,"state":"ERROR","syn_ms":[0.7,1001,3002,7002,15003,31004,63005],"synack_ms":null}}`
	gvisorGone = `{"exp":"client_gone","os":"gvisor-netstack","params":{"how":"rst"},"observed":{"accepts":[{"client":0,"read":"ErrWouldBlock","read2":"ErrWouldBlock","state":"ESTABLISHED","write":"WROTE1"},` +
		`{"client":1,"read":"ErrConnectionReset","read2":"ErrClosedForReceive","state":"ERROR","write":"ErrClosedForSend"}],"before":{"ESTABLISHED":2},"end":"ErrWouldBlock","waiter":"SYN-SENT","waiter_after_1500ms":"SYN-SENT"}}`

	goLineLinux     = `"os":"go-net-linux/amd64","params":{"somaxconn":2,"listen_arg_seen_by_strace":2,"dials":12}`
	goLineFill      = `{"exp":"fill",` + goLineLinux + `,"observed":{"first_not_ok":3,"ok":3,"other":{},"timeout":9}}`
	goLineDrain     = `{"exp":"drain3",` + goLineLinux + `,"observed":{"accept_at_ms":163,"count":3,"got_in":[[0,1022.2],[2,1022.4],[1,1022.6]]}}`
	goLineClose     = `{"exp":"close",` + goLineLinux + `,"observed":{"accept_after_close":"accept tcp a: use of closed network connection","client_reads(first three were accepted)":["0: read tcp a: i/o timeout","1: read tcp a: i/o timeout","2: read tcp a: i/o timeout"],"dial_after_close":"dial tcp a: connect: connection refused"}}`
	goLineErrors    = `{"exp":"errors",` + goLineLinux + `,"observed":{"dial_no_listener":"dial tcp a: connect: connection refused","listen_same_address":"listen tcp a: bind: address already in use","listen_wildcard_same_port":"listen tcp a: bind: address already in use"}}`
	goLineFakeDrain = `{"exp":"drain3","os":"go-net-js/wasm","params":{"dials":200},"observed":{"accept_at_ms":165,"count":3,"got_in":[[0,165.1],[1,165.2],[2,165.3]]}}`

	wineOS = `{"exp":"winsock","os":"wine (not Windows) on linux","version":"x","rep":1,"case":`
)

func TestOtherParametersArePlayed(t *testing.T) {
	for _, tt := range []struct{ line, why string }{
		{gvisorFill, "one after the other"},
		{gvisorBurst, "the order of the final ACKs is that of accept, and cookies follow from it"},
		{gvisorRelisten, "below 0 it is turned away even when nothing is queued"},
		{gvisorClose, "close instead of shutdown"},
		{gvisorSyns, "a setting that changes nothing"},
		{gvisorGone, "the waiting client does not get in"},
		{goLineFill, "another somaxconn"},
		{goLineDrain, "three SYNs in one slot of the timers, and three free slots in the queue"},
		{goLineClose, "the queue is empty"},
		{goLineErrors, "an error of bind"},
		{goLineFakeDrain, "the first dialer gets in first"},
		{wineOS + `"accepted","call":"listen","result":"WSAEINVAL"}`, "an accepted connection cannot listen"},
		{wineOS + `"closed handle","call":"listen","result":"WSAENOTSOCK"}`, "a closed handle is none"},
		{wineOS + `"before WSAStartup","call":"bind","result":"WSAENOTSOCK"}`, "there is no socket"},
		{wineOS + `"datagram","call":"accept","result":"WSAEOPNOTSUPP"}`, "datagrams are not accepted"},
		{wineOS + `"first listen backlog -70000","call":"listen","result":"OK"}`, "every backlog is taken"},
		{wineOS + `"CF_REJECT","call":"client recv","result":"EOF"}`, "the client was connected already"},
		{wineOS + `"CF_DEFER","call":"accept afterwards","result":"OK"}`, "it stays pending"},
		{wineOS + `"no listener (non-blocking)","call":"connect","result":"WSAEWOULDBLOCK"}`, "it does not wait"},
		{wineOS + `"backlog 3, 9 connects","call":"connected","result":4}`, "one more than the backlog"},
		{wineOS + `"fill","backlog":7,"fired":30,"connected":8}`, "one more than the backlog"},
	} {
		c, err := replayText(tt.line)
		if err != nil {
			t.Errorf("%s\n: %v, want a comparison (%s)", tt.line, err, tt.why)
			continue
		}
		if d := fieldsThatDiffer(c); d != nil {
			t.Errorf("%s\ndiffers in %q, want no difference (%s)", tt.line, d, tt.why)
		}
	}
}

func TestWrongMeasurementsOfOtherStacksAreNoticed(t *testing.T) {
	for _, tt := range []struct{ line, old, new, field, why string }{
		{gvisorFill, `"accepted":2`, `"accepted":3`, "accepted", "the argument of Listen is what fits"},
		{gvisorFill, `"ListenOverflowSynDrop":11`, `"ListenOverflowSynDrop":10`, "stat ListenOverflowSynDrop", "each SYN is counted once"},
		{gvisorBurst, `"SynCookieRcvd":1`, `"SynCookieRcvd":2`, "stat SynCookieRcvd", "four are half-open, so one of these came by a cookie"},
		{gvisorBurst, `"accepted":5`, `"accepted":6`, "accepted", "the argument of Listen is what fits"},
		{gvisorRelisten, `"relisten_when_empty":"ErrInvalidEndpointState"`, `"relisten_when_empty":"OK"`, "relisten_when_empty", "it is below 0"},
		{gvisorRelisten, `"after_one_round":{"ESTABLISHED":8,"SYN-SENT":5}`, `"after_one_round":{"ESTABLISHED":9,"SYN-SENT":4}`, "after_one_round", "nothing has changed"},
		{gvisorClose, `"syn_ms":[11,1012]`, `"syn_ms":[11,1500]`, "client 1 syn_ms", "a second, not one and a half"},
		{gvisorClose, `ErrConnectionReset /`, `ErrClosedForReceive /`, "client 0 read", "it was reset"},
		{gvisorSyns, `,63005`, ``, "client 0 syn_ms times", "seven SYNs"},
		{gvisorSyns, `127007`, `63007`, "fail_ms", "127 s"},
		{gvisorGone, `"waiter_after_1500ms":"SYN-SENT"`, `"waiter_after_1500ms":"ESTABLISHED"`, "waiter_after_1500ms", "the slot stays taken"},
		{goLineFill, `"ok":3`, `"ok":2`, "ok", "one more than the backlog"},
		{goLineDrain, `"count":3`, `"count":4`, "count", "three slots"},
		{goLineDrain, `[1,1022.6]`, `[1,1009]`, "dialer 1 got in", "no slot of the timers ends there too"},
		{goLineClose, `connection refused`, `connection reset by peer`, "dial_after_close", "no listener"},
		{goLineErrors, `bind: address already in use","listen_w`, `listen: address already in use","listen_w`, "listen_same_address call", "bind notices, for the first listens already"},
		{goLineFakeDrain, `[[0,165.1],[1,165.2],[2,165.3]]`, `[[1,165.1],[0,165.2],[2,165.3]]`, "dialers", "the first dialer gets in first"},
		{wineOS + `"accepted","call":"listen","result":"WSAEINVAL"}`, "WSAEINVAL", "WSAEISCONN", "accepted, listen", "what Winsock documents is not what Wine does"},
	} {
		if !strings.Contains(tt.line, tt.old) {
			t.Fatalf("%s\nhas no %s", tt.line, tt.old)
		}
		c, err := replayText(strings.Replace(tt.line, tt.old, tt.new, 1))
		if err != nil {
			t.Errorf("with %s: %v, want a comparison (%s)", tt.new, err, tt.why)
			continue
		}
		if d := fieldsThatDiffer(c); !slices.Contains(d, tt.field) {
			t.Errorf("with %s: differing fields %q, want %q among them (%s)", tt.new, d, tt.field, tt.why)
		}
	}
}

func TestMeasurementsOfOtherStacksThatCannotBePlayedSayWhy(t *testing.T) {
	for _, tt := range []struct {
		line, says string
		notModel   bool
		why        string
	}{
		{wineOS + `"under water","call":"listen","result":"OK"}`, `case "under water", call "listen"`, true, "an unknown case"},
		{wineOS + `"listening","call":"sing","result":"OK"}`, `call "sing"`, true, "an unknown call"},
		{wineOS + `"two sockets, one port","opt1":"none","opt2":"none","addr1":"10.9.9.9","addr2":"0.0.0.0"}`, `address "10.9.9.9"`, true, "not one of the three addresses"},
		{strings.Replace(gvisorGone, `"rst"`, `"loudly"`, 1), `how is "loudly"`, true, "another way to go"},
		{strings.Replace(gvisorFill, `"fired":13`, `"fired":-1`, 1), "observed.fired is -1: want a whole number from 0 to 512", false, "no such number"},
		{strings.Replace(gvisorBurst, `[3,0,1,2,6]`, `[3,0,1,2,16]`, 1), "no client 16", false, "beyond the last"},
		{strings.Replace(goLineFill, `"listen_arg_seen_by_strace":2,`, ``, 1), "want somaxconn and listen_arg_seen_by_strace", false, "what was passed to listen is not told"},
		{strings.Replace(goLineDrain, `[1,1022.6]`, `[9,1022.6]`, 1), "dialer 9", false, "there are six"},
	} {
		_, err := replayText(tt.line)
		if err == nil || !strings.Contains(err.Error(), tt.says) || errors.Is(err, ErrNotModelled) != tt.notModel {
			t.Errorf("%s\nerror %v, want one that says %q (not modelled: %v; %s)", tt.line, err, tt.says, tt.notModel, tt.why)
		}
	}
}
