package kernel

import (
	"encoding/hex"
	"errors"
	"fmt"
	"syscall"
	"testing"
)

func TestSegmentsHaveTheChecksumThatReceiversExpect(t *testing.T) {
	b := segment(peerAddr(4), 80, flagSyn, 1000, 0)
	const want = "45000000000000004006000" + "00a0900057f000001" + // IP: from 10.9.0.5 to 127.0.0.1
		"9c400050000003e8000000005002ffff" // TCP: ports, numbers, SYN, window
	if got := hex.EncodeToString(b); got[:len(want)] != want {
		t.Errorf("segment = %s, want it to begin %s", got, want)
	}
	// A receiver adds everything up, the checksum too, and wants to get zero.
	if got := checksum(peerAddr(4), loopback(0).Addr, b[ipHeader:]); got != 0 {
		t.Errorf("the checksum over a whole segment is %#x, want 0", got)
	}
}

func TestOnlyRequestsOfTheListenerCountAsHalfOpen(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 0100007F:0050 0100090A:9C40 03 00000000:00000000 01:00000014 00000000     0        0 0
   2: 0100007F:0050 0200090A:9C40 01 00000000:00000000 00:00000000 00000000     0        0 0
   3: 0100007F:0051 0300090A:9C40 03 00000000:00000000 01:00000014 00000000     0        0 0
   4: 0100007F:9C40 0100007F:0050 03 00000000:00000000 01:00000014 00000000     0        0 0
`
	if got := countHalfOpen(table, 80); got != 1 {
		t.Errorf("countHalfOpen(port 80) = %d, want 1: not the listener, not the established, not another's", got)
	}
}

func TestAcceptOrderNamesClientsUnlessItIsTheOrderOfConnecting(t *testing.T) {
	connected := []client{{port: 10}, {port: 11}, {port: 12}}
	for _, row := range []struct {
		ports []int
		want  string
	}{
		{[]int{10, 11, 12}, "first in, first out"},
		{[]int{10, 11}, "first in, first out"},
		{[]int{10, 12, 11}, "1 3 2"},
		{[]int{11}, "2"},
		{[]int{10, 99}, "1 0"},
	} {
		var accepted []client
		for _, port := range row.ports {
			accepted = append(accepted, client{port: port})
		}
		if got := order(connected, accepted); got != row.want {
			t.Errorf("order(%v) = %q, want %q", row.ports, got, row.want)
		}
	}
}

func TestResultsAreNames(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{nil, "OK"},
		{syscall.Errno(0), "OK"},
		{syscall.ECONNREFUSED, "ECONNREFUSED"},
		{fmt.Errorf("accept: %w", syscall.EMFILE), "EMFILE"},
		{syscall.Errno(4000), "errno 4000"},
		{errors.New("strange"), "strange"},
	} {
		if got := result(row.err); got != row.want {
			t.Errorf("result(%v) = %q, want %q", row.err, got, row.want)
		}
	}
}
