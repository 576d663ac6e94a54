package netmodel

import "strconv"

// ConnID is the number of one attempt to connect; 0 is no attempt. Every segment carries it,
// so that a trace can name the attempt. No decision of a Host depends on it.
type ConnID uint32

// Flags are the control bits of a segment.
type Flags uint8

// The control bits, as in RFC 9293.
const (
	SYN Flags = 1 << iota
	ACK
	FIN
	RST
	// For AF_UNIX, which has no segments. Set with RST in the answer to a SYN: the queue is
	// full, try again.
	AGAIN
)

// Segment is one TCP segment. It has the number of data bytes, not the bytes.
type Segment struct {
	Src, Dst Addr
	Seq, Ack uint32 // sequence numbers, modulo 2^32
	Len      uint32 // bytes of data
	Flags    Flags
	Why      Cause  // of an RST: why the sender sent it; for records only
	Conn     ConnID // the attempt that the segment belongs to; for records only
}

// end returns the sequence number that follows the segment.
func (s *Segment) end() uint32 {
	end := s.Seq + s.Len
	if s.Flags&SYN != 0 {
		end++
	}
	if s.Flags&FIN != 0 {
		end++
	}
	return end
}

// Kind returns what the segment is, by its flags and length: "SYN", "SYN-ACK", "ACK",
// "data", "FIN" or "RST".
func (s *Segment) Kind() string {
	switch f := s.Flags; {
	case f&RST != 0:
		return "RST"
	case f&SYN != 0 && f&ACK != 0:
		return "SYN-ACK"
	case f&SYN != 0:
		return "SYN"
	case f&FIN != 0:
		return "FIN"
	case s.Len > 0:
		return "data"
	}
	return "ACK"
}

// String returns the segment on one line.
func (s Segment) String() string {
	b := append([]byte(s.Kind()), ' ')
	b = append(s.Src.AppendText(b), " > "...)
	b = append(s.Dst.AppendText(b), " seq "...)
	b = strconv.AppendUint(b, uint64(s.Seq), 10)
	b = append(b, " ack "...)
	b = strconv.AppendUint(b, uint64(s.Ack), 10)
	b = append(b, " len "...)
	return string(strconv.AppendUint(b, uint64(s.Len), 10))
}

// seqBefore reports whether a comes before b, modulo 2^32.
func seqBefore(a, b uint32) bool { return int32(a-b) < 0 }
