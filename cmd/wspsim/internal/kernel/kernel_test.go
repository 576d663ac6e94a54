package kernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	_ "wspsim/internal/update" // the flag -update
)

// needKernel skips a test where no experiment can be played on a kernel.
func needKernel(t *testing.T) Settings {
	t.Helper()
	if err := Available(); err != nil {
		t.Skip(err)
	}
	set, err := ReadSettings()
	if err != nil {
		t.Fatalf("ReadSettings() = %v, want no error", err)
	}
	return set
}

// certain is what each experiment must observe on a current kernel, a line
// "name = value" each. Values that depend on the phase of a timer are left out.
func certain(set Settings) map[string]string {
	want := map[string]string{
		"relisten-5-2":   relistenDownWant(5, 2),
		"relisten-8-0":   relistenDownWant(8, 0),
		"relisten-2-8":   "before: Recv-Q = 3\nat once: Recv-Q = 3\nat once: Send-Q = 8\nat once, waiting clients: SYN_SENT = 5\nthen, waiting clients: ESTABLISHED = 5\nthen: Recv-Q = 8\npending connections reset = 0\naccepted = 8",
		"emfile":         "accept = EMFILE\naccept on an empty queue = EMFILE\nafter accept: Recv-Q = 3\n4 more connect: Recv-Q = 6\nafter listen: Recv-Q = 6\none descriptor closed: accept = OK\nwhom = client 1\nnext accept = EMFILE\nat the end: Recv-Q = 5",
		"close-listener": "pending client 2: read = ECONNRESET\npending client 2: read again = EOF\npending client 2: write = EPIPE\nat once, waiting clients: SYN_SENT = 3\nwaiting client 3: told = ECONNREFUSED",
		"client-reset":   "one more connects: SYN_SENT = 1\none more connects: Recv-Q = 2\naccept = OK\nwhom = client 1\nread = ECONNRESET\nread again = EOF\nwrite = EPIPE\nwhom then = client 2",
		"client-end":     "one more connects: SYN_SENT = 1\none more connects: Recv-Q = 2\naccept = OK\nwhom = client 1\nits state = CLOSE_WAIT\nread = EOF\nwrite = OK\nwhom then = client 2",
		"phantoms":       "before: Recv-Q = 6\naccepted = 3\nsecond SYN: Recv-Q = 6\naccepted then = 6",
		"reuseport":      "ESTABLISHED = 8\nSYN_SENT = 32\nfirst listener: Recv-Q = 4\nsecond listener: Recv-Q = 4",
		"defer-accept":   "TCP_DEFER_ACCEPT set to 5 = 7\nESTABLISHED = 8\nSYN_SENT = 2\nRecv-Q = 4\nhalf-open = 4",
		"no-listener":    "connect = ECONNREFUSED\nthe same socket again = ECONNREFUSED\nnon-blocking connect: told = ECONNREFUSED\nafter listen: connect = OK",
		"errnos":         "listen, datagram socket = EOPNOTSUPP\nlisten, connected = EINVAL\nlisten, not a socket = ENOTSOCK\naccept, datagram socket = EOPNOTSUPP\naccept, not listening = EINVAL\naccept, nothing pending = EAGAIN\nconnect, listening = EISCONN",

		"half-open-cookies-0":  "SYN-ACKs = 4\nhalf-open = 4\nRSTs = 0\nRecv-Q = 0",
		"half-open-cookies-1":  "SYN-ACKs = 12\nhalf-open = 4\nRSTs = 0\nRecv-Q = 0",
		"half-open-cookies-2":  "SYN-ACKs = 12\nhalf-open = 0\nRSTs = 0\nRecv-Q = 0",
		"half-open-backlog-8":  "SYN-ACKs = 7\nhalf-open = 7",
		"half-open-backlog-64": "SYN-ACKs = 49\nhalf-open = 49",
		"late-ack-abort-0":     "full: Recv-Q = 2\nACK of the half-open: RSTs = 0\nACK of the half-open: half-open = 2\nACK of the cookie: RSTs = 0\nboth ACK with room: Recv-Q = 2",
		"late-ack-abort-1":     "full: Recv-Q = 2\nACK of the half-open: RSTs = 1\nACK of the half-open: half-open = 1\nACK of the cookie: RSTs = 0\nboth ACK with room: Recv-Q = 2",
		"expiry":               "half-open = 1\nforgotten after = 3 s\nSYN-ACKs = 2\nRSTs = 0\nlate ACK: RSTs = 1",
	}
	for _, n := range []int{0, 1, 2, 5, 14, 128} {
		want["fill-"+strconv.Itoa(n)] = fillWant(min(n, set.Values["somaxconn"]))
	}
	want["fill-minus-1"] = fillWant(set.Values["somaxconn"])
	for _, n := range []int{0, 1, 2, 5} {
		want["unix-"+strconv.Itoa(n)] = fmt.Sprintf("connected = %d\nthen connect = EAGAIN\nconnect after it = OK\nand once more = EAGAIN", n+1)
	}
	return want
}

