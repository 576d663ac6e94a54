package kernel

import (
	"encoding/binary"
	"errors"
	"syscall"
)

// crowd is how many clients the wire can play.
const crowd = 200

// wire plays the clients of a listener segment by segment: they send what the
// experiment says and nothing else. Their addresses are behind the loopback
// interface, nobody has them, and so nobody answers the kernel in their place.
type wire struct {
	*stage
	to    listener
	out   int // a raw socket: sends whole segments
	in    int // a packet socket: sees every IP packet that comes in from lo
	peers [crowd]peer
}

// peer is what one of those clients has heard.
type peer struct {
	synAcks, resets int
	answer          uint32 // what its ACK acknowledges: one more than the SYN-ACK's number
}

// Fields of the headers, RFC 791 and RFC 9293.
const (
	ipHeader  = 20 // bytes, without options
	tcpHeader = 20 // bytes, without options

	flagSyn = 0x02
	flagRst = 0x04
	flagAck = 0x10
)

const (
	peerPort = 40000
	firstSeq = 1000
)

func (s *stage) wire(to listener) *wire {
	network := binary.BigEndian.AppendUint16(nil, syscall.ETH_P_IP)
	return &wire{
		stage: s,
		to:    to,
		out:   s.socket(syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_RAW),
		in:    s.socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, int(binary.NativeEndian.Uint16(network))),
	}
}

// peerAddr is the address of a client, counted from 0.
func peerAddr(i int) [4]byte { return [4]byte{10, 9, 0, byte(i + 1)} }

func (w *wire) syn(i int) { w.send(i, flagSyn, firstSeq, 0) }

// ack sends the ACK that completes the handshake.
func (w *wire) ack(i int) { w.send(i, flagAck, firstSeq+1, w.peers[i].answer) }

func (w *wire) send(i int, flags byte, seq, ack uint32) {
	if w.going() {
		b := segment(peerAddr(i), w.to.port, flags, seq, ack)
		w.check("send", syscall.Sendto(w.out, b, 0, loopback(0)))
	}
}

// segment returns a TCP segment from a client to the listener. The kernel fills
// in length and checksum of the IP header.
func segment(from [4]byte, port int, flags byte, seq, ack uint32) []byte {
	to := loopback(0).Addr
	b := make([]byte, 0, ipHeader+tcpHeader)
	b = append(b, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, syscall.IPPROTO_TCP, 0, 0) // version and length, time to live 64
	b = append(append(b, from[:]...), to[:]...)
	b = binary.BigEndian.AppendUint16(b, peerPort)
	b = binary.BigEndian.AppendUint16(b, uint16(port))
	b = binary.BigEndian.AppendUint32(b, seq)
	b = binary.BigEndian.AppendUint32(b, ack)
	b = append(b, tcpHeader/4<<4, flags, 0xff, 0xff, 0, 0, 0, 0) // a window of 65535, no checksum yet, nothing urgent
	binary.BigEndian.PutUint16(b[ipHeader+16:], checksum(from, to, b[ipHeader:]))
	return b
}

// checksum is that of RFC 9293, 3.1, over the pseudo header and a segment of
// even length.
func checksum(from, to [4]byte, segment []byte) uint16 {
	sum := uint32(syscall.IPPROTO_TCP + len(segment))
	for _, b := range [][]byte{from[:], to[:], segment} {
		for i := 0; i < len(b); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(b[i:]))
		}
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// hear takes note of everything that the kernel has sent to the clients.
func (w *wire) hear() {
	b := make([]byte, 128) // headers with options; the kernel sends no data here
	for w.going() {
		n, _, err := syscall.Recvfrom(w.in, b, 0)
		if errors.Is(err, syscall.EAGAIN) {
			return
		}
		w.check("receive", err)
		w.note(b[:max(n, 0)])
	}
}

// note takes note of a segment to one of the clients, and of nothing else.
func (w *wire) note(b []byte) {
	if len(b) < ipHeader || b[9] != syscall.IPPROTO_TCP {
		return
	}
	to, length := [4]byte(b[16:20]), int(b[0]&0xf)*4
	if len(b) < length+tcpHeader || to[3] == 0 || int(to[3]) > crowd || to != peerAddr(int(to[3])-1) {
		return
	}
	p, tcp := &w.peers[to[3]-1], b[length:]
	switch flags := tcp[13]; {
	case flags&flagRst != 0:
		p.resets++
	case flags&(flagSyn|flagAck) == flagSyn|flagAck:
		p.synAcks++
		p.answer = binary.BigEndian.Uint32(tcp[4:]) + 1
	}
}

// heard counts the SYN-ACKs and RSTs to all clients so far.
func (w *wire) heard() (synAcks, resets int) {
	w.hear()
	for _, p := range w.peers {
		synAcks += p.synAcks
		resets += p.resets
	}
	return synAcks, resets
}

// rest waits until everything that was sent has had its effect.
func (w *wire) rest() {
	type view struct {
		synAcks, resets, halfOpen int
		queue                     queue
	}
	settle(w.stage, func() view {
		synAcks, resets := w.heard()
		return view{synAcks, resets, w.halfOpen(w.to), w.queue(w.to)}
	})
}
