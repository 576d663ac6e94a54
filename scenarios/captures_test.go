package scenarios_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// packet is a frame of a capture.
type packet struct {
	at            uint64
	src, dst      string
	seq, ack      uint32
	flags         byte
	length        int // of the data
	comments      []string
	sumIP, sumTCP bool // are right
}

const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

// readCapture reads a pcapng file by the rules of its specification, block by block.
func readCapture(b []byte) (packets []packet, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the capture is malformed: %v", r)
		}
	}()
	for n := 0; len(b) > 0; n++ {
		kind, length := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if length%4 != 0 || binary.LittleEndian.Uint32(b[length-4:]) != length {
			return nil, fmt.Errorf("block %d has the lengths %d and %d", n, length, binary.LittleEndian.Uint32(b[length-4:]))
		}
		body := b[8 : length-4]
		b = b[length:]
		switch {
		case n == 0:
			if kind != 0x0a0d0d0a || binary.LittleEndian.Uint32(body) != 0x1a2b3c4d {
				return nil, errors.New("the first block is no section header")
			}
			for _, text := range options(body[16:]) {
				if !utf8.ValidString(text[0]) {
					return nil, fmt.Errorf("an option is not in UTF-8: %.40q", text[0])
				}
			}
		case n == 1:
			o := options(body[8:])
			if kind != 1 || binary.LittleEndian.Uint16(body) != 101 || o[9][0] != "\x09" {
				return nil, fmt.Errorf("the second block is no interface of raw IP in nanoseconds: %v", o)
			}
		case kind != 6:
			return nil, fmt.Errorf("block %d is of kind %d", n, kind)
		default:
			captured, original := binary.LittleEndian.Uint32(body[12:]), binary.LittleEndian.Uint32(body[16:])
			p := readPacket(body[20:20+captured], int(original))
			p.at = uint64(binary.LittleEndian.Uint32(body[4:]))<<32 | uint64(binary.LittleEndian.Uint32(body[8:]))
			if rest := body[20+(captured+3)/4*4:]; len(rest) > 0 {
				p.comments = options(rest)[1]
			}
			packets = append(packets, p)
		}
	}
	return packets, nil
}

// options reads the options of a block, by their codes.
func options(b []byte) map[uint16][]string {
	all := map[uint16][]string{}
	for {
		code, length := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if code == 0 {
			return all
		}
		all[code] = append(all[code], string(b[4:4+length]))
		b = b[4+(length+3)/4*4:]
	}
}

