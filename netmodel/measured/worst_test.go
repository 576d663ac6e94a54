package measured

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

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
