// Package winsock has the names and numbers of the Windows Sockets headers (winsock2.h,
// winerror.h) that programs and the model share: error codes, socket options, and arguments
// of calls. A few are of other systems: EPIPE, SO_REUSEPORT, TCP_DEFER_ACCEPT.
package winsock

import (
	"strconv"
	"strings"
	"syscall"
)

// Errno is a Windows Sockets error code. Error returns its name and Text one sentence that
// explains it. Codes and names are from the Windows headers (winsock2.h, winerror.h). The
// sentences are not.
type Errno uint16

// The codes that calls return, in numerical order.
const (
	EPIPE                 Errno = 32 // not on Windows: send on a connection that has ended
	ERROR_NETNAME_DELETED Errno = 64 // an overlapped call on a connection that was reset

	WSAEINTR           Errno = 10004
	WSAEBADF           Errno = 10009
	WSAEACCES          Errno = 10013
	WSAEFAULT          Errno = 10014
	WSAEINVAL          Errno = 10022
	WSAEMFILE          Errno = 10024
	WSAEWOULDBLOCK     Errno = 10035
	WSAEINPROGRESS     Errno = 10036
	WSAEALREADY        Errno = 10037
	WSAENOTSOCK        Errno = 10038
	WSAENOPROTOOPT     Errno = 10042
	WSAESOCKTNOSUPPORT Errno = 10044
	WSAEOPNOTSUPP      Errno = 10045
	WSAEADDRINUSE      Errno = 10048
	WSAEADDRNOTAVAIL   Errno = 10049
	WSAENETDOWN        Errno = 10050
	WSAENETRESET       Errno = 10052
	WSAECONNABORTED    Errno = 10053
	WSAECONNRESET      Errno = 10054
	WSAENOBUFS         Errno = 10055
	WSAEISCONN         Errno = 10056
	WSAENOTCONN        Errno = 10057
	WSAESHUTDOWN       Errno = 10058
	WSAETIMEDOUT       Errno = 10060
	WSAECONNREFUSED    Errno = 10061
	WSANOTINITIALISED  Errno = 10093
	WSATRY_AGAIN       Errno = 11002 // the resolver uses the same number for its TRY_AGAIN
)

// Codes that no call of the model returns.
const (
	operationAborted      Errno = 995   // WSA_OPERATION_ABORTED
	ioPending             Errno = 997   // WSA_IO_PENDING
	eMessageSize          Errno = 10040 // WSAEMSGSIZE
	ePrototype            Errno = 10041 // WSAEPROTOTYPE
	eProtocolNotSupported Errno = 10043 // WSAEPROTONOSUPPORT
	eFamilyNotSupported   Errno = 10047 // WSAEAFNOSUPPORT
	eNetUnreachable       Errno = 10051 // WSAENETUNREACH
	eHostUnreachable      Errno = 10065 // WSAEHOSTUNREACH
	eProcessLimit         Errno = 10067 // WSAEPROCLIM
	notReady              Errno = 10091 // WSASYSNOTREADY
	versionNotSupported   Errno = 10092 // WSAVERNOTSUPPORTED
	eDisconnect           Errno = 10101 // WSAEDISCON
)

// Error returns the name of the code, as in "WSAECONNREFUSED".
func (e Errno) Error() string {
	if name, _, ok := e.describe(); ok {
		return name
	}
	return "WSA error " + strconv.Itoa(int(e))
}

// Text returns one sentence that explains the code, "" for an unknown code.
func (e Errno) Text() string {
	_, text, _ := e.describe()
	return text
}

// Is reports whether target is the error of package syscall with the same meaning, or has the
// same number, as on Windows.
func (e Errno) Is(target error) bool {
	t, ok := target.(syscall.Errno)
	return ok && (t == e.portable() && t != 0 || uintptr(t) == uintptr(e))
}

// Unix returns the name of the code on systems other than Windows, as in
// "ECONNREFUSED".
func (e Errno) Unix() string {
	switch e {
	case WSAEWOULDBLOCK, WSATRY_AGAIN:
		return "EAGAIN"
	case eDisconnect, WSANOTINITIALISED, notReady, versionNotSupported:
		return e.Error()
	}
	return strings.TrimPrefix(e.Error(), "WSA")
}

// Errnos returns every code that has a name, in numerical order.
func Errnos() []Errno {
	var all []Errno
	for n := range Errno(11003) {
		if _, _, ok := n.describe(); ok {
			all = append(all, n)
		}
	}
	return all
}

// Portable returns the error of package syscall with the same meaning, 0 if there is none.
func (e Errno) Portable() syscall.Errno { return e.portable() }

func (e Errno) portable() syscall.Errno {
	switch e {
	case EPIPE:
		return syscall.EPIPE
	case WSAEINTR:
		return syscall.EINTR
	case WSAEBADF:
		return syscall.EBADF
	case WSAEACCES:
		return syscall.EACCES
	case WSAEFAULT:
		return syscall.EFAULT
	case WSAEINVAL:
		return syscall.EINVAL
	case WSAEMFILE:
		return syscall.EMFILE
	case WSAEWOULDBLOCK, WSATRY_AGAIN:
		return syscall.EAGAIN
	case WSAEINPROGRESS:
		return syscall.EINPROGRESS
	case WSAEALREADY:
		return syscall.EALREADY
	case WSAENOTSOCK:
		return syscall.ENOTSOCK
	case eMessageSize:
		return syscall.EMSGSIZE
	case ePrototype:
		return syscall.EPROTOTYPE
	case WSAENOPROTOOPT:
		return syscall.ENOPROTOOPT
	case eProtocolNotSupported:
		return syscall.EPROTONOSUPPORT
	case WSAEOPNOTSUPP:
		return syscall.EOPNOTSUPP
	case eFamilyNotSupported:
		return syscall.EAFNOSUPPORT
	}
	return e.portableNet()
}

// portableNet is the part of portable about the network and connections.
func (e Errno) portableNet() syscall.Errno {
	switch e {
	case WSAEADDRINUSE:
		return syscall.EADDRINUSE
	case WSAEADDRNOTAVAIL:
		return syscall.EADDRNOTAVAIL
	case WSAENETDOWN:
		return syscall.ENETDOWN
	case eNetUnreachable:
		return syscall.ENETUNREACH
	case WSAECONNABORTED:
		return syscall.ECONNABORTED
	case WSAECONNRESET:
		return syscall.ECONNRESET
	case WSAENOBUFS:
		return syscall.ENOBUFS
	case WSAEISCONN:
		return syscall.EISCONN
	case WSAENOTCONN:
		return syscall.ENOTCONN
	case WSAETIMEDOUT:
		return syscall.ETIMEDOUT
	case WSAECONNREFUSED:
		return syscall.ECONNREFUSED
	case eHostUnreachable:
		return syscall.EHOSTUNREACH
	}
	return 0
}
