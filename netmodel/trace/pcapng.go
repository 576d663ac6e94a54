package trace

import (
	"encoding/binary"
	"strings"

	"wspsim/netmodel"
)

// capture writes segments as a capture in the form of pcapng (draft-ietf-opsawg-pcapng).
// The one interface sees every segment when its sender sends it, so that lost segments are
// in the capture. The instants are in nanoseconds from the beginning of the run. Data is
// zeros. Of a frame with more than 1,500 bytes of data only the headers are stored.
//
// The model has no window and no options. A SYN has the largest segment size and window
// scale, and every segment the largest window, so that no reader takes the window for full.
type capture struct {
	v    *View
	head bool // the first blocks are written
	b    []byte
}

// Numbers of pcapng.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 6
	byteOrder      = 0x1a2b3c4d
	linkRaw        = 101 // IPv4 or IPv6, without a link layer
	optComment     = 1
	optUserAppl    = 4
	optName        = 2
	optResolution  = 9
)

const (
	headerIPv4  = 20
	headerIPv6  = 40
	headerTCP   = 20
	synOptions  = 8
	protocolTCP = 6
	hops        = 64
	windowScale = 14
	segmentSize = 65_495 // as on the loopback of Linux
	// A datagram of IPv4 has at most 65,535 bytes. Longer data takes several frames.
	mostData   = 65_000
	mostStored = 1500
)

func newCapture(v *View) writer {
	v.frames = newFrames()
	return &capture{v: v}
}

func (c *capture) record(*netmodel.Record, *picture, bool) {}

func (c *capture) end() { c.begin() }

// begin writes the blocks that say what the file is.
func (c *capture) begin() {
	if c.head {
		return
	}
	c.head = true
	b := binary.LittleEndian.AppendUint32(c.b[:0], byteOrder)
	b = append(b, 1, 0, 0, 0)                                      // version 1.0
	b = binary.LittleEndian.AppendUint64(b, 0xffff_ffff_ffff_ffff) // the length is not given
	if c.v.Title != "" {
		b = appendOption(b, optComment, c.v.Title)
	}
	b = appendOption(b, optUserAppl, "wspsim, model "+netmodel.ModelVersion)
	c.block(blockSection, endOptions(b))
	b = binary.LittleEndian.AppendUint16(c.b[:0], linkRaw)
	b = append(b, 0, 0, 0, 0, 0, 0) // no limit of length
	b = appendOption(b, optName, "virtual")
	b = appendOption(b, optResolution, "\x09") // nanoseconds
	c.block(blockInterface, endOptions(b))
}

// appendOption appends an option, whose text is UTF-8 of at most 65,535 bytes.
func appendOption(b []byte, code uint16, text string) []byte {
	text = strings.ToValidUTF8(text[:min(len(text), 1<<16-1)], "?")
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return padTo4(append(b, text...))
}

func endOptions(b []byte) []byte { return append(b, 0, 0, 0, 0) }

func padTo4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// block writes a block. Its body is a multiple of four bytes.
func (c *capture) block(kind uint32, body []byte) {
	length := uint32(len(body) + 12)
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], kind)
	binary.LittleEndian.PutUint32(head[4:], length)
	c.v.write(head[:])
	c.v.write(body)
	c.v.write(binary.LittleEndian.AppendUint32(head[:0], length))
	c.b = body
}

func (c *capture) frame(f *frame) {
	c.begin()
	s := f.Segment
	for s.Len > mostData {
		part := s
		part.Len = mostData
		part.Flags &^= netmodel.SYN | netmodel.FIN
		c.packet(f, &part, false)
		s.Seq += mostData
		s.Len -= mostData
	}
	c.packet(f, &s, true)
}

// packet writes one frame, with the comments if it is the last of its segment.
func (c *capture) packet(f *frame, s *netmodel.Segment, last bool) {
	b := append(c.b[:0], 0, 0, 0, 0) // the interface
	b = binary.LittleEndian.AppendUint32(b, uint32(uint64(f.Sent)>>32))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.Sent))
	at := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // the lengths
	b = appendDatagram(b, s)
	length := uint32(len(b) - at - 8)
	whole := length + s.Len
	if s.Len <= mostStored {
		b = append(b, make([]byte, s.Len)...)
		length = whole
	}
	binary.LittleEndian.PutUint32(b[at:], length)
	binary.LittleEndian.PutUint32(b[at+4:], whole)
	b = padTo4(b)
	if last && len(f.notes) > 0 {
		for i := range f.notes {
			c.v.line = c.v.appendNote(c.v.line[:0], &f.notes[i])
			b = appendOption(b, optComment, string(c.v.line))
		}
		b = endOptions(b)
	}
	c.block(blockPacket, b)
}

