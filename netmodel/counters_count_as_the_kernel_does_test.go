package netmodel_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
)

// played has short histories of a stage, and the host's counters after them.
var played = []struct {
	why  string
	play func(t *testing.T) *stage
	want trace.Counters
}{
	{"two connections", func(t *testing.T) *stage {
		s := listening(t, profiles.Linux(), 5)
		s.open("a", "b")
		return s
	}, trace.Counters{PassiveOpens: 2}},
	{"L01: every SYN that finds the accept queue full counts twice", func(t *testing.T) *stage {
		s := listening(t, profiles.Linux(), 0)
		s.open("a")
		s.syn("b")
		s.synAgain("b")
		return s
	}, trace.Counters{PassiveOpens: 1, ListenOverflows: 2, ListenDrops: 2}},
	{"L14: a SYN that finds the SYN queue full, without cookies", func(t *testing.T) *stage {
		s := listening(t, tuned(t, profiles.Linux(), "tcp_syncookies", "0"), 0)
		s.half("a")
		s.syn("b")
		return s
	}, trace.Counters{ListenDrops: 1, TCPReqQFullDrop: 1}},
	{"and with cookies", func(t *testing.T) *stage {
		s := listening(t, profiles.Linux(), 0)
		s.half("a", "b")
		return s
	}, trace.Counters{TCPReqQFullDoCookies: 1, SyncookiesSent: 1}},
	{"L17: both queues full: the wish for a cookie is counted, and the drop", func(t *testing.T) *stage {
		s := listening(t, profiles.Linux(), 0)
		s.half("a", "b", "c")
		s.ack("b")
		s.syn("d")
		return s
	}, trace.Counters{PassiveOpens: 1, SyncookiesSent: 2, SyncookiesRecv: 1, TCPReqQFullDoCookies: 3, ListenOverflows: 1, ListenDrops: 1}},
	{"L11: a final ACK, ignored", func(t *testing.T) *stage {
		s := phantomOn(t, profiles.Linux())
		s.ack("c")
		return s
	}, trace.Counters{PassiveOpens: 2, ListenOverflows: 1, ListenDrops: 1}},
	{"L11: a final ACK, reset", func(t *testing.T) *stage {
		s := phantomOn(t, tuned(t, profiles.Linux(), "tcp_abort_on_overflow", "1"))
		s.ack("c")
		return s
	}, trace.Counters{PassiveOpens: 2, ListenOverflows: 1, ListenDrops: 1, EmbryonicRsts: 1}},
	{"L13: a cookie that found no room is a cookie received", func(t *testing.T) *stage {
		s := listening(t, tuned(t, profiles.Linux(), "tcp_syncookies", "2"), 0)
		s.half("a", "b")
		s.ack("a")
		s.ack("b")
		return s
	}, trace.Counters{PassiveOpens: 1, SyncookiesSent: 2, SyncookiesRecv: 2, TCPReqQFullDoCookies: 2, ListenOverflows: 1, ListenDrops: 1}},
	{"L15: two SYN-ACKs again, and the end", func(t *testing.T) *stage {
		s := listening(t, tuned(t, profiles.Linux(), "tcp_synack_retries", "2"), 5)
		s.half("a")
		s.ring()
		return s
	}, trace.Counters{RetransSegs: 2, TCPSynRetrans: 2, TCPTimeouts: 3}},
	{"L07: reset while half-open", func(t *testing.T) *stage {
		s := listening(t, profiles.Linux(), 5)
		s.half("a")
		s.rst("a")
		return s
	}, trace.Counters{EmbryonicRsts: 1, AttemptFails: 1}},
	{"L07: reset while queued", func(t *testing.T) *stage {
		s := listening(t, profiles.Linux(), 5)
		s.open("a")
		s.rst("a")
		return s
	}, trace.Counters{PassiveOpens: 1, EstabResets: 1}},
	{"L10: a SYN three times, and the end", func(t *testing.T) *stage {
		p := tuned(t, profiles.Linux(), "tcp_syn_retries", "2", "tcp_syn_linear_timeouts", "0")
		s := newStage(t, p, 0)
		_ = s.h.Connect(s.socket(), netmodel.Addr{IP: netmodel.IPv4(10, 9, 0, 1), Port: port})
		s.ring()
		return s
	}, trace.Counters{ActiveOpens: 1, AttemptFails: 1, RetransSegs: 2, TCPSynRetrans: 2, TCPTimeouts: 3}},
	{"TCP_DEFER_ACCEPT: an ACK put off, and timers that send nothing", func(t *testing.T) *stage {
		s := deferring(t, 5, 3)
		s.half("a")
		s.ack("a")
		s.wait(2 * time.Second)
		return s
	}, trace.Counters{TCPDeferAcceptDrop: 1, TCPTimeouts: 1}},
	{"L11: data sent again: first a probe, which is no timeout", func(t *testing.T) *stage {
		s := listening(t, exact(profiles.Linux()), 5)
		s.open("a")
		s.accept()
		_, err := s.h.Send(s.fds["a"], 5)
		wantErr(t, "Send", err, 0)
		s.wait(500 * time.Millisecond)
		return s
	}, trace.Counters{PassiveOpens: 1, RetransSegs: 2, TCPTimeouts: 1}},
}

func TestCountersCountAsTheKernelDoes(t *testing.T) {
	for _, row := range played {
		check(t, row.why+": counters", row.play(t).counters(), row.want)
	}
}

func TestCountersOfEveryStackKnowItsOverflows(t *testing.T) {
	for _, row := range []struct {
		name            string
		overflow, drops int
		why             string
	}{
		{"bsd4.4", 1, 1, "a SYN finds the one pool full"},
		{"netbsd", 1, 1, "a SYN finds the accept queue full"},
		{"unix", 0, 0, "a connect that fails with EAGAIN was answered"},
		{"smoltcp", 0, 0, "an RST is an answer, too"},
	} {
		s := listening(t, named(t, row.name)[0], 1)
		for i := range 5 { // one too many, where two or one fit
			if s.syn("c"+itoa(i)) != "SYN-ACK" {
				break
			}
			s.ack("c" + itoa(i))
		}
		c := s.counters()
		check(t, row.name+": "+row.why+": ListenOverflows", c.ListenOverflows, row.overflow)
		check(t, row.name+": "+row.why+": ListenDrops", c.ListenDrops, row.drops)
	}
	for _, row := range []struct {
		name         string
		asked, burst int
		want         int
		why          string
	}{
		{"freebsd", 2, 6, 2, "two RSTs"},
		{"gvisor", 6, 9, 2, "nine SYNs at once, seven places: two final ACKs ignored"},
	} {
		s := listening(t, named(t, row.name)[0], row.asked)
		for i := range row.burst {
			s.half("c" + itoa(i))
		}
		for i := range row.burst {
			s.ack("c" + itoa(i))
		}
		check(t, row.name+": "+row.why+": ListenOverflows", s.counters().ListenOverflows, row.want)
	}
}

func TestEveryCounterIsListedUnderItsName(t *testing.T) {
	var c trace.Counters
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		v.Field(i).SetInt(int64(i + 1))
	}
	byName := map[string]int{}
	for _, x := range c.List() {
		name := strings.TrimPrefix(x.Name, "Tcp")
		if _, ext := v.Type().FieldByName(name); !ext {
			name = strings.TrimPrefix(name, "Ext")
		}
		if _, twice := byName[name]; twice {
			t.Errorf("List() has %s twice", x.Name)
		}
		byName[name] = x.Value
	}
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		check(t, "value that List() has for "+name, byName[name], i+1)
	}
	check(t, "counters in List()", len(byName), v.NumField())
}