// internetSum is the checksum of RFC 1071, of bytes in which its own field counts.
func internetSum(parts ...[]byte) uint16 {
	var sum uint64
	for _, b := range parts {
		for i := range b {
			if i%2 == 0 {
				sum += uint64(b[i]) << 8
			} else {
				sum += uint64(b[i])
			}
		}
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

func readPacket(b []byte, original int) packet {
	var p packet
	var pseudo []byte
	var src, dst string
	total := 0
	if b[0]>>4 == 4 {
		p.sumIP = internetSum(b[:20]) == 0xffff
		total = int(binary.BigEndian.Uint16(b[2:]))
		src, dst = fmt.Sprint(b[12:16]), fmt.Sprint(b[16:20])
		pseudo = append(pseudo, b[12:20]...)
		b = b[20:]
	} else {
		p.sumIP = true // IPv6 has none
		total = 40 + int(binary.BigEndian.Uint16(b[4:]))
		src, dst = fmt.Sprint(b[8:24]), fmt.Sprint(b[24:40])
		pseudo = append(pseudo, b[8:40]...)
		b = b[40:]
	}
	header := int(b[12]>>4) * 4
	ip := 20
	if len(pseudo) > 8 {
		ip = 40
	}
	if total != original {
		panic(fmt.Sprintf("the datagram has %d bytes, the frame %d", total, original))
	}
	p.length = total - ip - header
	segment := total - ip
	pseudo = append(pseudo, 0, 6, byte(segment>>8), byte(segment))
	p.sumTCP = internetSum(pseudo, b[:header]) == 0xffff // the data is zeros
	p.src = src + fmt.Sprint(binary.BigEndian.Uint16(b))
	p.dst = dst + fmt.Sprint(binary.BigEndian.Uint16(b[2:]))
	p.seq, p.ack, p.flags = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[13]
	return p
}

func TestEveryCaptureReadsBack(t *testing.T) {
	everyRun(t, func(t *testing.T, v *viewed) {
		packets, err := readCapture(v.files[".pcapng"])
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		for _, s := range v.segments {
			if !s.Duplicate {
				sent++
			}
		}
		if len(packets) != sent {
			t.Errorf("the capture has %d frames, want %d", len(packets), sent)
		}
		last := uint64(0)
		for i, p := range packets {
			if !p.sumIP || !p.sumTCP {
				t.Errorf("frame %d: the checksums of IP and TCP are right: %v, %v", i+1, p.sumIP, p.sumTCP)
			}
			if p.at < last {
				t.Errorf("frame %d is of %d ns, the one before of %d ns", i+1, p.at, last)
			}
			last = p.at
		}
		checkNumbers(t, packets)
		checkComments(t, v, packets)
	}, ".pcapng")
}

// checkNumbers looks whether each sender goes on where it was, or sends again, and whether
// it acknowledges only what was sent.
func checkNumbers(t *testing.T, packets []packet) {
	t.Helper()
	type flow struct {
		next  uint32
		known bool
	}
	flows := map[string]flow{}
	for i, p := range packets {
		way, back := p.src+p.dst, p.dst+p.src
		f, other := flows[way], flows[back]
		end := p.seq + uint32(p.length)
		if p.flags&flagSYN != 0 {
			end++
			if p.flags&flagACK == 0 && (!f.known || end != f.next) { // a new connection
				flows[way], flows[back] = flow{end, true}, flow{}
				continue
			}
		}
		if p.flags&flagFIN != 0 {
			end++
		}
		if p.flags&flagRST == 0 && f.known && int32(p.seq-f.next) > 0 {
			t.Errorf("frame %d has seq %d, and its sender is at %d", i+1, p.seq, f.next)
		}
		if p.flags&flagACK != 0 && other.known && int32(p.ack-other.next) > 0 {
			t.Errorf("frame %d has ack %d, and only %d was sent", i+1, p.ack, other.next)
		}
		if p.flags&flagRST == 0 && (!f.known || int32(end-f.next) > 0) {
			flows[way] = flow{end, true}
		}
	}
}

// checkComments looks whether the decisions at listeners are the comments.
func checkComments(t *testing.T, v *viewed, packets []packet) {
	t.Helper()
	comments := map[string]int{}
	for _, p := range packets {
		for _, c := range p.comments {
			comments[c]++
		}
	}
	for _, r := range v.records {
		switch r.Kind {
		case netmodel.RequestQueued, netmodel.RequestOffered, netmodel.RequestRefused, netmodel.RequestIgnored, netmodel.CookieSent,
			netmodel.RequestHeld, netmodel.Completed, netmodel.AckIgnored, netmodel.AckDeferred, netmodel.AbortedPending:
		default:
			continue
		}
		if r.Cause == netmodel.Migrated || !v.arrives(r) {
			continue // no segment leads to it
		}
		reason, rule := profiles.ReasonIn(v.net, r)
		found := ""
		for c, n := range comments {
			if n > 0 && strings.HasPrefix(c, v.net.ConnName(r.Conn)+": ") && strings.Contains(c, reason) && (rule == "" || strings.HasSuffix(c, ", rule "+rule)) &&
				(!r.AboutQueue() || strings.Contains(c, fmt.Sprintf("queue %d/%d", r.Pending, r.Limit))) {
				found = c
				break
			}
		}
		if found == "" {
			t.Errorf("no comment says %s: queue %d/%d, %s, rule %s at %v", v.net.ConnName(r.Conn), r.Pending, r.Limit, reason, rule, r.At)
		}
		comments[found]--
	}
}

// arrives reports whether a segment of a record's attempt arrives at its instant.
func (v *viewed) arrives(r netmodel.Record) bool {
	for _, s := range v.segments {
		if s.Segment.Conn == r.Conn && s.To == r.Host && s.Arrives == r.At && s.Lost == netmodel.NoCause {
			return true
		}
	}
	return false
}
