package lockstep

import (
	"fmt"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// A variation is a WSP profile with some settings changed.
type variation struct {
	name    string
	profile netmodel.Profile
}

// small is the profile that the small worlds vary: 2 is the largest backlog,
// and nothing is sent twice, so that there are few instants.
func small() netmodel.Profile {
	p := profiles.WSP()
	p.Backlog.Max = 2
	applyTimes(&p, 2)
	return p
}

// variations returns the small profile and, for each value of each setting, one
// that has it.
func variations() []variation {
	out := []variation{{"wsp", small()}}
	for _, s := range listenerSettings() {
		for v := 1; v < len(s.Values); v++ {
			p := small()
			if s.Apply(&p, v); s.Name != "max" && sensible(p) != small() {
				out = append(out, variation{s.Name + "=" + s.Values[v], sensible(p)})
			}
		}
	}
	return out
}

// choice is a value of a setting.
type choice struct{ setting, value int }

// pairwise returns profiles in which every value of every setting meets every
// value of every other: most mistakes need two settings, not twenty.
func pairwise() []variation {
	settings := listenerSettings()
	open := map[[2]choice]bool{}
	for a := range settings {
		for b := range a {
			for v := range settings[a].Values {
				for w := range settings[b].Values {
					open[[2]choice{{a, v}, {b, w}}] = true
				}
			}
		}
	}
	rand := sim.Stream(1, 1, 1)
	var out []variation
	for len(open) > 0 {
		best, most := []int(nil), -1
		for range 100 {
			row := make([]int, len(settings))
			for i, s := range settings {
				row[i] = int(rand.Uint64N(uint64(len(s.Values))))
			}
			if n := meets(row, open, false); n > most {
				best, most = row, n
			}
		}
		meets(best, open, true)
		p := profiles.WSP()
		for i, s := range settings {
			s.Apply(&p, best[i])
		}
		out = append(out, variation{fmt.Sprintf("pairs %d", len(out)+1), sensible(p)})
	}
	return out
}

// meets returns how many open pairs a row has, and closes them if it shall.
func meets(row []int, open map[[2]choice]bool, closing bool) int {
	n := 0
	for a := range row {
		for b := range a {
			pair := [2]choice{{a, row[a]}, {b, row[b]}}
			if open[pair] {
				n++
			}
			if closing {
				delete(open, pair)
			}
		}
	}
	return n
}

// worlds returns the small worlds of a profile. In the first, two listens may
// follow each other, listeners come and go, and connections are closed. In the
// second the condition function decides, and the listener may pause. In the
// third requests wait for it unanswered.
func worlds(p netmodel.Profile, attempts int) [3]World {
	ways := []AcceptWay{AcceptPlain, AcceptReject, AcceptDefer}
	if p.Nesting {
		ways = append(ways, AcceptListening, AcceptAccepting, AcceptClosing, AcceptOpening)
	}
	return [3]World{
		{
			Profile: p, Descriptors: 2, Attempts: attempts, Backlogs: []int{1, 2}, Listens: 2,
			Ways:  []AcceptWay{AcceptPlain},
			Kinds: []Kind{Close, Open, Hangup, OpenFile, CloseFile, Ack, Rst, Time},
		},
		{
			Profile: p, Descriptors: 2, Attempts: attempts, Backlogs: []int{1, 2}, Listens: 2,
			Ways:  ways,
			Kinds: []Kind{Pause, OpenFile, CloseFile, Ack, Rst, Time},
		},
		{
			Profile: p, Descriptors: 2, Attempts: attempts, Backlogs: []int{1}, Listens: 1,
			Past:  []Op{{Kind: Close}, {Kind: Open, N: 1}},
			Ways:  ways,
			Kinds: []Kind{Pause, OpenFile, CloseFile, Dup, Ack, Rst, Time},
		},
	}
}

// states is how many states the three worlds of each variation have with two
// attempts. A number that changes is a model that changed. 0 is a world in which
// the setting makes no difference; the long test visits it all the same.
func states() map[string][3]int {
	return map[string][3]int{
		"wsp":                     {2586, 1436, 398},
		"relisten=keeps":          {2420, 1300, 0},
		"trim=oldest":             {2586, 1436, 0},
		"trim=half-open":          {2586, 1436, 0},
		"full=ignore":             {2804, 1688, 0},
		"slots=own-descriptor":    {1195, 524, 0},
		"slots=free":              {1689, 1148, 0},
		"order=arrival":           {2570, 1404, 0},
		"aborted=at-receive":      {2856, 1558, 0},
		"aborted=withdraws":       {2434, 1200, 0},
		"close=forgets-half-open": {2601, 0, 0},
		"close=forgets-all":       {2601, 0, 0},
		"listen-starved=succeeds": {2954, 1460, 624},
		"relisten-starved=fails":  {2502, 1344, 0},
		"empty-accept-fills=no":   {1697, 1232, 0},
		"pause-resets=yes":        {0, 966, 398},
		"condition-first=yes":     {0, 1524, 574},
		"defer-hides=yes":         {0, 1436, 398},
		"nesting=yes":             {0, 1690, 434},
		"close-holds=yes":         {2923, 0, 0},
		"children-block=yes":      {2461, 0, 0},
		"late-slot=2s":            {4071, 1652, 0},
		"few-options=yes":         {0, 718, 122},
		"times=short":             {6033, 2512, 722},
		"times=linear":            {0, 1916, 790},
		"times=steep":             {0, 2220, 642},
		"times=flat":              {0, 2696, 778},
		"full=hold":               {1673, 540, 174},
		"full=evict":              {2800, 1676, 0},
		"at-syn=one-more":         {3425, 2348, 0},
		"relisten=sets":           {2612, 1536, 0},
		"starved=loses":           {3985, 952, 172},
		"close=finishes":          {3483, 0, 0},
		"timers=ticks":            {0, 1736, 578},
		"timers=wheel-later":      {0, 2168, 538},

		// Without effect here, and tried by the search.
		"calls=unix":              {},
		"calls=wine":              {},
		"calls=fakenet":           {},
		"backlog=negative-is-max": {},
		"backlog=zero-is-max":     {},
		"backlog=half-more":       {},
		"at-syn=half-more":        {},
		"at-syn=no-limit":         {},
		"relisten=rejects":        {},
		"full=young":              {},
		"full=try-again":          {},
		"descriptor-first=yes":    {},
		"aborted=as-aborted":      {},
		"victim=random":           {},
		"victim=timed-out":        {},
		"repeat-restarts=yes":     {},
		"timers=wheel":            {},
	}
}

func TestEveryStateOfSmallWorldsIsRight(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds: see TestEveryShortHistoryIsRight")
	}
	want := states()
	for _, v := range variations() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			var got [3]int
			for i, w := range worlds(v.profile, 2) {
				if counts, known := want[v.name]; known && counts[i] == 0 {
					continue
				}
				g, err := w.Explore(0)
				if err != nil {
					t.Fatalf("world %d: %v", i+1, err)
				}
				if !g.Complete || g.Edges < g.States-1 {
					t.Errorf("world %d: %v: not the whole graph", i+1, g)
				}
				got[i] = g.States
			}
			if got != want[v.name] {
				t.Errorf("%q: {%d, %d, %d}, // states, want %v", v.name, got[0], got[1], got[2], want[v.name])
			}
		})
	}
}

