package kernel

import (
	"slices"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

func TestTheModelShowsWhatWasMeasured(t *testing.T) {
	want := certain(usual())
	for _, e := range Experiments() {
		t.Run(e.Name, func(t *testing.T) {
			seen, err := e.RunOnModel(usual())
			if err != nil {
				t.Fatalf("RunOnModel() = %v, want no error", err)
			}
			wantLines(t, seen, want[e.Name])
		})
	}
}

// wrong are models of Linux with mistakes, and the experiments that show each.
var wrong = []struct {
	mistake string
	make    func(*netmodel.Profile)
	shownBy []string
}{
	{"a queue is full at the backlog, not beyond it", func(p *netmodel.Profile) { p.AtSyn.Add, p.AtAck.Add = 0, 0 },
		[]string{"fill-minus-1", "fill-0", "fill-1", "fill-2", "fill-5", "fill-14", "fill-128", "relisten-5-2", "relisten-8-0", "relisten-2-8",
			"close-listener", "client-reset", "client-end", "phantoms", "reuseport", "defer-accept", "unix-0", "unix-1", "unix-2", "unix-5", "emfile"}},
	{"a smaller backlog resets pending connections", func(p *netmodel.Profile) { p.Relisten = netmodel.RelistenUpdates }, []string{"relisten-5-2", "relisten-8-0"}},
	{"a full queue refuses", func(p *netmodel.Profile) { p.OnFull = netmodel.RefuseWhenFull }, []string{"fill-5", "relisten-2-8", "close-listener", "phantoms"}},
	{"accept takes a descriptor last", func(p *netmodel.Profile) { p.DescriptorFirst = false }, []string{"emfile"}},
	{"the calls are those of Winsock", func(p *netmodel.Profile) { p.Calls = netmodel.CallsWinsock }, []string{"errnos"}},
	{"a refused client connects again", func(p *netmodel.Profile) { p.Client.Refused = profiles.Windows().Client.Refused }, []string{"no-listener"}},
	{"SYN cookies are never sent", func(p *netmodel.Profile) { p.SynQueue.Cookies = netmodel.CookiesNever }, []string{"half-open-cookies-1", "half-open-cookies-2"}},
	{"one more connection may be half-open", func(p *netmodel.Profile) { p.SynQueue.Limit.Add++ }, []string{"half-open-cookies-0", "half-open-cookies-1"}},
	{"no quarter is kept free", func(p *netmodel.Profile) { p.SynQueue.KeepsQuarter = false }, []string{"half-open-backlog-8", "half-open-backlog-64"}},
	{"tcp_abort_on_overflow is ignored", func(p *netmodel.Profile) { p.OnAckFull = netmodel.IgnoreAck }, []string{"late-ack-abort-1"}},
	{"tcp_abort_on_overflow is always 1", func(p *netmodel.Profile) { p.OnAckFull = netmodel.ResetAck }, []string{"late-ack-abort-0"}},
	{"a SYN-ACK is sent once more", func(p *netmodel.Profile) { p.SynAck.Retries++ }, []string{"expiry"}},
}

func TestEachExperimentShowsAWrongModel(t *testing.T) {
	shown := map[string]bool{}
	for _, w := range wrong {
		for _, e := range Experiments() {
			if !slices.Contains(w.shownBy, e.Name) {
				continue
			}
			shown[e.Name] = true
			k := e.settings(usual())
			right, err := e.RunOnModel(usual())
			if err != nil {
				t.Fatal(err)
			}
			tcp, unix := Profile(k), profiles.Unix()
			w.make(&tcp)
			w.make(&unix)
			seen, err := e.runOn(newModelStage(tcp, unix), k)
			if err != nil || slices.Equal(seen, right) {
				t.Errorf("%s on a model in which %s: error %v, the same observations: %v; want other observations and no error",
					e.Name, w.mistake, err, slices.Equal(seen, right))
			}
		}
	}
	for _, e := range Experiments() {
		if !shown[e.Name] {
			t.Errorf("no wrong model is shown by experiment %s", e.Name)
		}
	}
}
