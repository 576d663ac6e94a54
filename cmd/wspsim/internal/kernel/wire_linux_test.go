package kernel

import (
	"encoding/hex"
	"testing"

	"wspsim/netmodel"
)

func TestPacketsHaveTheChecksumThatReceiversExpect(t *testing.T) {
	b := marshal(netmodel.Segment{Src: peerAddr(4), Dst: localhost(80), Flags: netmodel.SYN, Seq: 1000})
	const want = "45000000000000004006000" + "00a0900057f000001" + // IP: from 10.9.0.5 to 127.0.0.1
		"9c400050000003e8000000005002ffff" // TCP: ports, numbers, SYN, window
	if got := hex.EncodeToString(b); got[:len(want)] != want {
		t.Errorf("packet = %s, want it to begin %s", got, want)
	}
	// A receiver adds everything up, the checksum too, and wants to get zero.
	if got := checksum(b); got != 0 {
		t.Errorf("the checksum over a whole segment is %#x, want 0", got)
	}
}

func TestPacketsCarrySegments(t *testing.T) {
	want := netmodel.Segment{Src: localhost(80), Dst: peerAddr(2), Flags: netmodel.SYN | netmodel.ACK, Seq: 7, Ack: 1001}
	b := marshal(want)
	if got, isTCP := unmarshal(b); got != want || !isTCP {
		t.Errorf("unmarshal(%x) = %v, %v, want %v, true", b, got, isTCP, want)
	}
	for _, row := range []struct {
		change func([]byte) []byte
		why    string
	}{
		{func(b []byte) []byte { return b[:packetLength-1] }, "too short"},
		{func(b []byte) []byte { b[9] = 17; return b }, "UDP"},
		{func(b []byte) []byte { b[0] = 0x46; return b }, "options of IP"},
	} {
		if b := row.change(marshal(want)); b != nil {
			if got, isTCP := unmarshal(b); isTCP {
				t.Errorf("unmarshal(%x) (%s) = %v, true, want false", b, row.why, got)
			}
		}
	}
}