// Every history, without a thought to which ones are alike.
func TestEveryShortHistoryIsRight(t *testing.T) {
	for _, v := range variations() {
		depth := 4
		switch {
		case testing.Short():
			depth = 3
		case v.name == "wsp":
			depth = 5
		}
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			for i, w := range worlds(v.profile, 3) {
				if n, err := w.Histories(depth); err != nil {
					t.Errorf("world %d, after %d histories: %v", i+1, n, err)
				} else if n < 100 {
					t.Errorf("world %d: only %d histories of up to %d operations", i+1, n, depth)
				}
			}
		})
	}
}

// With three attempts a graph is complete after at most 29 operations, so this
// contains every history of 12 operations, and of any other number. Histories
// that meet in a state of the reference model share what comes after; of those
// that came later, six operations or more are compared beyond it.
func TestLongEveryHistoryOfThreeAttemptsIsRight(t *testing.T) {
	long(t)
	for _, v := range variations() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			attempts := 3
			counts, known := states()[v.name]
			if known && counts == [3]int{} { // as wsp, or nearly so
				attempts = 2
			}
			if v.profile.SynAck.Retries > 3 || v.profile.SynAck.Linear > 0 { // millions of states: too many instants
				attempts = 2
			}
			exploreAll(t, worlds(v.profile, attempts), 0)
		})
	}
}

// Two attempts, but every value of every setting with every value of every
// other, and all states, or all within nine operations.
func TestLongEveryHistoryWithPairsOfSettingsIsRight(t *testing.T) {
	long(t)
	for _, v := range pairwise() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			depth := 0
			if v.profile.Timers.HZ != 0 || v.profile.SynAck.Linear > 0 || v.profile.SynAck.Limit > 0 || v.profile.SynAck.Retries > 3 {
				depth = 9 // more instants than can be visited
			}
			exploreAll(t, worlds(v.profile, 2), depth)
		})
	}
}

