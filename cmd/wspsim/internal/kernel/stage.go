package kernel

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// stage is what a script is played on: the kernel of this machine or the model.
// Everything happens on one machine that connects to itself at 127.0.0.1.
//
// A method that returns a string returns "OK" or the name of an errno, unless a comment
// says otherwise. Any other method ends the script when it fails: see stop.
type stage interface {
	now() time.Duration // since the script began
	sleep(time.Duration)
	descriptors() int // how many this process may have open

	open(kind) socket
	bind(s socket, port int) string // port 0: a free one
	listen(s socket, backlog int) string
	accept(l socket) (socket, string)
	connect(s, to socket) string         // does not wait for an answer
	connectBlocking(s, to socket) string // waits for the outcome, at most settleLimit
	read(s socket) string                // also "EOF" and "data"
	write(s socket) string               // one byte
	close(s socket)
	// exhaust leaves no descriptor free until the script closes the one that exhaust
	// returns. restore lets the process open descriptors again.
	exhaust() (spare socket, restore func())

	setOption(s socket, o winsock.Option, value int)
	option(s socket, o winsock.Option) int
	socketError(s socket) string // SO_ERROR
	port(s socket) int           // that the socket is bound to
	state(s socket) string       // as ss names it
	queue(l socket) queue
	halfOpen(l socket) int // connections

	send(netmodel.Segment)        // puts a segment without data on the wire
	received() []netmodel.Segment // by addresses that no host has, since the last call
}

// socket is an open descriptor.
type socket struct {
	kind kind
	fd   netmodel.FD
	// A listener has its own port here. A client and an accepted connection have the
	// client's: by it the script recognises the two ends of a connection.
	port int
}

type kind byte

const (
	tcp  kind = iota
	udp       // a datagram socket
	unix      // a stream socket of AF_UNIX
	file      // not a socket
)

// queue is what ss shows of a listener.
type queue struct {
	recv int // Recv-Q: pending connections
	send int // Send-Q: the effective backlog
}

// The states that scripts ask for, as ss names them.
const established, synSent, closed = "ESTABLISHED", "SYN_SENT", "CLOSE"

const ok = "OK" // the result of a call that did not fail
