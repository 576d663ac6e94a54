package netmodel_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// queued lets clients connect to a listener one after the other, while the server's
// program accepts nothing. The clients have the Linux profile.
func queued(t *testing.T, p netmodel.Profile, backlog, clients int) *world {
	t.Helper()
	const gap = 5 * time.Millisecond
	w := &world{t: t, n: netmodel.NewNetwork(1)}
	w.server = w.n.AddHost("server", netmodel.HostConfig{Profile: p})
	w.crowd = w.n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.Linux()})
	w.n.SetLink(w.server, w.crowd, netmodel.Link{Latency: time.Millisecond})
	w.to = netmodel.Addr{IP: netmodel.HostAddr(w.server, 1), Port: port}
	h := w.host()
	var err error
	if w.fd, err = h.Socket(winsock.SOCK_STREAM); err != nil {
		t.Fatalf("Socket: %v", err)
	}
	wantErr(t, "Bind", h.Bind(w.fd, netmodel.Addr{Port: port}), 0)
	wantErr(t, "Listen", h.Listen(w.fd, backlog), 0)
	w.crowdOf(clients, gap, netmodel.ClientConfig{})
	w.run(time.Duration(clients) * gap)
	return w
}

// progress counts the attempts by their progress.
func (w *world) progress() map[netmodel.Progress]int {
	count := map[netmodel.Progress]int{}
	for _, f := range w.n.Results() {
		count[f.Progress]++
	}
	return count
}

// connected returns how many connects have succeeded. Stevens counted the same.
func connected(t *testing.T, p netmodel.Profile, backlog, clients int) int {
	t.Helper()
	s := queued(t, p, backlog, clients).progress()
	return s[netmodel.ProgressQueued] + s[netmodel.ProgressPhantom]
}

