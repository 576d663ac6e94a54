package winsock

// describe returns the name of a code and one sentence that explains it. describe has the
// codes about calls and their arguments, describeNet the codes about the network.
func (e Errno) describe() (name, text string, ok bool) {
	switch e {
	case EPIPE:
		return "EPIPE", "The connection has ended, so the peer cannot receive data.", true
	case ERROR_NETNAME_DELETED:
		return "ERROR_NETNAME_DELETED", "The connection behind an overlapped call was reset.", true
	case operationAborted:
		return "WSA_OPERATION_ABORTED", "An overlapped call was cancelled because its socket was closed.", true
	case ioPending:
		return "WSA_IO_PENDING", "An overlapped call was started and will complete later.", true
	case WSAEINTR:
		return "WSAEINTR", "A blocking call was cancelled.", true
	case WSAEBADF:
		return "WSAEBADF", "The descriptor is not valid.", true
	case WSAEACCES:
		return "WSAEACCES", "Access is forbidden: another socket has the address and does not share it, or the client has withdrawn the deferred request.", true
	case WSAEFAULT:
		return "WSAEFAULT", "An argument does not point to usable memory, or a buffer is too small.", true
	case WSAEINVAL:
		return "WSAEINVAL", "The argument, or the state of the socket, does not allow this call.", true
	case WSAEMFILE:
		return "WSAEMFILE", "No more socket descriptors are available.", true
	case WSAEWOULDBLOCK:
		return "WSAEWOULDBLOCK", "The call cannot complete at once, and the socket does not block.", true
	case WSAEINPROGRESS:
		return "WSAEINPROGRESS", "Another call, or a callback, is in progress.", true
	case WSAEALREADY:
		return "WSAEALREADY", "A connection attempt on this socket is already under way.", true
	case WSAENOTSOCK:
		return "WSAENOTSOCK", "The descriptor is not a socket.", true
	case eMessageSize:
		return "WSAEMSGSIZE", "The message is larger than the socket can carry.", true
	case ePrototype:
		return "WSAEPROTOTYPE", "The protocol does not fit the type of the socket.", true
	case WSAENOPROTOOPT:
		return "WSAENOPROTOOPT", "The option is unknown here, or cannot be set.", true
	case eProtocolNotSupported:
		return "WSAEPROTONOSUPPORT", "The protocol is not supported.", true
	case WSAESOCKTNOSUPPORT:
		return "WSAESOCKTNOSUPPORT", "The type of socket is not supported.", true
	}
	return e.describeNet()
}

func (e Errno) describeNet() (name, text string, ok bool) {
	switch e {
	case WSAEOPNOTSUPP:
		return "WSAEOPNOTSUPP", "The type of the socket does not support this call.", true
	case eFamilyNotSupported:
		return "WSAEAFNOSUPPORT", "The address family is not supported.", true
	case WSAEADDRINUSE:
		return "WSAEADDRINUSE", "The local address is in use and may not be shared.", true
	case WSAEADDRNOTAVAIL:
		return "WSAEADDRNOTAVAIL", "The address does not belong to this host, or cannot be connected to.", true
	case WSAENETDOWN:
		return "WSAENETDOWN", "The network subsystem has failed.", true
	case eNetUnreachable:
		return "WSAENETUNREACH", "No route leads to the network.", true
	case WSAENETRESET:
		return "WSAENETRESET", "The connection was broken while keep-alive watched it.", true
	case WSAECONNABORTED:
		return "WSAECONNABORTED", "The connection was aborted by the local host.", true
	case WSAECONNRESET:
		return "WSAECONNRESET", "The peer reset the connection.", true
	case WSAENOBUFS:
		return "WSAENOBUFS", "No buffer space is available.", true
	case WSAEISCONN:
		return "WSAEISCONN", "The socket is already connected.", true
	case WSAENOTCONN:
		return "WSAENOTCONN", "The socket is not connected.", true
	case WSAESHUTDOWN:
		return "WSAESHUTDOWN", "The socket was shut down for this direction.", true
	case WSAETIMEDOUT:
		return "WSAETIMEDOUT", "No answer came in time.", true
	case WSAECONNREFUSED:
		return "WSAECONNREFUSED", "The connection request was refused; a full queue and a port without a listener give the same code.", true
	case eHostUnreachable:
		return "WSAEHOSTUNREACH", "No route leads to the host.", true
	case eProcessLimit:
		return "WSAEPROCLIM", "Too many programs use the socket library.", true
	case notReady:
		return "WSASYSNOTREADY", "The network subsystem is not ready.", true
	case versionNotSupported:
		return "WSAVERNOTSUPPORTED", "The requested version is not supported.", true
	case WSANOTINITIALISED:
		return "WSANOTINITIALISED", "No successful startup came before this call.", true
	case eDisconnect:
		return "WSAEDISCON", "The peer has begun to close the connection.", true
	case WSATRY_AGAIN:
		return "WSATRY_AGAIN", "The condition function deferred the decision; the request stays at the head of the queue.", true
	}
	return "", "", false
}
