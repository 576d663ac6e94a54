package netmodel_test

import (
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// newLifeOf is newLife with another profile.
func newLifeOf(p netmodel.Profile) *life {
	l := &life{h: netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{hostIP}, Descriptors: 100})}
	_ = l.h.Startup()
	l.fd, _ = l.h.Socket(winsock.SOCK_STREAM)
	_ = l.h.Bind(l.fd, netmodel.Addr{Port: port})
	_ = l.h.Listen(l.fd, 100)
	return l
}

func TestALinuxConnectionCostsNoAllocation(t *testing.T) {
	cookies := tuned(t, profiles.Linux(), "tcp_syncookies", "2")
	for _, row := range []struct {
		why     string
		profile netmodel.Profile
	}{{"as it comes", profiles.Linux()}, {"by cookie", cookies}, {"two queues on FreeBSD", profiles.FreeBSD()}} {
		l := newLifeOf(row.profile)
		for range 1000 {
			if !l.once() {
				t.Fatalf("%s: a connection did not live its life", row.why)
			}
		}
		if n := testing.AllocsPerRun(5000, func() { l.once() }); n != 0 {
			t.Errorf("%s: a connection from SYN to close: %v allocations, want none", row.why, n)
		}
		if err := l.h.Check(); err != nil {
			t.Errorf("%s: Check() = %v", row.why, err)
		}
		if at, waits := l.h.Deadline(); waits {
			t.Errorf("%s: Deadline() = %v when all is over, want none", row.why, at)
		}
	}
}

func BenchmarkLinuxConnectionLife(b *testing.B) {
	l := newLifeOf(profiles.Linux())
	b.ReportAllocs()
	for b.Loop() {
		if !l.once() {
			b.Fatal("a connection did not live its life")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "conns/s")
}
