package kernel

import (
	"encoding/binary"
	"errors"
	"syscall"

	"wspsim/netmodel"
)

// packet is an IP packet with a TCP segment, both without options, in network byte
// order. RFC 791 and RFC 9293.
type packet struct {
	VersionLength uint8 // 4, and the length of the IP header in words of 32 bits
	_             [7]byte
	TimeToLive    uint8
	Protocol      uint8
	_             uint16 // the kernel fills in the checksum of the IP header
	Src, Dst      uint32

	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Length           uint8 // of the TCP header in words of 32 bits, times 16
	Flags            uint8
	Window           uint16
	Checksum         uint16
	_                uint16
}

// packetLength is that of a packet in bytes, of which the last 20 are the segment.
const packetLength = 40

// controlBits are those of RFC 9293, 3.1.
var controlBits = []struct {
	bit  uint8
	flag netmodel.Flags
}{{0x02, netmodel.SYN}, {0x04, netmodel.RST}, {0x10, netmodel.ACK}}

// openWire opens the sockets of the wire. They see only what comes later.
func (k *kernelStage) openWire() {
	if k.captured == 0 {
		everyIP := binary.BigEndian.AppendUint16(nil, syscall.ETH_P_IP)
		k.raw = k.socket(syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_RAW)
		k.captured = k.socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, int(binary.NativeEndian.Uint16(everyIP)))
	}
}

func (k *kernelStage) send(segment netmodel.Segment) {
	k.openWire()
	check("send", syscall.Sendto(k.raw, marshal(segment), 0, address(tcp, 0)))
}

func (k *kernelStage) received() (all []netmodel.Segment) {
	k.openWire()
	b := make([]byte, 128) // headers with options; the kernel sends no data here
	for {
		n, _, err := syscall.Recvfrom(k.captured, b, 0)
		if errors.Is(err, syscall.EAGAIN) {
			return all
		}
		check("receive", err)
		if segment, isTCP := unmarshal(b[:n]); isTCP && segment.Dst.IP != localhost(0).IP {
			all = append(all, segment)
		}
	}
}

// marshal returns the packet of a segment without data.
func marshal(s netmodel.Segment) []byte {
	p := packet{
		VersionLength: 0x45, TimeToLive: 64, Protocol: syscall.IPPROTO_TCP, Src: uint32(s.Src.IP), Dst: uint32(s.Dst.IP),
		SrcPort: s.Src.Port, DstPort: s.Dst.Port, Seq: s.Seq, Ack: s.Ack, Length: 0x50, Window: 0xffff,
	}
	for _, c := range controlBits {
		if s.Flags&c.flag != 0 {
			p.Flags |= c.bit
		}
	}
	b, err := binary.Append(nil, binary.BigEndian, p)
	check("packet", err)
	binary.BigEndian.PutUint16(b[36:], checksum(b))
	return b
}

// checksum is that of RFC 9293, 3.1, over the addresses, the protocol number, the
// length of the segment and the segment.
func checksum(b []byte) uint16 {
	sum := uint32(syscall.IPPROTO_TCP + packetLength/2)
	for i := 12; i < packetLength; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	return ^uint16(sum>>16 + sum&0xffff)
}

// unmarshal returns the segment of a packet. It returns false for other packets.
func unmarshal(b []byte) (s netmodel.Segment, isTCP bool) {
	var p packet
	if n, err := binary.Decode(b, binary.BigEndian, &p); n != packetLength || err != nil || p.VersionLength != 0x45 || p.Protocol != syscall.IPPROTO_TCP {
		return s, false
	}
	for _, c := range controlBits {
		if p.Flags&c.bit != 0 {
			s.Flags |= c.flag
		}
	}
	s.Src, s.Dst = netmodel.Addr{IP: netmodel.IP(p.Src), Port: p.SrcPort}, netmodel.Addr{IP: netmodel.IP(p.Dst), Port: p.DstPort}
	s.Seq, s.Ack = p.Seq, p.Ack
	return s, true
}
