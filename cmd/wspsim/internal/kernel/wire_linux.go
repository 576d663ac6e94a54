package kernel

import (
	"encoding/binary"
	"errors"
	"syscall"

	"wspsim/netmodel"
)

// Bytes of the headers without options, RFC 791 and RFC 9293.
const ipHeader, tcpHeader = 20, 20

// controlBits are those of RFC 9293, 3.1.
var controlBits = []struct {
	bit  byte
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

// marshal returns a segment without data as an IP packet. The kernel fills in length
// and checksum of the IP header.
func marshal(s netmodel.Segment) []byte {
	b := make([]byte, 0, ipHeader+tcpHeader)
	b = append(b, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, syscall.IPPROTO_TCP, 0, 0) // version and length, time to live 64
	b = binary.BigEndian.AppendUint32(b, uint32(s.Src.IP))
	b = binary.BigEndian.AppendUint32(b, uint32(s.Dst.IP))
	b = binary.BigEndian.AppendUint16(b, s.Src.Port)
	b = binary.BigEndian.AppendUint16(b, s.Dst.Port)
	b = binary.BigEndian.AppendUint32(b, s.Seq)
	b = binary.BigEndian.AppendUint32(b, s.Ack)
	var flags byte
	for _, f := range controlBits {
		if s.Flags&f.flag != 0 {
			flags |= f.bit
		}
	}
	b = append(b, tcpHeader/4<<4, flags, 0xff, 0xff, 0, 0, 0, 0) // a window of 65535, no checksum yet, nothing urgent
	binary.BigEndian.PutUint16(b[ipHeader+16:], checksum(b))
	return b
}

// checksum is that of RFC 9293, 3.1, over the pseudo header and the segment of an IP
// packet of even length.
func checksum(packet []byte) uint16 {
	sum := uint32(syscall.IPPROTO_TCP + len(packet) - ipHeader)
	for b := packet[12:]; len(b) > 0; b = b[2:] { // from the addresses on
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// unmarshal reads the TCP segment of an IP packet without options. It returns false for
// other packets.
func unmarshal(b []byte) (s netmodel.Segment, isTCP bool) {
	if len(b) < ipHeader+tcpHeader || b[0]&0xf != ipHeader/4 || b[9] != syscall.IPPROTO_TCP {
		return s, false
	}
	number := binary.BigEndian.Uint32
	tcp := b[ipHeader:]
	s.Src = netmodel.Addr{IP: netmodel.IP(number(b[12:])), Port: binary.BigEndian.Uint16(tcp)}
	s.Dst = netmodel.Addr{IP: netmodel.IP(number(b[16:])), Port: binary.BigEndian.Uint16(tcp[2:])}
	s.Seq, s.Ack = number(tcp[4:]), number(tcp[8:])
	for _, f := range controlBits {
		if tcp[13]&f.bit != 0 {
			s.Flags |= f.flag
		}
	}
	return s, true
}