// exploreAll visits every state of worlds, or those within so many operations.
func exploreAll(t *testing.T, worlds [3]World, depth int) {
	for i, w := range worlds {
		g, err := w.Explore(depth)
		if err != nil {
			t.Fatalf("world %d: %v", i+1, err)
		}
		if !g.Complete && depth == 0 {
			t.Errorf("world %d: %v: not the whole graph", i+1, g)
		}
		t.Logf("world %d: %v", i+1, g)
	}
}

func TestLongEveryHistoryOfSixOperationsIsRight(t *testing.T) {
	long(t)
	for _, v := range variations() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			for i, w := range worlds(v.profile, 3) {
				n, err := w.Histories(6)
				if err != nil {
					t.Errorf("world %d, after %d histories: %v", i+1, n, err)
				}
				t.Logf("world %d: %d histories", i+1, n)
			}
		})
	}
}

func TestPairwiseProfilesAreValidAndFew(t *testing.T) {
	rows := pairwise()
	if len(rows) > 60 {
		t.Errorf("%d profiles for all pairs, want at most 60", len(rows))
	}
	for _, v := range rows {
		if err := playable(v.profile); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
	}
}

// wrongHost is a host that follows another profile than it claims, and can be
// copied.
func wrongHost(change func(*netmodel.Profile)) New {
	return func(p netmodel.Profile, d int) System {
		change(&p)
		return NewHost(p, d)
	}
}

func TestExploreReturnsAShortestHistoryToADifference(t *testing.T) {
	w := worlds(small(), 2)[0]
	w.New = wrongHost(func(p *netmodel.Profile) { p.Trim = netmodel.TrimOldest })
	_, err := w.Explore(0)
	if err == nil || !strings.Contains(err.Error(), "descriptors=2: ") {
		t.Fatalf("got %v, want a difference with the line that replays it", err)
	}
	c, parseErr := ParseCase(strings.SplitN(err.Error(), "\n", 2)[0])
	if parseErr != nil || c.Run(w.New) == nil {
		t.Errorf("%v: the line does not replay the difference (%v)", err, parseErr)
	}
	w.Descriptors = 4
	if _, err := w.Explore(3); err != nil {
		t.Errorf("a difference after 3 operations, want the first after 4: %v", err)
	}
	if _, err := w.Explore(4); err == nil {
		t.Error("no difference after 4 operations: listen(2) syn(a) syn(b) listen(1)")
	}
	if _, err := w.Histories(4); err == nil {
		t.Error("no difference among all histories of 4 operations")
	}
}

// Histories that meet are told apart by what they do next.
func TestStatesThatLookAlikeAreProbed(t *testing.T) {
	w := worlds(small(), 2)[0]
	w.New = func(p netmodel.Profile, d int) System { return &amnesiac{HostSystem: NewHost(p, d).(*HostSystem)} }
	_, err := w.Explore(0)
	if err == nil {
		t.Error("a system whose past shows only two operations later is not found out")
	}
}

// amnesiac is right until it has seen a file opened and closed and, after that,
// a listen whose backlog is 1 with a request pending: it then forgets a slot in
// the result. The reference model is in no other state than without the file.
type amnesiac struct {
	*HostSystem
	opened bool
}

func (a *amnesiac) Clone() System {
	return &amnesiac{HostSystem: a.HostSystem.Clone().(*HostSystem), opened: a.opened}
}

func (a *amnesiac) Do(op Op) Result {
	r := a.HostSystem.Do(op)
	a.opened = a.opened || op.Kind == CloseFile
	if a.opened && op.Kind == Listen && op.N == 1 && len(r.Queue) > 0 {
		r.Limit++
	}
	return r
}

func TestAStateIsTheSameWhateverLedToIt(t *testing.T) {
	state := func(line string) string {
		h, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		r := newReference(small(), 4)
		for _, op := range h {
			r.Do(op)
		}
		return string(r.AppendState(nil))
	}
	for _, c := range []struct {
		one, other string
		same       bool
	}{
		{"openfile closefile listen(2)", "listen(2)", true},
		{"time(5) listen(2)", "listen(2) time(7)", true},
		{"listen(2) syn(a) time(500)", "time(500) listen(2) syn(a) time(500)", true},
		{"listen(1) close open listen(2)", "listen(2)", true},
		{"listen(2) syn(a)", "listen(2) syn(a) time(1)", false},
		{"listen(2) syn(a) syn(b) ack(a) ack(b)", "listen(2) syn(a) syn(b) ack(b) ack(a)", false},
		{"listen(2) syn(a) ack(a)", "listen(2) syn(a) ack(a) accept(defer)", false},
		{"listen(2) syn(a)", "listen(2) syn(b)", false},
		{"listen(2)", "listen(1)", false},
		{"listen(2) pause(on)", "listen(2)", false},
	} {
		if got := state(c.one) == state(c.other); got != c.same {
			t.Errorf("%q and %q lead to the same state: %v, want %v", c.one, c.other, got, c.same)
		}
	}
}
