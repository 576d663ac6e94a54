package simnet

// pipe holds the bytes of one direction of a connection: the model only counts them.
// They come in order and none is lost, so what was received is the beginning of what
// was sent.
type pipe struct {
	buf      []byte // sent and not read, from off on
	borrowed []byte // what is being sent and lies with its writer still
	off      int32  // at most the largest window

	sent, read uint32 // bytes so far, modulo 2^32; read as the model knows it
	done       bool   // nobody will read any more
}

// unread returns how many bytes were sent that the model does not know to be read.
func (p *pipe) unread() int { return int(p.sent - p.read) }

// lend shows the pipe what is sent now. Whoever reads at once spares it a copy.
func (p *pipe) borrow(b []byte) {
	p.borrowed = b
	p.sent += uint32(len(b))
}

// refuse takes back what could not be sent.
func (p *pipe) cancelBorrow() {
	p.sent -= uint32(len(p.borrowed))
	p.borrowed = nil
}

// keep copies what was lent and not read.
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

// take moves the first bytes into b. What virtual clients of the model send has no
// contents, and is read as zeros.
func (p *pipe) take(b []byte) {
	m := copy(b, p.buf[p.off:])
	p.off += int32(m)
	k := copy(b[m:], p.borrowed)
	p.borrowed = p.borrowed[k:]
	clear(b[m+k:])
}

// giveBack returns an empty buffer to the network, so that a connection at rest has
// none.
func (p *pipe) releaseBuffer(n *Network) {
	if p.buf != nil && int(p.off) == len(p.buf) {
		n.reuse(p.buf)
		p.buf, p.off = nil, 0
	}
}

// close forgets what nobody will read.
func (p *pipe) close(n *Network) {
	p.done = true
	p.off = int32(len(p.buf))
	p.releaseBuffer(n)
}

const (
	newBuffer    = 4 << 10   // bytes; what does not fit makes it grow
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
