package lockstep

import (
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// variation is a WSP profile with some changed settings.
type variation struct {
	name    string
	profile netmodel.Profile
}

// small is the profile that the small worlds vary. The largest backlog is 2, and nothing
// is sent twice, so that there are few instants.
func small() netmodel.Profile {
	p := profiles.WSP()
	p.Backlog.Max = 2
	applyTimes(&p, 2)
	return p
}

// variations returns the small profile and, for each value of each setting, a profile
// with that value.
func variations() []variation {
	out := []variation{{"wsp", small()}}
	for _, s := range listenerSettings() {
		for v := 1; v < len(s.values); v++ {
			p := small()
			if s.apply(&p, v); s.name != "max" && sensible(p) != small() {
				out = append(out, variation{s.name + "=" + s.values[v], sensible(p)})
			}
		}
	}
	return out
}

// worlds returns the small worlds of a profile. In the first there may be two listens,
// listeners come and go, and connections are closed. In the second the condition
// function decides, and the listener may pause. In the third unanswered requests wait
// for the condition function.
func worlds(p netmodel.Profile, attempts int) [3]World {
	accepts := []Op{{Accept, 0, acceptPlain}, {Accept, 0, acceptReject}, {Accept, 0, acceptDefer}}
	if p.Nesting {
		accepts = append(accepts, Op{Accept, 0, acceptListening}, Op{Accept, 0, acceptAccepting}, Op{Accept, 0, acceptClosing}, Op{Accept, 0, acceptOpening})
	}
	return [3]World{
		{
			Profile: p, Descriptors: 2, Attempts: attempts, Backlogs: []int{1, 2}, Listens: 2,
			Accepts: []Op{{Kind: Accept}},
			Kinds:   []Kind{Close, Open, Hangup, OpenFile, CloseFile, Ack, Rst, Time},
		},
		{
			Profile: p, Descriptors: 2, Attempts: attempts, Backlogs: []int{1, 2}, Listens: 2,
			Accepts: accepts,
			Kinds:   []Kind{Pause, OpenFile, CloseFile, Ack, Rst, Time},
		},
		{
			Profile: p, Descriptors: 2, Attempts: attempts, Backlogs: []int{1}, Listens: 1,
			Prefix:  []Op{{Kind: Close}, {Kind: Open, N: 1}},
			Accepts: accepts,
			Kinds:   []Kind{Pause, OpenFile, CloseFile, Dup, Ack, Rst, Time},
		},
	}
}

// states is the number of states of the three worlds of each variation, with two
// attempts. A number that changes shows a changed model. 0 is a world in which the
// setting makes no difference. The long test visits that world too.
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

		// Without effect here. The search tests these.
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

// Every history is played, also those that meet in a state.
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

// With three attempts a graph is complete after at most 29 operations, so this covers
// every history. Histories that meet in a state of the reference model share the rest.
// Of the later ones, at least 6 further operations are compared.
func TestLongEveryHistoryOfThreeAttemptsIsRight(t *testing.T) {
	skipUnlessLong(t)
	for _, v := range variations() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			attempts := 3
			counts, known := states()[v.name]
			if known && counts == [3]int{} { // as wsp, or nearly so
				attempts = 2
			}
			if v.profile.SynAck.Retries > 3 || v.profile.SynAck.Linear > 0 { // too many instants: millions of states
				attempts = 2
			}
			exploreAll(t, worlds(v.profile, attempts), 0)
		})
	}
}

// Two attempts, but every value of every setting meets every value of every other. All
// states are visited, or all within 9 operations.
func TestLongEveryHistoryWithPairsOfSettingsIsRight(t *testing.T) {
	skipUnlessLong(t)
	for _, v := range pairwise() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			depth := 0
			if v.profile.Timers.HZ != 0 || v.profile.SynAck.Linear > 0 || v.profile.SynAck.Limit > 0 || v.profile.SynAck.Retries > 3 {
				depth = 9 // too many instants for all states
			}
			exploreAll(t, worlds(v.profile, 2), depth)
		})
	}
}

// exploreAll visits every state of worlds, or those within depth operations.
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
	skipUnlessLong(t)
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