// stevens reads Figure 4.10 of Stevens, Fenner and Rudoff, "UNIX Network
// Programming", volume 1, 3rd edition. It has a row for each backlog and a column for each
// system.
func stevens(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open("../testdata/stevens_4_10.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestStevensFigure410(t *testing.T) {
	rows := stevens(t)
	columns := [][]netmodel.Profile{
		{profiles.MacOSX102(), profiles.AIX5()}, // one column for both
		{profiles.Linux24()}, {profiles.HPUX11()}, {profiles.FreeBSD4()}, {profiles.Solaris9()},
	}
	if len(rows) != 16 || len(rows[0]) != 1+len(columns) {
		t.Fatalf("%d rows of %d cells, want a header and 15 backlogs, for 5 systems", len(rows), len(rows[0]))
	}
	var outliers []string
	cells := 0
	for n, row := range rows[1:] {
		check(t, "backlog of row "+itoa(n+1), row[0], itoa(n))
		for k, profiles := range columns {
			book, err := strconv.Atoi(row[1+k])
			if err != nil {
				t.Fatal(err)
			}
			cells++
			for _, p := range profiles {
				if got := connected(t, p, n, 30); got != book {
					outliers = append(outliers, fmt.Sprintf("%s backlog %d: book %d, model %d", p.Name, n, book, got))
				}
			}
		}
	}
	check(t, "cells", cells, 75)
	// Both transcriptions of the figure have 6. The source (floor(3n/2) + 1) gives 7, and
	// agrees with every other row of the column. So 6 is probably an error of the
	// measurement or of the print.
	check(t, "cells that differ", fmt.Sprint(outliers), "[solaris9 backlog 4: book 6, model 7]")
}

// The figure has backlog + 3 for Linux 2.4.7. The queue holds backlog + 1.
func TestLinux24HoldsOneMoreAndTwoArePhantoms(t *testing.T) { // ST.6
	for n := range 15 {
		s := queued(t, profiles.Linux24(), n, 30).progress()
		check(t, "listen("+itoa(n)+"): queued", s[netmodel.ProgressQueued], n+1)
		check(t, "listen("+itoa(n)+"): phantoms", s[netmodel.ProgressPhantom], 2)
		check(t, "listen("+itoa(n)+"): trying", s[netmodel.ProgressTrying], 30-n-3)
	}
}

// huge is far above every limit.
const huge = 1_000_000

var asked = [8]int{-1, 0, 1, 2, 5, 14, 128, huge}

// capacities has the number of complete connections that can wait for each backlog in
// asked, if clients connect one after the other and the program accepts nothing.
// profiles.Facts has the source of each limit.
var capacities = []struct {
	profile netmodel.Profile
	want    [8]int
	why     string
}{
	{profiles.BSD42(), [8]int{1, 1, 2, 4, 8, 8, 8, 8}, "3n/2 + 1, n from 0 to 5"},
	{profiles.BSD44(), [8]int{1, 1, 2, 4, 8, 8, 8, 8}, "3n/2 + 1, n from 0 to 5"},
	{profiles.Linux22(), [8]int{129, 2, 2, 3, 6, 15, 129, 129}, "0 is 1, cap 128"},
	{profiles.Linux24(), [8]int{129, 1, 2, 3, 6, 15, 129, 129}, "n + 1, cap 128; two more are phantoms"},
	{profiles.Linux2620(), [8]int{129, 1, 2, 3, 6, 15, 129, 129}, "n + 1, cap 128; two more are phantoms"},
	{profiles.Linux43(), [8]int{129, 1, 2, 3, 6, 15, 129, 129}, "n + 1, cap 128; two more are phantoms"},
	{profiles.Linux410(), [8]int{129, 1, 2, 3, 6, 15, 129, 129}, "n + 1, cap 128"},
	{profiles.Linux54(), [8]int{4097, 1, 2, 3, 6, 15, 129, 4097}, "n + 1, cap 4096"},
	{profiles.Linux65(), [8]int{4097, 1, 2, 3, 6, 15, 129, 4097}, "n + 1, cap 4096"},
	{profiles.Linux(), [8]int{4097, 1, 2, 3, 6, 15, 129, 4097}, "n + 1, cap 4096; measured"},
	{profiles.FreeBSD(), [8]int{193, 1, 2, 4, 8, 22, 193, 193}, "3n/2 + 1, cap 128"},
	{profiles.FreeBSD4(), [8]int{129, 1, 2, 3, 6, 15, 129, 129}, "the SYN is tested against n"},
	{profiles.NetBSD(), [8]int{1, 1, 2, 3, 6, 15, 129, 129}, "negative is 0"},
	{profiles.OpenBSD(), [8]int{129, 81, 81, 81, 81, 81, 129, 129}, "at least kern.sominconn = 80"},
	{profiles.Darwin(), [8]int{128, 128, 1, 2, 5, 14, 128, 128}, "exactly n; 0 and negative are 128"},
	{profiles.Illumos(), [8]int{1, 1, 2, 4, 8, 22, 128, 128}, "3n/2 + 1, then at most 128"},
	{profiles.Solaris9(), [8]int{1, 1, 2, 4, 8, 22, 128, 128}, "3n/2 + 1, then at most 128"},
	{profiles.GVisor(), [8]int{1025, 1, 2, 3, 6, 15, 129, 1025}, "n + 1, cap 1024"},
	{profiles.LwIP(), [8]int{1, 1, 1, 2, 5, 14, 128, 255}, "1 to 255"},
	// Stevens' table has 1 to 14 only. -1 and the cap of 11i v3 are choices of the model.
	{profiles.HPUX11(), [8]int{1, 1, 1, 3, 7, 21, 192, 6144}, "max(1, 3n/2), cap 4096"},
	// The table has no number for -1 or above 128 either.
	{profiles.AIX5(), [8]int{1, 1, 2, 4, 8, 22, 193, 1537}, "3n/2 + 1, cap 1024"},
	{profiles.MacOSX102(), [8]int{1, 1, 2, 4, 8, 22, 193, 193}, "3n/2 + 1, cap 128"},
	// Measured (testdata/truth: L16, W, D); smoltcp from its source.
	{profiles.Unix(), [8]int{4097, 1, 2, 3, 6, 15, 129, 4097}, "K16"},
	{profiles.Wine(), [8]int{4097, 1, 2, 3, 6, 15, 129, 4097}, "the queue of the kernel below, W"},
	{profiles.GoFakeNet(), [8]int{128, 128, 128, 128, 128, 128, 128, 128}, "128 for every argument, D"},
	{profiles.Smoltcp(), [8]int{0, 0, 1, 2, 5, 14, 128, 1024}, "sockets in LISTEN; 1024 is a choice of the model"},
}

func TestCapacityOfEveryStack(t *testing.T) { // K1
	for _, row := range capacities {
		for i, n := range asked {
			if row.want[i] > 1100 && row.profile.Name != "linux" && row.profile.Name != "unix" {
				s := listening(t, row.profile, n) // checks the limit only: filling the queue is slow
				q, _ := s.h.Queue(s.fd)
				check(t, fmt.Sprintf("%s (%s): listen(%d): limit", row.profile.Name, row.why, n), q.Limit, row.want[i])
				continue
			}
			w := queued(t, row.profile, n, row.want[i]+4)
			q, _ := w.host().Queue(w.fd)
			check(t, fmt.Sprintf("%s (%s): listen(%d): queued", row.profile.Name, row.why, n), q.Complete, row.want[i])
		}
	}
}

func TestEveryStackHasACapacity(t *testing.T) {
	known := map[string]bool{"netstack": true} // TestNetstackHoldsExactlyWhatIsAsked
	for _, row := range capacities {
		known[row.profile.Name] = true
	}
	for _, p := range profiles.All() {
		if p.Calls != netmodel.CallsWinsock && !known[p.Name] {
			t.Errorf("profile %s has no row in the table of capacities", p.Name)
		}
	}
}

func TestNetstackHoldsExactlyWhatIsAsked(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 5, 64} { // G
		w := queued(t, profiles.Netstack(), n, max(n, 0)+4)
		q, _ := w.host().Queue(w.fd)
		check(t, "Listen("+itoa(n)+"): queued", q.Complete, max(n, 0))
	}
}

