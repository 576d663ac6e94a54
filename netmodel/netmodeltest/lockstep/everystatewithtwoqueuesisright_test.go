package lockstep

import (
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// smallLinux is the profile that the small worlds with two queues vary: Linux with exact
// timers, where nothing is sent twice.
func smallLinux() netmodel.Profile {
	p := profiles.Linux()
	p.Timers = netmodel.Timers{}
	applyTimes(&p, 2)
	return p
}

// synQueueVariations returns the small profile with and without cookies and, for each
// value of each setting of a SYN queue, a profile with that value.
func synQueueVariations() []variation {
	cookies, none := smallLinux(), smallLinux()
	none.SynQueue.Cookies = netmodel.CookiesNever
	out := []variation{{"linux", cookies}, {"linux cookies=never", none}}
	one := func(s setting, v int, base netmodel.Profile, name string) {
		p := base
		s.apply(&p, v)
		if p = sensible(p); p.SynQueue.Separate && p != cookies && p != none {
			out = append(out, variation{name + " " + s.name + "=" + s.values[v], p})
		}
	}
	for _, s := range allSettings() {
		for v := range s.values {
			switch s.name {
			case "full", "order", "relisten", "victim", "close", "starved", "aborted", "repeat-restarts":
				one(s, v, none, "linux cookies=never")
			case "ack-full", "cookie-full":
				one(s, v, cookies, "linux")
				one(s, v, none, "linux cookies=never")
			}
		}
	}
	for _, s := range synQueueSettings() {
		for v := range s.values {
			if s.name != "ack-full" && s.name != "cookie-full" {
				one(s, v, cookies, "linux")
			}
		}
	}
	evicting := none
	evicting.SynQueue.Evicts, evicting.SynQueue.Cookies = true, netmodel.CookiesForEvicted
	return append(out, variation{"linux syn-queue-full=evicts cookies=for-evicted", evicting})
}

// synQueueWorld is a world of silent clients, of clients that send a byte, send it again
// or reset, and of a program that accepts.
func synQueueWorld(p netmodel.Profile, attempts int, backlogs ...int) World {
	return World{
		Profile: p, Attempts: attempts, Backlogs: backlogs, Listens: len(backlogs),
		Accepts: []Op{{Kind: Accept}},
		Kinds:   []Kind{Ack, Data, Resend, Rst, Time},
	}
}

// synQueueStates is the number of states of the worlds with three clients and one
// listen, with backlog 0 and with backlog 1. A number that changes shows a changed
// model.
func synQueueStates() map[string][2]int {
	return map[string][2]int{
		"linux":                              {1876, 1649},
		"linux ack-full=reset":               {1748, 1553},
		"linux cookies=never":                {416, 895},
		"linux cookies=never ack-full=reset": {416, 751},
	}
}

func TestEveryStateOfSmallWorldsWithTwoQueuesIsRight(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	want := synQueueStates()
	for _, v := range synQueueVariations() {
		counts, counted := want[v.name]
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			for backlog, states := range counts {
				if !counted {
					break
				}
				w := synQueueWorld(v.profile, 3, backlog)
				w.Kinds = []Kind{Ack, Data, Resend, Time} // the long test has RSTs too
				g, err := w.Explore(0)
				if err != nil {
					t.Fatal(err)
				}
				if !g.Complete || g.States != states {
					t.Errorf("%q: backlog %d: %v, want %d states", v.name, backlog, g, states)
				}
			}
			w := synQueueWorld(v.profile, 2, 0, 1)
			if g, err := w.Explore(0); err != nil {
				t.Error(err)
			} else if !g.Complete {
				t.Errorf("%v: not the whole graph", g)
			}
		})
	}
}

// Three clients that also reset, with each backlog. Then two clients, with a program
// that listens twice, closes and shuts down. Without cookies duplicate SYNs come too;
// with cookies they have no end.
func TestLongEveryHistoryWithTwoQueuesIsRight(t *testing.T) {
	skipUnlessLong(t)
	for _, v := range synQueueVariations() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			program := synQueueWorld(v.profile, 2, 0, 1)
			program.Kinds = append(program.Kinds, Close, Open, Shutdown)
			if v.profile.SynQueue.Cookies == netmodel.CookiesNever {
				program.Kinds = append(program.Kinds, Dup)
			}
			for _, w := range []World{synQueueWorld(v.profile, 3, 0), synQueueWorld(v.profile, 3, 1), program} {
				g, err := w.Explore(0)
				if err != nil {
					t.Fatal(err)
				}
				if !g.Complete {
					t.Errorf("%v: not the whole graph", g)
				}
				t.Log(g)
			}
		})
	}
}
