package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
)

// connection returns the records and segments of a client that is served at once.
func connection(client int, at, delay int64) ([]recording.Record, []recording.Transmission) {
	r := func(when int64, kind, host string, pending int) recording.Record {
		return recording.Record{At: when, Kind: kind, Host: host, Client: client, Attempt: 1, Rule: "R3", FD: 3, Pending: pending, Limit: 5, Available: 5 - pending}
	}
	s := func(when int64, kind, from, to string, seq uint32) recording.Transmission {
		return recording.Transmission{Sent: when, Arrives: when + delay, Kind: kind, From: from, To: to, Client: client, Attempt: 1, Seq: seq}
	}
	served := r(at+3*delay, "request_accepted", "server", 0)
	served.Value = 4
	closed := recording.Record{At: at + 3*delay, Kind: "called", Host: "server", Client: client, Attempt: 1, Call: "close", FD: 4, Value: 1}
	return []recording.Record{{At: at, Kind: "syn_sent", Host: "clients", Client: client, Attempt: 1}, r(at+delay, "request_queued", "server", 1), {At: at + 2*delay, Kind: "connected", Host: "clients", Client: client, Attempt: 1}, r(at+3*delay, "completed", "server", 1), served, closed},
		[]recording.Transmission{s(at, "SYN", "clients", "server", 0), s(at+delay, "SYN-ACK", "server", "clients", 0), s(at+2*delay, "ACK", "clients", "server", 1)}
}

// crowd is a run of clients that come one after the other, each when the one before is served.
func crowd(clients int, every, delay int64) recording.Run {
	r := recording.Run{Model: "0", Hash: "0", Scenario: "edge", Summary: "an edge", Profile: "wsp", Long: "the WSPListen page", Seed: "1", Command: "none", Backlog: 5, InForce: 5, Limit: 5}
	for i := range clients {
		records, segments := connection(i+1, int64(i)*every, delay)
		r.Names = append(r.Names, fmt.Sprintf("c%d", i+1))
		r.Records = append(r.Records, records...)
		r.Transmissions = append(r.Transmissions, segments...)
		r.End = records[len(records)-1].At
	}
	return r
}

// written writes a page with runs and returns its address.
func written(t *testing.T, runs ...recording.Run) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Write(f, runs...); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return "file://" + file
}

// Every key of the player, and every button and slider of its controls. It returns what the
// clock shows after End, and how long the slowest key took.
const everyControl = `(() => {
	const clock = () => document.getElementById('clock').textContent, press = (key, at = document) => {
		const began = performance.now();
		at.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
		slowest = Math.max(slowest, performance.now() - began);
	};
	let slowest = 0;
	for (const k of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'r', 'i', 'p', 't', 'n', 'n', 'N', '+', '-', 's', 's', 'd', 'd', 'End', 'ArrowRight', 'Home', 'ArrowLeft']) press(k);
	const head = document.querySelector('.playhead');
	for (const k of ['PageUp', 'PageUp', 'PageDown']) press(k, head);
	for (const b of document.querySelectorAll('.controls button:not([disabled])')) b.click();
	if (document.getElementById('play').textContent === 'Pause') document.getElementById('play').click();
	for (const x of [0, 0.5, 1]) {
		const box = document.querySelector('.plot.main').getBoundingClientRect();
		document.querySelector('.plot.main').dispatchEvent(new PointerEvent('pointerdown', {clientX: box.left + x * box.width, clientY: box.top + 5, bubbles: true, cancelable: true, pointerId: 1}));
	}
	press('End');
	return {Clock: clock(), Slowest: slowest, Value: Number(head.getAttribute('aria-valuenow')), Max: Number(head.getAttribute('aria-valuemax'))};
})()`

func TestTheControlsHoldAtTheEdges(t *testing.T) {
	b := open(t)
	for _, tt := range []struct {
		why  string
		runs []recording.Run
		end  string
	}{
		{"a run without clients", []recording.Run{crowd(0, 0, 0)}, "0.000 ms"},
		{"one client", []recording.Run{crowd(1, 0, 1e6)}, "3.000 ms"},
		{"a run of 0 ns", []recording.Run{crowd(3, 0, 0)}, "0.000 ms"},
		{"a run of 26,000 s", []recording.Run{crowd(300, 26_000_000_000_000/300, 1e6)}, ""},
		{"as many records as a page may have", []recording.Run{crowd(3333, 1e6, 1e5), crowd(3333, 1e6, 2e5)}, ""},
		{"systems with other crowds", []recording.Run{crowd(3, 1e6, 1e5), crowd(1, 1e6, 1e5), crowd(0, 0, 0)}, ""},
	} {
		url := written(t, tt.runs...)
		for _, width := range []int64{400, 1440} {
			b.size(width, 900, "light", "no-preference")
			b.load(url)
			type seen struct {
				Clock               string
				Slowest, Value, Max float64
			}
			// A pointer that nobody holds cannot be captured: that is the script's fault.
			ask[bool](b, "Boolean(Element.prototype.setPointerCapture = () => {})")
			got := ask[seen](b, everyControl)
			if tt.end != "" && got.Clock != tt.end || got.Value != got.Max {
				t.Errorf("%s, %d px: at the end the clock shows %s and the slider is at %.0f of %.0f, want %s", tt.why, width, got.Clock, got.Value, got.Max, tt.end)
			}
			if got.Slowest > 250 {
				t.Errorf("%s, %d px: a key takes %.0f ms", tt.why, width, got.Slowest)
			}
			for _, fault := range awaited[[]string](b, faultsOf(false)) {
				t.Errorf("%s, %d px: %s", tt.why, width, fault)
			}
			b.quiet()
		}
	}
}
