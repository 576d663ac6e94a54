package netmodel

import (
	"strconv"
	"strings"
	"syscall"
)

// Errno is a Windows Sockets error code. As an error its text is its name;
// Text gives the sentence. Codes and names are those of the Windows headers
// (winsock2.h, winerror.h); the sentences are ours.
type Errno uint16

// The codes, in numerical order.
const (
	EPIPE                 Errno = 32  // not of Windows: sending on a connection that is over, elsewhere
	ERROR_NETNAME_DELETED Errno = 64  // what an overlapped call reports for a reset connection
	WSA_OPERATION_ABORTED Errno = 995 // overlapped call cancelled
	WSA_IO_PENDING        Errno = 997

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
	WSAEMSGSIZE        Errno = 10040
	WSAEPROTOTYPE      Errno = 10041
	WSAENOPROTOOPT     Errno = 10042
	WSAEPROTONOSUPPORT Errno = 10043
	WSAESOCKTNOSUPPORT Errno = 10044
	WSAEOPNOTSUPP      Errno = 10045
	WSAEAFNOSUPPORT    Errno = 10047
	WSAEADDRINUSE      Errno = 10048
	WSAEADDRNOTAVAIL   Errno = 10049
	WSAENETDOWN        Errno = 10050
	WSAENETUNREACH     Errno = 10051
	WSAENETRESET       Errno = 10052
	WSAECONNABORTED    Errno = 10053
	WSAECONNRESET      Errno = 10054
	WSAENOBUFS         Errno = 10055
	WSAEISCONN         Errno = 10056
	WSAENOTCONN        Errno = 10057
	WSAESHUTDOWN       Errno = 10058
	WSAETIMEDOUT       Errno = 10060
	WSAECONNREFUSED    Errno = 10061
	WSAEHOSTUNREACH    Errno = 10065
	WSAEPROCLIM        Errno = 10067
	WSASYSNOTREADY     Errno = 10091
	WSAVERNOTSUPPORTED Errno = 10092
	WSANOTINITIALISED  Errno = 10093
	WSAEDISCON         Errno = 10101
	WSATRY_AGAIN       Errno = 11002 // shares its number with the resolver's TRY_AGAIN
)

// Error returns the name of the code, as in "WSAECONNREFUSED".
func (e Errno) Error() string {
	if name, _, ok := e.describe(); ok {
		return name
	}
	return "WSA error " + strconv.Itoa(int(e))
}

// Text returns one sentence that says what the code means.
func (e Errno) Text() string {
	_, text, _ := e.describe()
	return text
}

// Is reports whether target means the same as e: the portable error of package
// syscall, or the same number as Windows itself returns it.
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
	case WSAEDISCON, WSANOTINITIALISED, WSASYSNOTREADY, WSAVERNOTSUPPORTED:
		return e.Error()
	}
	return strings.TrimPrefix(e.Error(), "WSA")
}

// ErrnoName returns what a program with such calls calls an error.
func (c Calls) ErrnoName(e Errno) string {
	if c == CallsUnix || c == CallsFakeNet {
		return e.Unix()
	}
	return e.Error()
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

// errnoOf returns the code in err, 0 for none.
func errnoOf(err error) Errno {
	e, _ := err.(Errno)
	return e
}

// Portable returns the error of package syscall that means the same, 0 if none does.
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
	case WSAEMSGSIZE:
		return syscall.EMSGSIZE
	case WSAEPROTOTYPE:
		return syscall.EPROTOTYPE
	case WSAENOPROTOOPT:
		return syscall.ENOPROTOOPT
	case WSAEPROTONOSUPPORT:
		return syscall.EPROTONOSUPPORT
	case WSAEOPNOTSUPP:
		return syscall.EOPNOTSUPP
	case WSAEAFNOSUPPORT:
		return syscall.EAFNOSUPPORT
	}
	return e.portableNet()
}

// portableNet is the second half of portable: the state of the network and of
// connections.
func (e Errno) portableNet() syscall.Errno {
	switch e {
	case WSAEADDRINUSE:
		return syscall.EADDRINUSE
	case WSAEADDRNOTAVAIL:
		return syscall.EADDRNOTAVAIL
	case WSAENETDOWN:
		return syscall.ENETDOWN
	case WSAENETUNREACH:
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
	case WSAEHOSTUNREACH:
		return syscall.EHOSTUNREACH
	}
	return 0
}
