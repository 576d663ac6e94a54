package netmodel_test

import (
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// A way to bind: which option, and to the wildcard or to a specific address.
type way struct {
	name   string
	option winsock.Option
	ip     netmodel.IP
}

// The order of the columns below.
var ways = [6]way{
	{"default on the wildcard", 0, netmodel.AnyIP},
	{"default on an address", 0, hostIP},
	{"reuse on the wildcard", winsock.SO_REUSEADDR, netmodel.AnyIP},
	{"reuse on an address", winsock.SO_REUSEADDR, hostIP},
	{"exclusive on the wildcard", winsock.SO_EXCLUSIVEADDRUSE, netmodel.AnyIP},
	{"exclusive on an address", winsock.SO_EXCLUSIVEADDRUSE, hostIP},
}

const (
	inuse  = winsock.WSAEADDRINUSE
	access = winsock.WSAEACCES
	ok     = winsock.Errno(0)
)

// The tables of the Microsoft page "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE":
// a row per first bind, the error of each second one in the order of ways.
var bindTables = []struct {
	why       string
	rules     netmodel.BindRules
	otherUser bool
	rows      map[string][6]winsock.Errno
}{
	{"Server 2003 and later, same user", netmodel.BindsModern, false, map[string][6]winsock.Errno{
		"default on the wildcard":   {inuse, ok, access, ok, inuse, ok},
		"default on an address":     {ok, inuse, ok, access, inuse, inuse},
		"reuse on the wildcard":     {inuse, ok, ok, ok, inuse, ok},
		"reuse on an address":       {ok, inuse, ok, ok, inuse, inuse},
		"exclusive on the wildcard": {inuse, access, access, access, inuse, access},
		"exclusive on an address":   {ok, inuse, ok, access, inuse, inuse},
	}},
	{"Server 2003 and later, different users", netmodel.BindsModern, true, map[string][6]winsock.Errno{
		"default on the wildcard":   {inuse, access, access, access, inuse, access},
		"default on an address":     {ok, inuse, ok, access, inuse, inuse},
		"reuse on the wildcard":     {inuse, access, ok, ok, inuse, access},
		"reuse on an address":       {ok, inuse, ok, ok, inuse, inuse},
		"exclusive on the wildcard": {inuse, access, access, access, inuse, access},
		"exclusive on an address":   {ok, inuse, ok, access, inuse, inuse},
	}},
	{"XP and earlier", netmodel.BindsOld, false, map[string][6]winsock.Errno{
		"default on the wildcard":   {inuse, inuse, ok, ok, inuse, inuse},
		"default on an address":     {inuse, inuse, ok, ok, inuse, inuse},
		"reuse on the wildcard":     {inuse, inuse, ok, ok, inuse, inuse},
		"reuse on an address":       {inuse, inuse, ok, ok, inuse, inuse},
		"exclusive on the wildcard": {inuse, inuse, access, access, inuse, inuse},
		"exclusive on an address":   {inuse, inuse, access, access, inuse, inuse},
	}},
	{"XP and earlier, different users: no difference", netmodel.BindsOld, true, map[string][6]winsock.Errno{
		"default on the wildcard":   {inuse, inuse, ok, ok, inuse, inuse},
		"default on an address":     {inuse, inuse, ok, ok, inuse, inuse},
		"reuse on the wildcard":     {inuse, inuse, ok, ok, inuse, inuse},
		"reuse on an address":       {inuse, inuse, ok, ok, inuse, inuse},
		"exclusive on the wildcard": {inuse, inuse, access, access, inuse, inuse},
		"exclusive on an address":   {inuse, inuse, access, access, inuse, inuse},
	}},
}

func TestBindConflictTables(t *testing.T) { // WS.U1
	cells := 0
	for _, table := range bindTables {
		p := profiles.Windows()
		p.Binds = table.rules
		for _, first := range ways {
			for i, second := range ways {
				for _, typ := range []winsock.SocketType{winsock.SOCK_STREAM, winsock.SOCK_DGRAM} {
					s := newStage(t, p, 0)
					s.h.SetUser(1)
					wantErr(t, "first", s.bindWay(first, typ, port), 0)
					if table.otherUser {
						s.h.SetUser(2)
					}
					want := table.rows[first.name][i]
					wantErr(t, table.why+": "+first.name+", then "+second.name, s.bindWay(second, typ, port), want)
				}
				cells++
			}
		}
	}
	check(t, "cells", cells, 4*36)
}

// bindWay opens a socket and binds it in that way.
func (s *stage) bindWay(w way, typ winsock.SocketType, port uint16) error {
	s.t.Helper()
	fd, err := s.h.Socket(typ)
	wantErr(s.t, "Socket", err, 0)
	if w.option != 0 {
		s.set(fd, w.option, 1)
	}
	return s.h.Bind(fd, netmodel.Addr{IP: w.ip, Port: port})
}

func TestWhichProfileHasWhichBindTable(t *testing.T) { // WS.U1
	for _, p := range winsockProfiles() {
		want := netmodel.BindsOld
		if p.Name == "wsp" || p.Name == "windows" {
			want = netmodel.BindsModern
		}
		check(t, p.Name+": Binds", p.Binds, want)
	}
}

func TestDifferentAddressesPortsAndTypesNeverConflict(t *testing.T) { // WS.U1
	for _, rules := range []netmodel.BindRules{netmodel.BindsModern, netmodel.BindsOld} {
		p := profiles.Windows()
		p.Binds = rules
		for _, first := range ways {
			for _, second := range ways {
				s := newStage(t, p, 0)
				wantErr(t, "first", s.bindWay(first, winsock.SOCK_STREAM, port), 0)
				wantErr(t, "another port", s.bindWay(second, winsock.SOCK_STREAM, port+1), 0)
				wantErr(t, "another type", s.bindWay(second, winsock.SOCK_DGRAM, port), 0)
				if first.ip != netmodel.AnyIP && second.ip != netmodel.AnyIP {
					second.ip = otherIP
					wantErr(t, "another address", s.bindWay(second, winsock.SOCK_STREAM, port), 0)
				}
			}
		}
	}
}

func TestReuseAndExclusiveExcludeEachOther(t *testing.T) { // WS.U2
	s := newStage(t, profiles.Windows(), 0)
	fd := s.socket()
	s.set(fd, winsock.SO_REUSEADDR, 1)
	wantErr(t, "SO_EXCLUSIVEADDRUSE after SO_REUSEADDR", s.h.SetSockOpt(fd, winsock.SO_EXCLUSIVEADDRUSE, 1), winsock.WSAEINVAL)
	s.set(fd, winsock.SO_REUSEADDR, 0)
	s.set(fd, winsock.SO_EXCLUSIVEADDRUSE, 1)
	wantErr(t, "SO_REUSEADDR after SO_EXCLUSIVEADDRUSE", s.h.SetSockOpt(fd, winsock.SO_REUSEADDR, 1), winsock.WSAEINVAL)
	check(t, "SO_EXCLUSIVEADDRUSE", s.option(fd, winsock.SO_EXCLUSIVEADDRUSE), 1)
	check(t, "SO_REUSEADDR", s.option(fd, winsock.SO_REUSEADDR), 0)
}

func TestAddressOptionsAreSetBeforeBind(t *testing.T) { // WS.U5
	s := newStage(t, profiles.Windows(), 0)
	fd := s.bound(hostIP, port)
	for _, o := range []winsock.Option{winsock.SO_REUSEADDR, winsock.SO_EXCLUSIVEADDRUSE} {
		wantErr(t, "SetSockOpt after Bind", s.h.SetSockOpt(fd, o, 1), winsock.WSAEINVAL)
	}
}

func TestAcceptconnCannotBeSet(t *testing.T) { // WS.U6
	s := newStage(t, profiles.Windows(), 0)
	s.fd = s.bound(hostIP, port)
	for range 2 {
		for v := range 2 {
			wantErr(t, "SetSockOpt(SO_ACCEPTCONN)", s.h.SetSockOpt(s.fd, winsock.SO_ACCEPTCONN, v), winsock.WSAENOPROTOOPT)
		}
		s.listen(1)
	}
}

func TestOptionsRefuseBadValues(t *testing.T) {
	s := newStage(t, profiles.Windows(), 0)
	fd := s.socket()
	for _, row := range []struct {
		why   string
		o     winsock.Option
		value int
		want  winsock.Errno
	}{
		{"unknown option", 0x4321, 1, winsock.WSAENOPROTOOPT},
		{"read only", winsock.SO_ERROR, 0, winsock.WSAENOPROTOOPT},
		{"read only", winsock.SO_TYPE, 1, winsock.WSAENOPROTOOPT},
		{"neither 0 nor 1", winsock.SO_REUSEADDR, 2, winsock.WSAEINVAL},
		{"neither 0 nor 1", winsock.SO_PAUSE_ACCEPT, -1, winsock.WSAEINVAL},
		{"less than off", winsock.SO_LINGER, -2, winsock.WSAEINVAL},
		{"more than the field holds", winsock.SO_LINGER, 65536, winsock.WSAEINVAL},
		{"the most it holds", winsock.SO_LINGER, 65535, 0},
		{"off", winsock.SO_LINGER, -1, 0},
	} {
		wantErr(t, "SetSockOpt, "+row.why, s.h.SetSockOpt(fd, row.o, row.value), row.want)
	}
	_, err := s.h.GetSockOpt(fd, 0x4321)
	wantErr(t, "GetSockOpt of an unknown option", err, winsock.WSAENOPROTOOPT)
	check(t, "SO_LINGER by default is off", s.option(s.socket(), winsock.SO_LINGER), -1)

	ce := newStage(t, profiles.WindowsCE3(), 0)
	fd = ce.socket()
	for _, o := range []winsock.Option{winsock.SO_EXCLUSIVEADDRUSE, winsock.SO_CONDITIONAL_ACCEPT, winsock.SO_PAUSE_ACCEPT} {
		wantErr(t, "SetSockOpt on Windows CE", ce.h.SetSockOpt(fd, o, 1), winsock.WSAENOPROTOOPT)
		_, err := ce.h.GetSockOpt(fd, o)
		wantErr(t, "GetSockOpt on Windows CE", err, winsock.WSAENOPROTOOPT)
	}
	ce.set(fd, winsock.SO_REUSEADDR, 1)
}

func TestBindChecksItsAddress(t *testing.T) {
	s := newStage(t, profiles.Windows(), 0)
	fd := s.socket()
	wantErr(t, "Bind to 192.0.2.0", s.h.Bind(fd, netmodel.Addr{IP: netmodel.IPv4(192, 0, 2, 0), Port: port}), winsock.WSAEADDRNOTAVAIL)
	wantErr(t, "Bind", s.h.Bind(fd, netmodel.Addr{IP: hostIP, Port: port}), 0)
	wantErr(t, "Bind again", s.h.Bind(fd, netmodel.Addr{IP: hostIP, Port: port + 1}), winsock.WSAEINVAL)
}

func TestPortZeroPicksAFreePort(t *testing.T) {
	p := profiles.WSP()
	p.PortMin, p.PortMax = 2000, 2004
	s := newStage(t, p, 0)
	s.bound(netmodel.AnyIP, 2002)
	for range 4 {
		s.bound(netmodel.AnyIP, 0)
	}
	fd := s.socket()
	wantErr(t, "Bind when all ports are taken", s.h.Bind(fd, netmodel.Addr{}), winsock.WSAENOBUFS)
	wantErr(t, "Connect when all ports are taken", s.h.Connect(fd, s.peer("a").addr), winsock.WSAENOBUFS)
	for port := uint16(2000); port <= 2004; port++ {
		wantErr(t, "Bind to a picked port", s.h.Bind(fd, netmodel.Addr{Port: port}), winsock.WSAEADDRINUSE)
	}
	high := profiles.WSP()
	high.PortMin, high.PortMax = 65534, 65535
	s = newStage(t, high, 0)
	s.bound(netmodel.AnyIP, 0)
	s.bound(netmodel.AnyIP, 0)
	wantErr(t, "Bind at the end of all ports", s.h.Bind(s.socket(), netmodel.Addr{}), winsock.WSAENOBUFS)
}