func TestListenZeroOnFourSystems(t *testing.T) {
	for _, row := range []struct {
		profile netmodel.Profile
		want    int
	}{{profiles.Linux(), 1}, {profiles.Darwin(), 128}, {profiles.OpenBSD(), 81}, {profiles.Netstack(), 0}} {
		check(t, row.profile.Name+": connected after listen(0)", connected(t, row.profile, 0, row.want+4), row.want)
	}
}

// backlogs fit into 32 bits, the size of an int on 386.
var backlogs = [16]int{-2147483648, -70000, -300, -200, -5, -1, 0, 1, 2, 5, 6, 199, 200, 201, 8192, 0x7fffffff}

var effective = []struct {
	profile netmodel.Profile
	why     string
	want    [16]int
}{
	{profiles.WSP(), "1 to 200, no hints",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 6, 199, 200, 200, 200, 200}},
	{profiles.Windows(), "1 to 200, hints 200 to 65535",
		[16]int{65535, 65535, 300, 200, 200, 200, 1, 1, 2, 5, 6, 199, 200, 200, 200, 200}},
	{profiles.NT4Server(), "1 to 200, no hints yet",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 6, 199, 200, 200, 200, 200}},
	{profiles.NT4Workstation(), "1 to 5",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 5, 5, 5, 5, 5, 5}},
	{profiles.WindowsCE3(), "1 to 5",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 5, 5, 5, 5, 5, 5}},
	{profiles.Winsock11(), "1 to 5",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 5, 5, 5, 5, 5, 5}},
}

