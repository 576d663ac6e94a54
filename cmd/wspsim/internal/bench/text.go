package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"time"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
)

// Text prints the measurements.
func (r *Result) Text(w *bufio.Writer, style screen.Style) {
	if r.Interrupted {
		fmt.Fprintln(w, "Interrupted; so far:")
	}
	fmt.Fprintf(w, "%s/%s, %s, %s, model %s\nWall-clock time, the minimum of several rounds. A busy machine takes longer.\n",
		runtime.GOOS, runtime.GOARCH, words.Counted(runtime.GOMAXPROCS(0), "core"), runtime.Version(), netmodel.ModelVersion)
	r.events(w, style)
	r.connections(w, style)
	r.rest(w, style)
	fmt.Fprintln(w)
	if !r.Interrupted {
		with := ""
		if r.Options.Quick {
			with = " with --quick"
		}
		fmt.Fprintf(w, "  hash   %016x of the work, the same on every machine%s\n", r.Hash, with)
	}
	fmt.Fprintf(w, "  took   %v\n", r.Took.Round(100*time.Millisecond))
}

func (r *Result) events(w *bufio.Writer, style screen.Style) {
	if len(r.Events) > 0 {
		fmt.Fprintf(w, "\n%s: take the next event, schedule another\n", style.Bold("Events"))
		costs(w, "waiting", r.Events, "events")
	}
	if ns := r.Timers.Nanoseconds; ns > 0 {
		fmt.Fprintf(w, "  a timer cancelled and armed again, two events scheduled: %.0f ns\n", ns)
	}
	if ns := r.Queue.Nanoseconds; ns > 0 {
		fmt.Fprintf(w, "  a customer of M/M/1/10, with two draws of sim.Exponential: %.0f ns; %.4f blocked (theory: 0.0508)\n",
			ns, r.Blocked.ratio())
	}
}

func (r *Result) connections(w *bufio.Writer, style screen.Style) {
	if len(r.Connections) > 0 {
		fmt.Fprintf(w, "\n%s: SYN, SYN-ACK, ACK, accept, close; backlog %d; every record hashed\n", style.Bold("Connections"), backlog)
		for _, c := range r.Connections {
			fmt.Fprintf(w, "  %-24s %6.0f ns %12s per second\n", c.Name, c.Nanoseconds, perSecond(c.Nanoseconds))
		}
	}
	if len(r.Growth) > 0 {
		fmt.Fprintf(w, "\n%s: a run with this number of connections\n", style.Bold("Growth"))
		costs(w, "connections", r.Growth, "connections")
	}
	if len(r.Clients) > 0 {
		fmt.Fprintf(w, "\n%s: a connection with this number of clients\n", style.Bold("Clients"))
		costs(w, "clients", r.Clients, "connections")
	}
}

func (r *Result) rest(w *bufio.Writer, style screen.Style) {
	if m := r.Memory; m.Clients > 0 {
		fmt.Fprintf(w, "\n%s: %s waiting clients, each with a timer: %.0f bytes per client, %s in total\n",
			style.Bold("Memory"), words.Count(m.Clients), m.Bytes, size(m.Total))
	}
	if len(r.Cores) > 0 {
		fmt.Fprintf(w, "\n%s: %d independent runs\n", style.Bold("Cores"), replications)
		for _, c := range r.Cores {
			same := "the same results"
			if c.Workers > 1 && c.Speedup < 1.5 {
				same += " (is the machine busy?)"
			}
			if !c.Same {
				same = style.Red("DIFFERENT RESULTS: this is a defect")
			}
			fmt.Fprintf(w, "  %-11s %4.2f times as fast, %s\n", words.Counted(c.Workers, "worker"), c.Speedup, same)
		}
	}
}

// costs prints the costs of several sizes side by side.
func costs(w *bufio.Writer, size string, points []Point, what string) {
	var sizes, each, rates strings.Builder
	for _, p := range points {
		fmt.Fprintf(&sizes, "%12s", words.Count(p.N))
		fmt.Fprintf(&each, "%12.1f", p.Nanoseconds)
		fmt.Fprintf(&rates, "%12s", perSecond(p.Nanoseconds))
	}
	fmt.Fprintf(w, "  %-22s%s\n  %-22s%s\n  %-22s%s\n", size, &sizes, "ns each", &each, what+" per second", &rates)
}

// size returns a number of bytes in a unit that fits.
func size(bytes uint64) string {
	if bytes < 10<<20 {
		return words.Count(bytes>>10) + " KiB"
	}
	return words.Count(bytes>>20) + " MiB"
}

// perSecond returns the rate per second for a cost in ns, with three significant digits.
func perSecond(ns float64) string {
	n := int64(1e9 / max(ns, 1e-3))
	unit := int64(1)
	for n/unit >= 1000 {
		unit *= 10
	}
	return words.Count((n + unit/2) / unit * unit)
}

// Schema names the form of the JSON document.
const Schema = "wspsim.bench/v1"

// JSON prints the measurements as one document. Measurements that were not made are left out.
func (r *Result) JSON(w *bufio.Writer) error {
	doc := struct {
		Schema      string       `json:"schema"`
		Model       string       `json:"model"`
		Go          string       `json:"go"`
		OS          string       `json:"os"`
		Arch        string       `json:"arch"`
		CPUs        int          `json:"cpus"`
		Quick       bool         `json:"quick"`
		Interrupted bool         `json:"interrupted"`
		Events      []Point      `json:"event_ns"`
		Timer       float64      `json:"timer_cycle_ns,omitzero"`
		Customer    float64      `json:"mm1k_customer_ns,omitzero"`
		Blocked     float64      `json:"mm1k_blocked,omitzero"`
		Connections []Connection `json:"connection_ns"`
		Growth      []Point      `json:"growth_ns"`
		Crowds      []Point      `json:"clients_ns"`
		Clients     int          `json:"waiting_clients,omitzero"`
		Bytes       float64      `json:"bytes_per_waiting_client,omitzero"`
		Cores       []Core       `json:"cores"`
		Hash        string       `json:"work_hash,omitzero"`
		TookNS      int64        `json:"took_ns"`
	}{
		Schema: Schema, Model: netmodel.ModelVersion, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0),
		Quick: r.Options.Quick, Interrupted: r.Interrupted,
		Events: listOf(r.Events), Timer: r.Timers.Nanoseconds, Customer: r.Queue.Nanoseconds, Blocked: r.Blocked.ratio(),
		Connections: listOf(r.Connections), Growth: listOf(r.Growth), Crowds: listOf(r.Clients),
		Clients: r.Memory.Clients, Bytes: r.Memory.Bytes, Cores: listOf(r.Cores), TookNS: int64(r.Took),
	}
	if !r.Interrupted {
		doc.Hash = fmt.Sprintf("%016x", r.Hash)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

func (s Share) ratio() float64 { return float64(s.Part) / float64(max(s.Whole, 1)) }

// listOf returns a list that is never nil, so that JSON writes [] and not null.
func listOf[T any](list []T) []T { return append([]T{}, list...) }
