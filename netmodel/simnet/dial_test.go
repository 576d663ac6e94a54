package simnet_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// firstDials returns how long the first dial of each dialer took, by "host/name". A
// name that comes twice has "again" behind it. dialers are asked for in their order.
func firstDials(t *testing.T, dialers ...string) map[string]time.Duration {
	took := map[string]time.Duration{}
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Seed: 3, Link: netmodel.Link{Latency: time.Millisecond, Jitter: sim.Exponential{Mean: time.Millisecond}}})
		var made []*simnet.Dialer
		for _, d := range dialers {
			host, name, _ := strings.Cut(d, "/")
			made = append(made, n.Host(host).Dialer(name))
		}
		l, err := n.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range made {
			began := time.Now()
			c, err := d.Dial("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			name := dialers[i]
			if took[name] > 0 {
				name += " again"
			}
			took[name] = time.Since(began)
			accepted, _ := l.Accept()
			_, _ = c.Close(), accepted.Close()
			_, _ = io.Copy(io.Discard, accepted)
		}
		_ = n.Close()
	})
	return took
}

// What a dialer meets at random goes by its name and that of its host, and namesakes
// on one host by their order: not by which others there are.
func TestADialersLatenciesDoNotDependOnOtherDialers(t *testing.T) {
	want := firstDials(t, "a/one", "a/two", "b/one", "a/one")
	for why, dialers := range map[string][]string{
		"in another order":         {"b/one", "a/one", "a/one", "a/two"},
		"with more of them":        {"c/one", "a/three", "b/one", "b/one", "a/two", "a/one", "a/one"},
		"one was removed":          {"a/two", "a/one"},
		"only those of another":    {"b/one"},
		"the namesakes come first": {"a/one", "a/one"},
	} {
		for name, took := range firstDials(t, dialers...) {
			if before, both := want[name]; both && took != before {
				t.Errorf("%s: the first dial of %s took %v, want %v as before", why, name, took, before)
			}
		}
	}
	if want["a/one"] == want["a/one again"] || want["a/one"] == want["b/one"] || want["a/one"] == want["a/two"] {
		t.Errorf("dials took %v, want them to differ", want)
	}
}
