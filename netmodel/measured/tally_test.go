package measured

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wspsim/internal/update"
)

const (
	readme      = "../../testdata/truth/README.md"
	tableBegins = "<!-- agreement: written by go test ./netmodel/measured -run Agreement -update -->\n"
	tableEnds   = "<!-- end of agreement -->\n"
)

// titles says what each file measured, as the table has it, in its order.
var titles = []struct{ file, title string }{
	{"L01_fill", "Linux 6.18: the program does not accept; backlog x somaxconn x tcp_abort_on_overflow"},
	{"L01b_fill_big", "backlogs beyond 16 bits"},
	{"L03_drain", "which clients get in when slots become free, when, in which order"},
	{"L04_relisten", "listen again while full"},
	{"L05_emfile", "accept without a descriptor"},
	{"L06_close", "close and shutdown of the listener"},
	{"L07_client_gone", "clients that reset or close early"},
	{"L08_no_listener", "no listener"},
	{"L09_errors", "error codes of listen, accept, connect, bind"},
	{"L10_syn_schedule", "when SYNs go out again, and ETIMEDOUT"},
	{"L11_phantom", "phantoms: final ACKs at a full queue"},
	{"L12_openloop", "open loop at one worker, every SYN, ACK and accept logged"},
	{"L13_burst_rtt", "30 clients at once over 50 ms"},
	{"L14_syn_queue", "half-open limits and SYN cookies"},
	{"L15_synack_schedule", "when SYN-ACKs go out again, and expiry"},
	{"L16_unix", "AF_UNIX streams"},
	{"L17_defer_accept", "TCP_DEFER_ACCEPT"},
	{"L18_reuseport", "SO_REUSEPORT, tcp_migrate_req"},
	{"L19_retx_order", "the order within one slot of the timer wheel"},
	{"P_packetdrill", "packetdrill scripts"},
	{"G_gvisor", "gVisor's netstack"},
	{"D_gonet", "Go's net: Linux, js/wasm, wasip1"},
	{"W_wine", "Wine's error codes, which are not those of Windows"},
}

// TestGoldenOfTheAgreementWithWhatWasMeasured replays every file and
// compares the table with the one in testdata/truth/README.md: how many of how many
// fields agree, and every disagreement with its cause.
func TestGoldenOfTheAgreementWithWhatWasMeasured(t *testing.T) {
	files, err := filepath.Glob("../../testdata/truth/*.jsonl")
	if err != nil || len(files) != len(titles) {
		t.Fatalf("%d files of measurements, %v; the table has %d", len(files), err, len(titles))
	}
	var table, differ strings.Builder
	table.WriteString("| measured | measurements, of which all compared fields agree | compared fields that agree |\n|---|--:|--:|\n")
	var all []*Comparison
	for _, row := range titles {
		done := replayFile(t, row.file)
		all = append(all, done...)
		sum := sum(done)
		fields := fmt.Sprintf("%s of %s", thousands(sum.Agree), thousands(sum.Fields))
		if sum.Decisions > 0 {
			fields += fmt.Sprintf("; decisions %s of %s", thousands(sum.DecisionsAgree), thousands(sum.Decisions))
		}
		fmt.Fprintf(&table, "| %s: %s | %d of %d | %s |\n", strings.SplitN(row.file, "_", 2)[0], row.title, sum.Agreeing, sum.Trials, fields)
		writeDifferences(t, &differ, row.file, sum)
	}
	sum := sum(all)
	fmt.Fprintf(&table, "| all | %d of %d | %s of %s; decisions %s of %s |\n", sum.Agreeing, sum.Trials,
		thousands(sum.Agree), thousands(sum.Fields), thousands(sum.DecisionsAgree), thousands(sum.Decisions))
	text := table.String() + "\nEvery disagreement, with its cause where it is known:\n\n" + differ.String()
	compareWith(t, text)
}

// writeDifferences lists the causes of what differs in a file. One without a
// cause is an error unless it is counted as unexplained.
func writeDifferences(t *testing.T, b *strings.Builder, file string, sum Tally) {
	t.Helper()
	times := map[[2]string]int{} // by what is counted and why
	add := func(what, cause string, n int) { times[[2]string{what, cause}] += n }
	for _, d := range sum.Differences {
		if d.Cause == "" {
			t.Errorf("%s: %s differs %d times, %s, and no cause is given", file, d.Field, d.Times, d.Example)
			continue
		}
		perDecision := false
		for part := range strings.SplitSeq(d.Cause, "; ") {
			if number, why, ok := strings.Cut(part, " "); ok {
				if n, err := strconv.Atoi(number); err == nil { // "4 within 2 ms of ...": a field that counts decisions
					add("decision", why, n*d.Times)
					perDecision = true
				}
			}
		}
		if !perDecision {
			add("field", inGeneral.ReplaceAllString(d.Cause, "the decisions that differ"), d.Times)
		}
	}
	keys := slices.SortedFunc(maps.Keys(times), func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), times[b]-times[a], strings.Compare(a[1], b[1]))
	})
	for _, key := range keys {
		fmt.Fprintf(b, "- %s, %s: %s\n", strings.SplitN(file, "_", 2)[0], counted(times[key], key[0]), key[1])
	}
}

// inGeneral is how a cause speaks of the decisions of one run.
var inGeneral = regexp.MustCompile(`the \d+ decisions? that differs?`)

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

func compareWith(t *testing.T, text string) {
	t.Helper()
	whole, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(whole), tableBegins)
	was, after, closed := strings.Cut(rest, tableEnds)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table: want it between %q and %q", readme, tableBegins, tableEnds)
	}
	if update.Goldens() {
		if err := os.WriteFile(readme, []byte(before+tableBegins+text+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if was != text {
		t.Errorf("%s has another table (-update rewrites it):\n%s", readme, text)
	}
}