func TestEffectiveBacklogOfEveryProfile(t *testing.T) { // C1 C2 WS.B1 WS.B2 WS.B6 WS.B7 WS.B10
	if len(effective) != len(winsockProfiles()) {
		t.Fatalf("%d rows for %d profiles", len(effective), len(winsockProfiles()))
	}
	for _, row := range effective {
		for i, asked := range backlogs {
			what := row.profile.Name + " (" + row.why + "): Effective(" + itoa(asked) + ")"
			check(t, what, row.profile.Backlog.Effective(asked), row.want[i])
			s := listening(t, row.profile, asked) // silently: no error
			q, _ := s.h.Queue(s.fd)
			check(t, what+" after Listen: limit", q.Limit, row.want[i])
			check(t, what+" after Listen: available", q.Available, row.want[i])
			check(t, what+" after Listen: asked", q.Asked, asked)
		}
	}
}

func TestTheLowestIntIsTheLargestHint(t *testing.T) { // WS.B10
	check(t, "Effective(MinInt) of windows", profiles.Windows().Backlog.Effective(math.MinInt), 65535)
	check(t, "Effective(MinInt) of wsp", profiles.WSP().Backlog.Effective(math.MinInt), 1)
	check(t, "Effective(MaxInt) of wsp", profiles.WSP().Backlog.Effective(math.MaxInt), 200)
	check(t, "Effective(-65535) of windows", profiles.Windows().Backlog.Effective(-65535), 65535)
	check(t, "Effective(-65536) of windows", profiles.Windows().Backlog.Effective(-65536), 65535)
	check(t, "Effective(-201) of windows", profiles.Windows().Backlog.Effective(-201), 201)
}

func TestSomaxconnIsTheMaximumOfTheProfile(t *testing.T) { // P4 WS.B4 WS.B5 WS.B8
	for _, row := range []struct {
		profile   netmodel.Profile
		somaxconn int
		want      int
	}{
		{profiles.WSP(), 0x7fffffff, 200},
		{profiles.Windows(), 0x7fffffff, 200},
		{profiles.NT4Server(), 0x7fffffff, 200},
		{profiles.NT4Workstation(), 0x7fffffff, 5},
		{profiles.WindowsCE3(), 5, 5},
		{profiles.Winsock11(), 5, 5},
	} {
		check(t, row.profile.Name+": Somaxconn", row.profile.Backlog.Somaxconn, row.somaxconn)
		check(t, row.profile.Name+": Effective(SOMAXCONN)", row.profile.Backlog.Effective(row.somaxconn), row.want)
	}
	odd := profiles.WSP()
	odd.Backlog = netmodel.Backlog{Min: 1, Max: 50, Somaxconn: -7, HintMin: 1, HintMax: 10}
	check(t, "Effective(SOMAXCONN) where that is a negative number", odd.Backlog.Effective(-7), 50)
}

func TestListenZeroHoldsOne(t *testing.T) { // WS.B9
	for _, p := range winsockProfiles() {
		s := listening(t, p, 0)
		check(t, p.Name+": first SYN", s.syn("a"), "SYN-ACK")
		check(t, p.Name+": second SYN", s.syn("b"), "RST")
	}
}

func TestAProfileMaySetAnotherMaximum(t *testing.T) { // C1 P4
	p := profiles.WSP()
	p.Backlog.Min, p.Backlog.Max = 3, 8
	for _, row := range []struct{ asked, want int }{{-1, 3}, {2, 3}, {3, 3}, {8, 8}, {9, 8}, {p.Backlog.Somaxconn, 8}} {
		check(t, "Effective("+itoa(row.asked)+") of 3..8", p.Backlog.Effective(row.asked), row.want)
	}
}

func TestProfilesAreKnownByName(t *testing.T) {
	for _, p := range winsockProfiles() {
		got, ok := profiles.ByName(p.Name)
		if !ok || got != p || p.Long == "" {
			t.Errorf("profiles.ByName(%q) = %q, %v: want the same profile, with a description", p.Name, got.Name, ok)
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: Validate() = %v, want nil", p.Name, err)
		}
	}
	if _, ok := profiles.ByName("plan9"); ok {
		t.Error(`profiles.ByName("plan9") found a profile, want none`)
	}
	check(t, "first profile", profiles.All()[0].Name, "wsp")
}