func fillWant(effective int) string {
	return fmt.Sprintf("ESTABLISHED = %d\nSYN_SENT = 8\nRecv-Q = %[1]d\nSend-Q = %d\naccepted = %[1]d\naccept order = first in, first out\naccept at the end = EAGAIN",
		effective+1, effective)
}

func relistenDownWant(from, to int) string {
	return fmt.Sprintf("before: Recv-Q = %d\nafter listen: Recv-Q = %[1]d\nafter listen: Send-Q = %d\npending connections reset = 0\n"+
		"accepts until one more gets in = %d\nof the next 8 get in = 0\nat the end: Recv-Q = %d\naccept order = first in, first out",
		from+1, to, from+1-to, to+1)
}

func TestTheKernelShowsWhatWasMeasured(t *testing.T) {
	want := certain(needKernel(t))
	for _, e := range Experiments() {
		t.Run(e.Name, func(t *testing.T) {
			began, before := time.Now(), traces(t)
			seen, err := e.RunOnKernel(t.Context())
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("RunOnKernel took %v, want at most 10s", took)
			}
			if diff := cmp.Diff(before, traces(t)); diff != "" {
				t.Errorf("RunOnKernel changed (-before +after):\n%s", diff)
			}
			if errors.Is(err, ErrOtherSettings) || e.NeedsNamespace && errors.Is(err, ErrNoNamespace) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatalf("RunOnKernel() = %v, want no error", err)
			}
			wantLines(t, seen, want[e.Name])
		})
	}
}

// wantLines checks observations against lines of certain.
func wantLines(t *testing.T, seen []Observation, lines string) {
	t.Helper()
	values := byName(t, seen)
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		if got, observed := values[name]; got != value {
			t.Errorf("%s = %q (observed: %v), want %q", name, got, observed, value)
		}
	}
}

// byName returns the values of observations by name. Names must differ.
func byName(t *testing.T, seen []Observation) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, o := range seen {
		if _, twice := values[o.Name]; twice {
			t.Errorf("%q is observed twice", o.Name)
		}
		if o.Value == "" {
			t.Errorf("%q is observed without a value", o.Name)
		}
		values[o.Name] = o.Value
	}
	return values
}

// left is what an experiment must leave as it was.
type left struct {
	Descriptors int
	Limit       string // of descriptors
	Namespace   string
	Settings    Settings
}

func traces(t *testing.T) left {
	t.Helper()
	set := needKernel(t)
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	limits, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	namespace, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(limits), "Max open files")
	limit, _, _ := strings.Cut(string(limits)[max(i, 0):], "\n")
	return left{len(open), limit, namespace, set}
}

func TestExperimentNamesAreUniqueAndEachHasARow(t *testing.T) {
	rows := certain(usual())
	var names []string
	for _, e := range Experiments() {
		if e.What == "" || e.act == nil || slices.Contains(names, e.Name) {
			t.Errorf("experiment %s (%q): want a name of its own, what is done, and a script", e.Name, e.What)
		}
		if _, ok := rows[e.Name]; !ok {
			t.Errorf("no row says what is certain of experiment %s", e.Name)
		}
		names = append(names, e.Name)
	}
	for name := range rows {
		if !slices.Contains(names, name) {
			t.Errorf("there is no experiment %s, and a row says what it observes", name)
		}
	}
}

