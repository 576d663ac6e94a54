package netmodel_test

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

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
	all := netmodel.Errnos()
	check(t, "codes", len(all), len(codes))
	if !slices.IsSorted(all) {
		t.Errorf("Errnos() = %v, want them in numerical order", all)
	}
	sentences := map[string]netmodel.Errno{}
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
	check(t, "Error() of a number without a name", netmodel.Errno(12345).Error(), "WSA error 12345")
	check(t, "Text() of it", netmodel.Errno(12345).Text(), "")
}

func TestCodesMatchPortableErrorsOfTheSameMeaning(t *testing.T) {
	portable := map[netmodel.Errno]syscall.Errno{
		netmodel.WSAEINTR: syscall.EINTR, netmodel.WSAEBADF: syscall.EBADF, netmodel.WSAEACCES: syscall.EACCES,
		netmodel.WSAEFAULT: syscall.EFAULT, netmodel.WSAEINVAL: syscall.EINVAL, netmodel.WSAEMFILE: syscall.EMFILE,
		netmodel.WSAEWOULDBLOCK: syscall.EAGAIN, netmodel.WSATRY_AGAIN: syscall.EAGAIN, netmodel.WSAEINPROGRESS: syscall.EINPROGRESS,
		netmodel.WSAEALREADY: syscall.EALREADY, netmodel.WSAENOTSOCK: syscall.ENOTSOCK, netmodel.WSAEMSGSIZE: syscall.EMSGSIZE,
		netmodel.WSAEPROTOTYPE: syscall.EPROTOTYPE, netmodel.WSAENOPROTOOPT: syscall.ENOPROTOOPT,
		netmodel.WSAEPROTONOSUPPORT: syscall.EPROTONOSUPPORT, netmodel.WSAEOPNOTSUPP: syscall.EOPNOTSUPP,
		netmodel.WSAEAFNOSUPPORT: syscall.EAFNOSUPPORT, netmodel.WSAEADDRINUSE: syscall.EADDRINUSE,
		netmodel.WSAEADDRNOTAVAIL: syscall.EADDRNOTAVAIL, netmodel.WSAENETDOWN: syscall.ENETDOWN,
		netmodel.WSAENETUNREACH: syscall.ENETUNREACH, netmodel.WSAECONNABORTED: syscall.ECONNABORTED,
		netmodel.WSAECONNRESET: syscall.ECONNRESET, netmodel.WSAENOBUFS: syscall.ENOBUFS, netmodel.WSAEISCONN: syscall.EISCONN,
		netmodel.WSAENOTCONN: syscall.ENOTCONN, netmodel.WSAETIMEDOUT: syscall.ETIMEDOUT,
		netmodel.WSAECONNREFUSED: syscall.ECONNREFUSED, netmodel.WSAEHOSTUNREACH: syscall.EHOSTUNREACH,
	}
	for _, e := range netmodel.Errnos() {
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

func TestReturningAnErrorAllocatesNothing(t *testing.T) {
	s := listening(t, profiles.WSP(), 1)
	var records []netmodel.Record
	fail := func() {
		_ = s.h.Listen(0, 1)
		_, _ = s.h.Accept(s.fd)
		_ = s.h.Bind(s.fd, netmodel.Addr{})
		_, _ = s.h.GetSockOpt(s.fd, 0x4321)
		_ = s.h.Shutdown(s.fd, netmodel.ShutBoth)
		records = s.h.DrainRecords(records[:0])
	}
	fail()
	if n := testing.AllocsPerRun(100, fail); n != 0 {
		t.Errorf("calls that fail: %v allocations, want none", n)
	}
}
