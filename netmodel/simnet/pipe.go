package simnet

// pipe holds the bytes of one direction of a connection. The model only counts them. Bytes
// arrive in order and none is lost, so the received bytes are a prefix of the sent bytes.
type pipe struct {
	buf      []byte // sent and not read, from off on
	borrowed []byte // the bytes of the Write in progress, not copied yet
	off      int32  // at most the largest window

	sent, read uint32 // bytes so far, modulo 2^32; read as the model counts it
	done       bool   // the reader is closed
}

// unread returns how many sent bytes the model counts as unread.
func (p *pipe) unread() int { return int(p.sent - p.read) }

// borrow adds the bytes of a Write without a copy. A Read that waits takes them from there.
func (p *pipe) borrow(b []byte) {
	p.borrowed = b
	p.sent += uint32(len(b))
}

// cancelBorrow removes borrowed bytes that could not be sent.
func (p *pipe) cancelBorrow() {
	p.sent -= uint32(len(p.borrowed))
	p.borrowed = nil
}

// copyBorrowed copies borrowed bytes that were not read, so that Write can return.
func (p *pipe) copyBorrowed(n *Network) {
	if len(p.borrowed) > 0 && !p.done {
		switch {
		case p.buf == nil:
			p.buf = n.buffer()
		case p.off > 0 && len(p.buf)+len(p.borrowed) > cap(p.buf):
			p.buf = p.buf[:copy(p.buf, p.buf[p.off:])]
			p.off = 0
		}
		p.buf = append(p.buf, p.borrowed...)
	}
	p.borrowed = nil
}

// take moves the first bytes into b. Bytes of virtual clients of the model have no contents and
// are read as zeros.
func (p *pipe) take(b []byte) {
	m := copy(b, p.buf[p.off:])
	p.off += int32(m)
	k := copy(b[m:], p.borrowed)
	p.borrowed = p.borrowed[k:]
	clear(b[m+k:])
}

// releaseBuffer returns an empty buffer to the network, so that an idle connection has none.
func (p *pipe) releaseBuffer(n *Network) {
	if p.buf != nil && int(p.off) == len(p.buf) {
		n.reuse(p.buf)
		p.buf, p.off = nil, 0
	}
}

// close drops the unread bytes.
func (p *pipe) close(n *Network) {
	p.done = true
	p.off = int32(len(p.buf))
	p.releaseBuffer(n)
}

const (
	newBuffer    = 4 << 10   // bytes; it grows when needed
	maxSpareSize = 256 << 10 // bytes
	maxSpares    = 64
)

// buffer returns an empty buffer.
func (n *Network) buffer() []byte {
	if k := len(n.spareBuffers); k > 0 {
		b := n.spareBuffers[k-1]
		n.spareBuffers = n.spareBuffers[:k-1]
		return b
	}
	return make([]byte, 0, newBuffer)
}

func (n *Network) reuse(b []byte) {
	if cap(b) <= maxSpareSize && len(n.spareBuffers) < maxSpares {
		n.spareBuffers = append(n.spareBuffers, b[:0])
	}
}
