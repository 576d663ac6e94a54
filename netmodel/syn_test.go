package netmodel_test

import (
	"fmt"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// halfOpen returns how many half-open connections the listener has after so many
// SYNs that nobody acknowledges, and how many SYNs were answered.
func halfOpen(t *testing.T, p netmodel.Profile, backlog, syns int) (half, answered int) {
	t.Helper()
	s := listening(t, p, backlog)
	for i := range syns {
		if s.syn("c"+itoa(i)) == "SYN-ACK" {
			answered++
		}
	}
	q, _ := s.h.Queue(s.fd)
	return q.HalfOpen, answered
}

func TestLinuxHoldsOneMoreHalfOpenThanTheBacklog(t *testing.T) { // K3
	for _, n := range []int{0, 1, 2, 5, 14, 128} {
		for cookies, row := range []struct {
			half, answered int
			why            string
		}{
			{n + 1, n + 1, "without cookies the others are dropped"},
			{n + 1, n + 5, "with them everyone is answered"},
			{0, n + 5, "tcp_syncookies 2 stores nobody"},
		} {
			p := tuned(t, profiles.Linux(), "tcp_syncookies", itoa(cookies))
			half, answered := halfOpen(t, p, n, n+5)
			what := fmt.Sprintf("listen(%d), tcp_syncookies %d, %d SYNs: %s", n, cookies, n+5, row.why)
			check(t, what+": half-open", half, row.half)
			check(t, what+": answered", answered, row.answered)
		}
	}
}

func TestWithoutCookiesTheLastQuarterIsKept(t *testing.T) { // K3
	for _, row := range []struct{ backlog, half int }{
		{8, 7}, {16, 13}, {64, 49}, {100, 76}, {128, 97}, {256, 193}, // L14
	} {
		max := itoa(row.backlog)
		p := tuned(t, profiles.Linux(), "tcp_max_syn_backlog", max, "tcp_syncookies", "0")
		half, answered := halfOpen(t, p, 1000, row.half+3)
		check(t, "tcp_max_syn_backlog "+max+": half-open", half, row.half)
		check(t, "tcp_max_syn_backlog "+max+": answered", answered, row.half)
		half, _ = halfOpen(t, tuned(t, p, "tcp_syncookies", "1"), 1000, row.half+3)
		check(t, "tcp_max_syn_backlog "+max+" with cookies: half-open", half, row.half+3)
	}
	p := tuned(t, profiles.Linux(), "tcp_max_syn_backlog", "64", "tcp_syncookies", "0")
	half, _ := halfOpen(t, p, 5, 20)
	check(t, "the smaller limit counts: half-open with listen(5)", half, 6)
}

func TestDropsOfTheTwoHalfOpenLimitsAreCountedApart(t *testing.T) { // K3
	for _, row := range []struct {
		max             string
		full, drops     int
		listen, syns    int
		why             string
		overflows, sent int
	}{
		{"2048", 3, 3, 4, 8, "beyond the backlog: TCPReqQFullDrop", 0, 0},
		{"8", 0, 3, 100, 10, "the last quarter: ListenDrops only", 0, 0},
	} {
		s := listening(t, tuned(t, profiles.Linux(), "tcp_max_syn_backlog", row.max, "tcp_syncookies", "0"), row.listen)
		for i := range row.syns {
			s.syn("c" + itoa(i))
		}
		c := s.counters()
		check(t, row.why+": TCPReqQFullDrop", c.TCPReqQFullDrop, row.full)
		check(t, row.why+": ListenDrops", c.ListenDrops, row.drops)
		check(t, row.why+": ListenOverflows", c.ListenOverflows, row.overflows)
		check(t, row.why+": SyncookiesSent", c.SyncookiesSent, row.sent)
	}
}

func TestHalfOpenLimitsOfTheErasOfLinux(t *testing.T) {
	for _, row := range []struct {
		profile             netmodel.Profile
		max                 string
		backlog, syns, want int
		why                 string
	}{
		{profiles.Linux65(), "2048", 5, 9, 5, "the test is at least, from 4.3 to 6.12"},
		{profiles.Linux54(), "2048", 5, 9, 5, "likewise"},
		{profiles.Linux410(), "512", 5, 9, 5, "likewise"},
		{profiles.Linux43(), "512", 5, 9, 5, "likewise"},
		{profiles.Linux2620(), "1024", 5, 20, 16, "the power of two above max(8, 5)"},
		{profiles.Linux2620(), "1024", 7, 20, 16, "above max(8, 7)"},
		{profiles.Linux2620(), "1024", 16, 40, 32, "above 16"},
		{profiles.Linux2620(), "1024", 128, 260, 256, "above 128"},
		{profiles.Linux2620(), "16", 128, 40, 32, "tcp_max_syn_backlog bounds the backlog"},
		{profiles.Linux24(), "4", 5, 70, 64, "at least 64, whatever the backlog"},
		{profiles.Linux24(), "100", 1, 140, 128, "the power of two from 100 on"},
		{profiles.Linux22(), "129", 1, 140, 129, "128 and one more, whatever the backlog"},
	} {
		p := tuned(t, row.profile, "tcp_max_syn_backlog", row.max, "tcp_syncookies", "1")
		half, answered := halfOpen(t, p, row.backlog, row.syns)
		what := fmt.Sprintf("%s, listen(%d), tcp_max_syn_backlog %s: %s", p.Name, row.backlog, row.max, row.why)
		check(t, what+": half-open", half, row.want)
		check(t, what+": the rest by cookie", answered, row.syns)
	}
}

func TestTheSynQueueOfLinux2620IsFixedByTheFirstListen(t *testing.T) {
	s := listening(t, profiles.Linux2620(), 5)
	s.listen(100)
	for i := range 40 {
		s.syn("c" + itoa(i))
	}
	q, _ := s.h.Queue(s.fd)
	check(t, "half-open after listen(5) and listen(100)", q.HalfOpen, 16)
	check(t, "the accept queue has grown", q.Limit, 101)
}

// With listen(0) no half-open connection fits before Linux 6.13. Linux commit 3479c7549fb1
// changed that.
func TestWithListenZeroAndNoCookiesNobodyConnectsFrom43To612(t *testing.T) { // K3
	for _, row := range []struct {
		profile netmodel.Profile
		want    string
	}{
		{profiles.Linux43(), ""}, {profiles.Linux410(), ""}, {profiles.Linux54(), ""}, {profiles.Linux65(), ""},
		{profiles.Linux(), "SYN-ACK"}, {profiles.Linux2620(), "SYN-ACK"},
	} {
		s := listening(t, tuned(t, row.profile, "tcp_syncookies", "0"), 0)
		for i := range 3 {
			want := row.want
			if i > 0 && row.profile.Name == "linux" {
				want = "" // the one half-open connection that fits is there
			}
			check(t, row.profile.Name+": SYN "+itoa(i+1)+" at listen(0)", s.syn("c"+itoa(i)), want)
		}
		half, _ := halfOpen(t, tuned(t, row.profile, "tcp_syncookies", "1"), 0, 1)
		check(t, row.profile.Name+": half-open with cookies", half, map[bool]int{true: 1}[row.want != ""])
	}
}

func TestLinuxForgetsAHalfOpenConnectionInSilence(t *testing.T) { // K6
	for _, row := range []struct {
		retries string
		again   []time.Duration
		gone    time.Duration
	}{
		{"0", nil, time.Second},
		{"1", seconds(1), 3 * time.Second},
		{"2", seconds(1, 3), 7 * time.Second},
		{"3", seconds(1, 3, 7), 15 * time.Second},
		{"5", seconds(1, 3, 7, 15, 31), 63 * time.Second},
	} {
		p := tuned(t, profiles.Linux(), "tcp_synack_retries", row.retries)
		again, gone := synAckTimes(t, exact(p))
		check(t, "tcp_synack_retries "+row.retries+": SYN-ACKs again", fmt.Sprint(again), fmt.Sprint(row.again))
		check(t, "tcp_synack_retries "+row.retries+": gone", gone, row.gone)
		_, late := synAckTimes(t, p)
		if late < row.gone || late > row.gone+row.gone/8 {
			t.Errorf("tcp_synack_retries %s with a timer wheel: gone at %v, want %v and at most an eighth more", row.retries, late, row.gone)
		}
	}
	s := phantomOn(t, exact(profiles.Linux()))
	s.ack("c")
	s.wait(62 * time.Second)
	s.heard("c")
	s.wait(time.Second)
	check(t, "c hears when its request expires", s.heard("c"), "")
	check(t, "rule", s.rule(s.last(netmodel.Withdrawn)), "K6")
	check(t, "data of c", s.data("c", 1), "RST")
}

func TestMoreThanHalfTheRoomMakesLinuxForgetSooner(t *testing.T) { // K6
	for _, row := range []struct {
		backlog, syns int
		left          [4]int // at 6.9, 8, 20 and 62 s
		why           string
	}{
		{16, 12, [4]int{12, 8, 8, 8}, "12 of 17 places: at 7 s 4 go, then half the room is free (L14)"},
		{16, 8, [4]int{8, 8, 8, 8}, "half of 16 is not more than half"},
		{4, 5, [4]int{5, 4, 4, 4}, "half of 8 counts where the backlog is smaller"},
	} {
		s := listening(t, profiles.Linux(), row.backlog)
		for i := range row.syns {
			s.half("c" + itoa(i))
		}
		for i, at := range []time.Duration{6900 * time.Millisecond, 8 * time.Second, 20 * time.Second, 62 * time.Second} {
			s.wait(at - time.Duration(s.h.Now()))
			q, _ := s.h.Queue(s.fd)
			check(t, fmt.Sprintf("listen(%d), %s: half-open at %v", row.backlog, row.why, at), q.HalfOpen, row.left[i])
		}
	}
}

func TestARepeatedSynIsAnsweredAtOnce(t *testing.T) {
	for _, row := range []struct {
		profile netmodel.Profile
		next    time.Duration // the SYN-ACK after it, from the first SYN
		why     string
	}{
		{profiles.Linux(), 1600 * time.Millisecond, "and the timer begins anew from there"},
		{profiles.NetBSD(), 3 * time.Second, "and the timer goes on"},
	} {
		s := listening(t, exact(row.profile), 4)
		s.half("a")
		s.wait(600 * time.Millisecond)
		check(t, row.profile.Name+": the SYN again", s.synAgain("a"), "SYN-ACK")
		s.wait(row.next - 600*time.Millisecond - 1)
		check(t, row.profile.Name+": "+row.why+": before", s.heard("a"), "")
		s.wait(1)
		check(t, row.profile.Name+": "+row.why+": then", s.heard("a"), "SYN-ACK")
		q, _ := s.h.Queue(s.fd)
		check(t, row.profile.Name+": half-open", q.HalfOpen, 1)
	}
}