// appendDatagram appends the headers of a segment. Zeros follow them, which no checksum sees.
func appendDatagram(b []byte, s *netmodel.Segment) []byte {
	length := headerTCP + int(s.Len)
	if s.Flags&netmodel.SYN != 0 {
		length += synOptions
	}
	v6 := isIPv6(s.Src.IP) || isIPv6(s.Dst.IP)
	at := len(b)
	var pseudo uint32 // the sum of what the checksum of TCP covers beside the segment
	if v6 {
		b = append(b, 0x60, 0, 0, 0, byte(length>>8), byte(length), protocolTCP, hops)
		b = appendIPv6(appendIPv6(b, s.Src.IP), s.Dst.IP)
		pseudo = sumOf(b[at+8:])
	} else {
		b = append(b, 0x45, 0, byte((headerIPv4+length)>>8), byte(headerIPv4+length), 0, 0, 0x40, 0, hops, protocolTCP, 0, 0)
		b = binary.BigEndian.AppendUint32(b, uint32(s.Src.IP))
		b = binary.BigEndian.AppendUint32(b, uint32(s.Dst.IP))
		binary.BigEndian.PutUint16(b[at+10:], ^folded(sumOf(b[at:])))
		pseudo = sumOf(b[at+12:])
	}
	at = len(b)
	b = appendTCP(b, s)
	binary.BigEndian.PutUint16(b[at+16:], ^folded(sumOf(b[at:])+pseudo+protocolTCP+uint32(length)))
	return b
}

// appendTCP appends the header of TCP with the checksum 0.
func appendTCP(b []byte, s *netmodel.Segment) []byte {
	b = binary.BigEndian.AppendUint16(b, s.Src.Port)
	b = binary.BigEndian.AppendUint16(b, s.Dst.Port)
	b = binary.BigEndian.AppendUint32(b, s.Seq)
	ack, window := uint32(0), uint16(0xffff)
	var bits byte
	for _, flag := range [...]struct {
		of  netmodel.Flags
		bit byte
	}{{netmodel.FIN, 1}, {netmodel.SYN, 2}, {netmodel.RST, 4}, {netmodel.ACK, 16}} {
		if s.Flags&flag.of != 0 {
			bits |= flag.bit
		}
	}
	if s.Flags&netmodel.ACK != 0 {
		ack = s.Ack
	}
	if s.Flags&netmodel.RST != 0 {
		window = 0
	}
	if s.Len > 0 {
		bits |= 8 // PSH
	}
	b = binary.BigEndian.AppendUint32(b, ack)
	words := byte(headerTCP / 4)
	if s.Flags&netmodel.SYN != 0 {
		words += synOptions / 4
	}
	b = append(b, words<<4, bits)
	b = binary.BigEndian.AppendUint16(b, window)
	b = append(b, 0, 0, 0, 0)
	if s.Flags&netmodel.SYN != 0 {
		b = append(b, 2, 4, segmentSize>>8, segmentSize&0xff, 1, 3, 3, windowScale) // 1 is a filler
	}
	return b
}

// sumOf adds 16-bit words of headers, which have whole words. No header is so long that
// the sum overflows.
func sumOf(b []byte) (sum uint32) {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	return sum
}

// folded is the sum in the arithmetic of RFC 1071.
func folded(sum uint32) uint16 {
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

// From this value on an IP of the model stands for fd00:: and on; see netmodel.IP.
const firstIPv6 netmodel.IP = 0xf000_0000

func isIPv6(ip netmodel.IP) bool { return ip >= firstIPv6 }

// appendIPv6 appends an address in 16 bytes, an IPv4 address as ::ffff:a.b.c.d.
func appendIPv6(b []byte, ip netmodel.IP) []byte {
	if isIPv6(ip) {
		b = append(b, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		return binary.BigEndian.AppendUint32(b, uint32(ip-firstIPv6))
	}
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)
	return binary.BigEndian.AppendUint32(b, uint32(ip))
}
