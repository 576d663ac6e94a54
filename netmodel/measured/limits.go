package measured

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// numberRange is the range of a number in a measurement, ends included.
type numberRange struct {
	least, most float64
	whole       bool // no fraction
}

// String returns the range in the words of an error.
func (i numberRange) String() string {
	kind := "a number"
	if i.whole {
		kind = "a whole number"
	}
	return fmt.Sprintf("%s from %s to %s", kind, plainNumber(i.least), plainNumber(i.most))
}

func plainNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// How large a measurement may be. The comments name the largest values in testdata/truth
// that come near.
const (
	maxClients  = 70_000  // that only connect; L01b_fill_big.jsonl has 65,556
	maxSockets  = 1 << 13 // of clients; L16_unix.jsonl has 4,097
	maxListed   = 256     // clients in a list
	maxConnects = 512     // clients with a guess each; W_wine.jsonl has 400
	maxEvents   = 1 << 14 // of an open loop; L12_openloop.jsonl has 10,438
	maxSends    = 128     // of one segment; tcp_syn_retries is at most 127 (ip-sysctl.rst)
	maxEntries  = 1 << 12 // of any other list; L12_openloop.jsonl has 1,451
	maxText     = 1 << 10 // bytes of a string
	maxWork     = 1 << 17 // steps of all plays of one trial; L13_burst_rtt.jsonl takes 8,000

	hour = 3_600_000 // milliseconds
)

// Common ranges.
func countUpTo(most int) numberRange { return numberRange{0, float64(most), true} }
func int32s() numberRange            { return numberRange{math.MinInt32, math.MaxInt32, true} }
func instant() numberRange           { return numberRange{0, hour, false} } // ms

// numberLimits returns the ranges of the numbers that drive a replay, by their key. A key
// with another meaning in one kind of trial has the form KIND/KEY.
func numberLimits() map[string]numberRange {
	return map[string]numberRange{
		// The listener.
		"backlog": int32s(), "backlog2": int32s(), "listen_arg_seen_by_strace": int32s(), "sendq": int32s(),
		"somaxconn": countUpTo(math.MaxInt32), "somaxconn2": countUpTo(math.MaxInt32),
		// Numbers of clients, of connections and of calls.
		"clients": countUpTo(maxListed), "fire": countUpTo(maxSockets), "fired": countUpTo(maxConnects), "fill on linux/fired": countUpTo(maxClients),
		"waiting": countUpTo(maxListed), "full": countUpTo(maxListed), "halfopen": countUpTo(maxListed), "prefill": countUpTo(maxListed), "half": countUpTo(maxListed),
		"q_before": countUpTo(maxListed), "dials": countUpTo(maxConnects), "i": countUpTo(maxSockets), "steps": countUpTo(maxListed), "accept_k": countUpTo(maxListed),
		"ESTABLISHED": countUpTo(maxClients), "SYN_SENT": countUpTo(maxClients), "SYN-SENT": countUpTo(maxClients), "ActiveOpens": countUpTo(maxClients),
		"client": {-2, maxSockets, true}, // -1: none, -2: an unknown one
		// Switches.
		"send": countUpTo(1), "relisten": countUpTo(1), "accept_retry": countUpTo(1), "close_clients": countUpTo(1),
		// Times, in milliseconds unless the key says otherwise.
		"accept_at_ms": instant(), "accept_every_ms": instant(), "watch_ms": instant(), "gap_ms": instant(), "relisten_at_ms": instant(),
		"close_at_ms": instant(), "acks_allowed_at_ms": instant(), "t_ms": instant(), "at_ms": instant(), "connect_ms": instant(),
		"done_ms": instant(), "fail_ms": instant(), "fail_rel_ms": instant(), "request_gone_ms": instant(),
		"owd_ms": {0, 1000, false}, "gap_us": {0, hour * 1000, false}, "defer_s": {0, 3600, false},
		"TCP_USER_TIMEOUT": countUpTo(hour), "TCP_SYNCNT": {1, maxSends - 1, true},
	}
}

// listLimits returns the lists with limits of their own: how many entries a list may have,
// and the range of its numbers.
func listLimits() map[string]struct{ length, entry numberRange } {
	sent := struct{ length, entry numberRange }{countUpTo(maxSends), instant()}
	perClient := struct{ length, entry numberRange }{countUpTo(maxListed), int32s()}
	client := numberRange{0, maxClients, true}
	return map[string]struct{ length, entry numberRange }{
		"syn_ms": sent, "synack_ms": sent, "ack_ms": sent, "data_ms": sent, "rst_ms": sent, "rst_to_client_ms": sent, "syn_rel_ms": sent, "synack_rel_ms": sent,
		"clients": perClient, "waiting_clients": perClient, "per_client": perClient, "pending_clients": perClient, "clients_end": perClient, "samples": perClient, "rows": perClient, "steps": perClient, "accepts": perClient,
		"wire":           perClient,
		"order_by_round": {countUpTo(maxListed), countUpTo(maxListed)}, "t_us_by_round": {countUpTo(maxListed), numberRange{0, hour * 1000, false}},
		"order": {countUpTo(maxEntries), client}, "got_in": {countUpTo(maxListed), instant()},
		"events_us": {countUpTo(maxEvents), numberRange{0, hour * 1000, false}},
	}
}

