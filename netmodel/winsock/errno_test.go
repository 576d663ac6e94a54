package winsock

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	_ "wspsim/internal/update"
)

// check compares what a call returned with what it should.
func check[T comparable](t *testing.T, call string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", call, got, want)
	}
}

// The codes as winsock2.h and winerror.h number them.
var codes = map[string]int{
	"EPIPE": 32, "ERROR_NETNAME_DELETED": 64, "WSA_OPERATION_ABORTED": 995, "WSA_IO_PENDING": 997,
	"WSAEINTR": 10004, "WSAEBADF": 10009, "WSAEACCES": 10013, "WSAEFAULT": 10014, "WSAEINVAL": 10022, "WSAEMFILE": 10024,
	"WSAEWOULDBLOCK": 10035, "WSAEINPROGRESS": 10036, "WSAEALREADY": 10037, "WSAENOTSOCK": 10038, "WSAEMSGSIZE": 10040,
	"WSAEPROTOTYPE": 10041, "WSAENOPROTOOPT": 10042, "WSAEPROTONOSUPPORT": 10043, "WSAESOCKTNOSUPPORT": 10044,
	"WSAEOPNOTSUPP": 10045, "WSAEAFNOSUPPORT": 10047, "WSAEADDRINUSE": 10048, "WSAEADDRNOTAVAIL": 10049,
	"WSAENETDOWN": 10050, "WSAENETUNREACH": 10051, "WSAENETRESET": 10052, "WSAECONNABORTED": 10053, "WSAECONNRESET": 10054,
	"WSAENOBUFS": 10055, "WSAEISCONN": 10056, "WSAENOTCONN": 10057, "WSAESHUTDOWN": 10058, "WSAETIMEDOUT": 10060,
	"WSAECONNREFUSED": 10061, "WSAEHOSTUNREACH": 10065, "WSAEPROCLIM": 10067, "WSASYSNOTREADY": 10091,
	"WSAVERNOTSUPPORTED": 10092, "WSANOTINITIALISED": 10093, "WSAEDISCON": 10101, "WSATRY_AGAIN": 11002,
}

func TestEveryCodeHasItsNumberNameAndSentence(t *testing.T) {
	all := Errnos()
	check(t, "codes", len(all), len(codes))
	if !slices.IsSorted(all) {
		t.Errorf("Errnos() = %v, want them in numerical order", all)
	}
	sentences := map[string]Errno{}
	for _, e := range all {
		check(t, "number of "+e.Error(), int(e), codes[e.Error()])
		text := e.Text()
		if len(text) < 20 || !strings.HasSuffix(text, ".") || strings.ToUpper(text[:1]) != text[:1] {
			t.Errorf("Text() of %v = %q, want a sentence", e, text)
		}
		if other, twice := sentences[text]; twice {
			t.Errorf("%v and %v have the same sentence", e, other)
		}
		sentences[text] = e
	}
	check(t, "Error() of a number without a name", Errno(12345).Error(), "WSA error 12345")
	check(t, "Text() of it", Errno(12345).Text(), "")
}

func TestCodesMatchPortableErrorsOfTheSameMeaning(t *testing.T) {
	portable := map[Errno]syscall.Errno{
		WSAEINTR: syscall.EINTR, WSAEBADF: syscall.EBADF, WSAEACCES: syscall.EACCES,
		WSAEFAULT: syscall.EFAULT, WSAEINVAL: syscall.EINVAL, WSAEMFILE: syscall.EMFILE,
		WSAEWOULDBLOCK: syscall.EAGAIN, WSATRY_AGAIN: syscall.EAGAIN, WSAEINPROGRESS: syscall.EINPROGRESS,
		WSAEALREADY: syscall.EALREADY, WSAENOTSOCK: syscall.ENOTSOCK, eMessageSize: syscall.EMSGSIZE,
		ePrototype: syscall.EPROTOTYPE, WSAENOPROTOOPT: syscall.ENOPROTOOPT,
		eProtocolNotSupported: syscall.EPROTONOSUPPORT, WSAEOPNOTSUPP: syscall.EOPNOTSUPP,
		eFamilyNotSupported: syscall.EAFNOSUPPORT, WSAEADDRINUSE: syscall.EADDRINUSE,
		WSAEADDRNOTAVAIL: syscall.EADDRNOTAVAIL, WSAENETDOWN: syscall.ENETDOWN,
		eNetUnreachable: syscall.ENETUNREACH, WSAECONNABORTED: syscall.ECONNABORTED,
		WSAECONNRESET: syscall.ECONNRESET, WSAENOBUFS: syscall.ENOBUFS, WSAEISCONN: syscall.EISCONN,
		WSAENOTCONN: syscall.ENOTCONN, WSAETIMEDOUT: syscall.ETIMEDOUT,
		WSAECONNREFUSED: syscall.ECONNREFUSED, eHostUnreachable: syscall.EHOSTUNREACH,
	}
	for _, e := range Errnos() {
		for other, p := range portable {
			if got, want := errors.Is(e, p), portable[e] == p; got != want {
				t.Errorf("errors.Is(%v, %v: %v) = %v, want %v", e, other, p, got, want)
			}
		}
		if !errors.Is(e, syscall.Errno(e)) {
			t.Errorf("errors.Is(%v, syscall.Errno(%d)) = false, want true: Windows itself returns that number", e, e)
		}
		if errors.Is(e, errors.New("other")) || errors.Is(e, syscall.Errno(0)) {
			t.Errorf("%v matches an error of another kind", e)
		}
	}
}
