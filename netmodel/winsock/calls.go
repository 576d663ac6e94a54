package winsock

// SocketType is the type of a socket, the argument of socket.
type SocketType uint8

// The types of sockets.
const (
	SOCK_STREAM SocketType = 1 // TCP
	SOCK_DGRAM  SocketType = 2 // UDP; can bind, cannot listen, carries no data in the model
	SOCK_RAW    SocketType = 3 // as SOCK_DGRAM
)

// The directions that shutdown can end.
const (
	SD_RECEIVE = 0
	SD_SEND    = 1
	SD_BOTH    = 2
)

// Decision is the result of a condition function for a request.
type Decision uint8

// The decisions. With any other value accept fails with WSAEINVAL. WS.C8
const (
	CF_ACCEPT Decision = 0 // accept the request. WS.C2
	CF_REJECT Decision = 1 // refuse the request: accept fails with WSAECONNREFUSED. WS.C3
	CF_DEFER  Decision = 2 // ask again at the next accept: accept fails with WSATRY_AGAIN. WS.C4
)

// SOMAXCONN as the two headers define it. WS.B5
const (
	SomaxconnWinsock2  = 0x7fffffff
	SomaxconnWinsock11 = 5
)