// defaultRange is the range of all other numbers: counters and results, which are compared
// and do not drive a replay.
func defaultRange() numberRange { return numberRange{math.MinInt64 / 2, math.MaxInt64 / 2, false} }

// check returns an error for the first key of a trial that stands twice or that the kind
// does not have. It also returns an error for the first number, list or string out of its
// limits. The error names the place, the value and the range.
func (t *Trial) check(k kind) error {
	d := json.NewDecoder(bytes.NewReader(t.line))
	d.UseNumber()
	var line map[string]any
	if err := d.Decode(&line); err != nil {
		return plainError(err)
	}
	d = json.NewDecoder(bytes.NewReader(t.line))
	d.UseNumber()
	if err := keysOnce(d, ""); err != nil {
		return err
	}
	if err := k.checkKeys("", line, k.line); err != nil {
		return err
	}
	delete(line, "sysctl") // profiles.Set knows the limits of settings
	w := limitWalk{k.String(), numberLimits(), listLimits()}
	return w.object("", line)
}

// keysOnce returns an error for an object that has a key twice, because two readers may
// use different values.
func keysOnce(d *json.Decoder, at string) error {
	token, err := d.Token()
	if err != nil {
		return plainError(err)
	}
	opened, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		inside := at
		if opened == '{' {
			token, err := d.Token()
			if err != nil {
				return plainError(err)
			}
			key, _ := token.(string) // a key is a string
			inside = strings.TrimPrefix(at+"."+key, ".")
			if seen[key] {
				return fmt.Errorf("%s stands there twice: want each key once", shortened(inside))
			}
			seen[key] = true
		}
		if err := keysOnce(d, inside); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing bracket
	return plainError(err)
}

type limitWalk struct {
	kind    string // of the trial: NAME on SYSTEM
	numbers map[string]numberRange
	lists   map[string]struct{ length, entry numberRange }
}

func (w *limitWalk) object(path string, o map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		at := key
		if path != "" {
			at = path + "." + key
		}
		if err := w.value(at, key, o[key]); err != nil {
			return err
		}
	}
	return nil
}

func (w *limitWalk) value(at, key string, v any) error {
	allowed, named := limitFor(w.numbers, w.kind, key)
	if !named {
		allowed = defaultRange()
	}
	switch v := v.(type) {
	case nil:
		if _, list := limitFor(w.lists, w.kind, key); named && (!list || strings.HasPrefix(at, "params.")) {
			return fmt.Errorf("%s is null: want %v", at, allowed)
		}
	case json.Number:
		return checkNumber(at, v, allowed)
	case string:
		if len(v) > maxText {
			return fmt.Errorf("%s has %d bytes: want at most %d", at, len(v), maxText)
		}
	case map[string]any:
		return w.object(at, v)
	case []any:
		return w.list(at, key, v)
	}
	return nil
}

// list checks a list. Inner lists have the limits of the outer one.
func (w *limitWalk) list(at, key string, list []any) error {
	limits, named := limitFor(w.lists, w.kind, key)
	if !named {
		limits.length, limits.entry = countUpTo(maxEntries), defaultRange()
	}
	if n := float64(len(list)); n < limits.length.least || n > limits.length.most {
		return fmt.Errorf("%s has %d entries: want %s to %s", at, len(list), plainNumber(limits.length.least), plainNumber(limits.length.most))
	}
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", at, i)
		var err error
		switch v := v.(type) {
		case json.Number:
			err = checkNumber(at, v, limits.entry)
		case []any:
			err = w.list(at, key, v)
		case nil:
			err = fmt.Errorf("%s is null: want a value", at)
		default:
			err = w.value(at, "", v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// limitFor returns the limit of a key in one kind of trial, or else in all kinds.
func limitFor[T any](table map[string]T, kind, key string) (T, bool) {
	if v, ok := table[kind+"/"+key]; ok {
		return v, true
	}
	v, ok := table[key]
	return v, ok
}

// checkNumber checks one number.
func checkNumber(at string, n json.Number, allowed numberRange) error {
	f, err := n.Float64()
	if err != nil || f < allowed.least || f > allowed.most || allowed.whole && f != math.Trunc(f) {
		return fmt.Errorf("%s is %s: want %v", at, shortened(n.String()), allowed)
	}
	return nil
}

// errEmptyList is about a list that is empty or missing, and must have an entry.
func errEmptyList(list string) error {
	return fmt.Errorf("%s has no entries: want 1 to %d", list, maxListed)
}

// checkBacklog returns an error for a number that is no argument of listen.
func checkBacklog(n int) error {
	if n < math.MinInt32 || n > math.MaxInt32 {
		return fmt.Errorf("backlog %d: want %v", n, int32s())
	}
	return nil
}

// shortened returns a value of a file for a message, with at most 40 bytes.
func shortened(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
