package netmodel

// Marks in the table of descriptors. notSocket marks an open descriptor that is not a
// socket. heldOpen marks a descriptor that is not free although no program can use it: its
// socket was closed, or is pending and owns the descriptor.
const (
	notSocket int32 = -1
	heldOpen  int32 = -2
)

// descriptors is the table of a program's open descriptors. The descriptor that was closed
// last is used again first.
type descriptors struct {
	size           int     // 0 = no limit
	socks          []int32 // index of the socket, 0 = free, or a mark; entry 0 is FirstFD
	free           []FD
	used           int
	opened, closed uint64 // counts since the beginning, for Check
}

// lookup returns the index of a descriptor's socket, a mark, or 0 if the descriptor is not
// open.
func (d *descriptors) lookup(fd FD) int32 {
	if fd < FirstFD || int(fd-FirstFD) >= len(d.socks) {
		return 0
	}
	return d.socks[fd-FirstFD]
}

// open opens a free descriptor for a socket, or for a mark, and returns it.
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

// assign gives an open descriptor to another socket or mark.
func (d *descriptors) assign(fd FD, sock int32) { d.socks[fd-FirstFD] = sock }
