package netmodel

// notSocket marks a descriptor that is open for something else, heldOpen one
// that was closed by the program and is not free yet.
const (
	notSocket int32 = -1
	heldOpen  int32 = -2
)

// descriptors is the table of what a program has open. The descriptor that was
// closed last is handed out first.
type descriptors struct {
	size           int     // 0 = without limit
	socks          []int32 // index of the socket, 0 = free, or a mark; entry 0 is FirstFD
	free           []FD
	used           int
	opened, closed uint64 // counts since the beginning, for Check
}

// lookup returns the socket of a descriptor, a mark, or 0 if it is not open.
func (d *descriptors) lookup(fd FD) int32 {
	if fd < FirstFD || int(fd-FirstFD) >= len(d.socks) {
		return 0
	}
	return d.socks[fd-FirstFD]
}

// open returns a free descriptor, now open for the given socket.
func (d *descriptors) open(sock int32) FD {
	d.used++
	d.opened++
	if n := len(d.free); n > 0 {
		fd := d.free[n-1]
		d.free = d.free[:n-1]
		d.socks[fd-FirstFD] = sock
		return fd
	}
	d.socks = append(d.socks, sock)
	return FirstFD + FD(len(d.socks)-1)
}

func (d *descriptors) close(fd FD) {
	d.socks[fd-FirstFD] = 0
	d.free = append(d.free, fd)
	d.used--
	d.closed++
}

// assign makes an open descriptor stand for something else.
func (d *descriptors) assign(fd FD, sock int32) { d.socks[fd-FirstFD] = sock }
