package trace

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/sim"
)

// capturedLengths returns the lengths that the packets of a capture say their datagrams have,
// and fails if a checksum of TCP is wrong.
func capturedLengths(t *testing.T, segments ...netmodel.Transmission) (lengths []int) {
	t.Helper()
	for _, x := range segments {
		var file bytes.Buffer
		f, _ := FormatOf("x.pcapng")
		v := f.NewView(&file, netmodel.NewNetwork(1))
		v.Segment(x)
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		b := file.Bytes()
		for len(b) > 0 {
			length := int(b[4]) | int(b[5])<<8
			if b[0] == blockPacket {
				ip := b[28:]
				n, addresses, header := int(ip[2])<<8|int(ip[3]), ip[12:20], headerIPv4
				if ip[0]>>4 == 6 {
					addresses, header = ip[8:40], headerIPv6
					n = headerIPv6 + (int(ip[4])<<8 | int(ip[5]))
				}
				tcp := ip[header : header+headerTCP]
				if sum := folded(sumOf(addresses) + protocolTCP + uint32(n-header) + sumOf(tcp)); sum != 0xffff {
					t.Errorf("%v: the checksum of TCP adds up to %#x, want 0xffff", x.Segment, sum)
				}
				lengths = append(lengths, n)
			}
			b = b[length:]
		}
	}
	return lengths
}

func TestLongDataTakesSeveralFrames(t *testing.T) {
	x := netmodel.Transmission{Segment: netmodel.Segment{
		Src: netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: 80}, Dst: netmodel.Addr{IP: netmodel.HostAddr(2, 1), Port: 1024},
		Seq: 0xffff_0000, Len: 150_000, Flags: netmodel.ACK | netmodel.FIN,
	}}
	got := capturedLengths(t, x)
	sum := 0
	for _, n := range got {
		sum += n - headerIPv4 - headerTCP
	}
	if len(got) != 3 || sum != 150_000 {
		t.Errorf("150,000 bytes take the datagrams %d with %d bytes of data, want 3 of them with all", got, sum)
	}
}

func TestFramesOfIPv6HaveTheChecksumOfIPv6(t *testing.T) {
	x := netmodel.Transmission{Segment: netmodel.Segment{
		Src: netmodel.Addr{IP: firstIPv6 + 1, Port: 80}, Dst: netmodel.Addr{IP: firstIPv6 + 0x2_0001, Port: 1024}, Len: 3, Flags: netmodel.ACK,
	}}
	if got := capturedLengths(t, x); len(got) != 1 || got[0] != headerIPv6+headerTCP+3 {
		t.Errorf("3 bytes take the datagrams %d, want one of %d", got, headerIPv6+headerTCP+3)
	}
}

func TestFramesUnderWayAreAllThatIsKept(t *testing.T) {
	k := newFrames()
	passed := 0
	for i := range 100_000 {
		now := sim.Time(i)
		for k.next(now) != nil {
			passed++
		}
		k.add(&netmodel.Transmission{Segment: netmodel.Segment{Conn: netmodel.ConnID(i), Flags: netmodel.SYN}, From: 1, To: 2, Sent: now, Arrives: now + 50})
		if len(k.kept) > 4096 || len(k.last) > 60 {
			t.Fatalf("after %d segments %d frames and %d attempts are kept, want those of 50 ns", i, len(k.kept), len(k.last))
		}
	}
	if passed < 99_900 {
		t.Errorf("%d of 100,000 frames were passed on", passed)
	}
}

func TestARecordIsAboutTheFrameThatArrivesThen(t *testing.T) {
	syn := netmodel.Transmission{Segment: netmodel.Segment{Conn: 1, Flags: netmodel.SYN}, From: 2, To: 1, Sent: 1, Arrives: 5}
	copied := syn
	copied.Duplicate, copied.Arrives = true, 9
	for _, test := range []struct {
		why  string
		r    netmodel.Record
		want bool
	}{
		{"the SYN arrives", netmodel.Record{Kind: netmodel.RequestIgnored, Host: 1, Conn: 1, At: 5}, true},
		{"once only", netmodel.Record{Kind: netmodel.RequestIgnored, Host: 1, Conn: 1, At: 5}, false},
		{"its copy arrives", netmodel.Record{Kind: netmodel.RequestIgnored, Host: 1, Conn: 1, At: 9}, true},
		{"its copy, once only", netmodel.Record{Kind: netmodel.RequestIgnored, Host: 1, Conn: 1, At: 9}, false},
		{"another instant", netmodel.Record{Kind: netmodel.RequestIgnored, Host: 1, Conn: 1, At: 6}, false},
		{"another host", netmodel.Record{Kind: netmodel.RequestIgnored, Host: 3, Conn: 1, At: 5}, false},
		{"another attempt", netmodel.Record{Kind: netmodel.RequestIgnored, Host: 1, Conn: 2, At: 5}, false},
		{"it is no ACK", netmodel.Record{Kind: netmodel.Completed, Host: 1, Conn: 1, At: 5}, false},
		{"it was sent again", netmodel.Record{Kind: netmodel.SynRetransmitted, Host: 2, Conn: 1, At: 1}, true},
		{"the link copied it", netmodel.Record{Kind: netmodel.Duplicated, Host: 2, Conn: 1, At: 1, Value: int64(netmodel.SYN)}, true},
	} {
		k := newFrames()
		k.add(&syn)
		k.add(&copied)
		if strings.HasSuffix(test.why, "once only") {
			k.note(&test.r)
		}
		if got := k.note(&test.r); got != test.want {
			t.Errorf("%s: note(%+v) = %v, want %v", test.why, test.r, got, test.want)
		}
	}
}

// full is a writer that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAViewThatCannotBeWrittenSaysSo(t *testing.T) {
	for _, f := range Formats() {
		v := f.NewView(full{}, netmodel.NewNetwork(1))
		if err := v.Close(); !errors.Is(err, io.ErrShortWrite) || !v.Broken() {
			t.Errorf("%s: Close = %v, Broken = %v, want %v and true", f.Ext, err, v.Broken(), io.ErrShortWrite)
		}
	}
}