func find(t *testing.T, name string) Experiment {
	t.Helper()
	all := Experiments()
	i := slices.IndexFunc(all, func(e Experiment) bool { return e.Name == name })
	if i < 0 {
		t.Fatalf("there is no experiment %s", name)
	}
	return all[i]
}

func TestCancelledExperimentsEndSoonAndLeaveNothingBehind(t *testing.T) {
	needKernel(t)
	for _, row := range []struct {
		name  string
		after time.Duration
		why   string
	}{
		{"fill-5", 0, "before it begins"},
		{"relisten-2-8", 100 * time.Millisecond, "while it waits for a second SYN"},
		{"emfile", 35 * time.Millisecond, "when there is no descriptor free"},
		{"emfile", 45 * time.Millisecond, "when there is no descriptor free"},
		{"expiry", 100 * time.Millisecond, "in its namespace"},
	} {
		before := traces(t)
		ctx, cancel := context.WithTimeout(t.Context(), row.after)
		began := time.Now()
		_, err := find(t, row.name).RunOnKernel(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrNoNamespace) && !errors.Is(err, ErrOtherSettings) {
			t.Errorf("%s, cancelled %s: RunOnKernel() = %v, want %v", row.name, row.why, err, context.DeadlineExceeded)
		}
		if took := time.Since(began) - row.after; took > time.Second {
			t.Errorf("%s, cancelled %s: RunOnKernel went on for %v, want at most 1s", row.name, row.why, took)
		}
		if diff := cmp.Diff(before, traces(t)); diff != "" {
			t.Errorf("%s, cancelled %s, changed (-before +after):\n%s", row.name, row.why, diff)
		}
	}
}

func TestExperimentsOnTheKernelTakeTurns(t *testing.T) {
	needKernel(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := find(t, "close-listener").RunOnKernel(ctx) // waits for a second
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond)
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := find(t, "unix-0").RunOnKernel(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("RunOnKernel() during another experiment = %v, want %v", err, context.DeadlineExceeded)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) && !errors.Is(err, ErrOtherSettings) {
		t.Errorf("RunOnKernel() = %v, want %v", err, context.Canceled)
	}
}

func TestOtherSystemsHaveASentenceAndTheModel(t *testing.T) {
	defer func(a func() error, k func(context.Context, Experiment) ([]Observation, error)) {
		available, onKernel = a, k
	}(available, onKernel)
	available, onKernel = nil, nil
	err := Available()
	if err == nil || !strings.Contains(err.Error(), "the experiments are played on Linux") {
		t.Errorf("Available() = %v, want a sentence that names Linux", err)
	}
	if _, got := ReadSettings(); got == nil || got.Error() != err.Error() {
		t.Errorf("ReadSettings() = %v, want %v", got, err)
	}
	e := find(t, "fill-5")
	if _, got := e.RunOnKernel(t.Context()); got == nil || got.Error() != err.Error() {
		t.Errorf("RunOnKernel() = %v, want %v", got, err)
	}
	if seen, got := e.RunOnModel(usual()); got != nil || len(seen) == 0 {
		t.Errorf("RunOnModel() = %v, %v, want observations", seen, got)
	}
}

// TestTheKernelOfThisMachineAndTheModelShowTheSame is the comparison that verify
// --kernel prints.
func TestTheKernelOfThisMachineAndTheModelShowTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes ten seconds")
	}
	machine := needKernel(t)
	for _, e := range Experiments() {
		seen, err := e.RunOnKernel(t.Context())
		if errors.Is(err, ErrNoNamespace) || errors.Is(err, ErrOtherSettings) {
			t.Logf("%s: %v", e.Name, err)
			continue
		}
		modelled, modelErr := e.RunOnModel(machine)
		if err != nil || modelErr != nil || len(modelled) != len(seen) {
			t.Errorf("%s: kernel %d observations, %v; model %d observations, %v; want equally many and no error",
				e.Name, len(seen), err, len(modelled), modelErr)
			continue
		}
		for i := range seen {
			if seen[i] != modelled[i] && e.KnownDifference(seen[i].Name) == "" {
				t.Errorf("%s: kernel %+v, model %+v", e.Name, seen[i], modelled[i])
			}
		}
	}
}
