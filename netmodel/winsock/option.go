package winsock

import "strconv"

// Option is the number of a socket option, as in the Windows headers.
type Option int32

// The options. Values are 0 or 1 if the comment names no others.
const (
	SO_ACCEPTCONN       Option = 0x0002 // get: 1 if the socket listens. WS.U6
	SO_REUSEADDR        Option = 0x0004 // before bind: other sockets can bind the address too
	SO_EXCLUSIVEADDRUSE Option = -5     // before bind: no other socket can bind the address
	SO_LINGER           Option = 0x0080 // seconds that close waits; 0 resets; -1 is off, the default
	SO_ERROR            Option = 0x1007 // get: how the last connect failed, an Errno
	SO_TYPE             Option = 0x1008 // get: a SocketType
	// Before listen: requests wait without an answer for the condition function. WS.Q10, WS.C12
	SO_CONDITIONAL_ACCEPT Option = 0x3002
	SO_PAUSE_ACCEPT       Option = 0x3003 // refuse every request. WS.Q9
	// Linux. Before bind, on every socket: the sockets share the address. A hash distributes
	// the requests. K15
	SO_REUSEPORT Option = 15
	// Linux. The value is in seconds, rounded up to whole waits for the final ACK. A
	// connection joins the queue when its first data arrives, or after this time. K14
	TCP_DEFER_ACCEPT Option = 6<<12 | 9
)

// String returns the name of the option in the headers.
func (o Option) String() string {
	switch o {
	case SO_ACCEPTCONN:
		return "SO_ACCEPTCONN"
	case SO_REUSEADDR:
		return "SO_REUSEADDR"
	case SO_EXCLUSIVEADDRUSE:
		return "SO_EXCLUSIVEADDRUSE"
	case SO_LINGER:
		return "SO_LINGER"
	case SO_ERROR:
		return "SO_ERROR"
	case SO_TYPE:
		return "SO_TYPE"
	case SO_CONDITIONAL_ACCEPT:
		return "SO_CONDITIONAL_ACCEPT"
	case SO_PAUSE_ACCEPT:
		return "SO_PAUSE_ACCEPT"
	case SO_REUSEPORT:
		return "SO_REUSEPORT"
	case TCP_DEFER_ACCEPT:
		return "TCP_DEFER_ACCEPT"
	}
	return "option " + strconv.Itoa(int(o))
}
