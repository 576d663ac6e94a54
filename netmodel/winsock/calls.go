package winsock

// SocketType is what socket was asked for.
type SocketType uint8

// The types of sockets.
const (
	SOCK_STREAM SocketType = 1 // TCP
	SOCK_DGRAM  SocketType = 2 // UDP; can be bound and refuses to listen, carries no data here
	SOCK_RAW    SocketType = 3 // as SOCK_DGRAM
)

// The ways to shut down.
const (
	SD_RECEIVE = 0
	SD_SEND    = 1
	SD_BOTH    = 2
)

// Decision is what a condition function says about a request.
type Decision uint8

// The decisions. Any other makes accept fail with WSAEINVAL. WS.C8
const (
	CF_ACCEPT Decision = 0 // take it. WS.C2
	CF_REJECT Decision = 1 // turn it away: WSAECONNREFUSED. WS.C3
	CF_DEFER  Decision = 2 // ask again at the next accept: WSATRY_AGAIN. WS.C4
)

// SOMAXCONN as the two headers define it. WS.B5
const (
	SomaxconnWinsock2  = 0x7fffffff
	SomaxconnWinsock11 = 5
)
