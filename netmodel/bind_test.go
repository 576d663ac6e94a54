package netmodel_test

import (
	"fmt"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// way is a way to bind: with an option or none, to the wildcard or a specific address.
type way struct {
	name   string
	option winsock.Option
	ip     netmodel.IP
}

// ways has the order of the columns below.
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

// bindTables has the tables of the Microsoft page "Using SO_REUSEADDR and
// SO_EXCLUSIVEADDRUSE". A row is a first bind; its columns are the errors of the second
// bind, in the order of ways.
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

// bindWay opens a socket and binds it in a given way.
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

// pairOf is a stage with two sockets that want one port.
type pairOf struct {
	*stage
	fds  [2]netmodel.FD
	ips  [2]netmodel.IP
	name func(error) string
}

// measuredIP maps the addresses of the measurements to those of a stage.
func measuredIP(t *testing.T, addr string) netmodel.IP {
	t.Helper()
	switch addr {
	case "0.0.0.0":
		return netmodel.AnyIP
	case "127.0.0.1":
		return hostIP
	case "127.0.0.2":
		return otherIP
	}
	t.Fatalf("address %q: want one of the three that were measured", addr)
	return 0
}

func newPair(t *testing.T, p netmodel.Profile, options [2][]winsock.Option, addr1, addr2 string, name func(error) string) *pairOf {
	t.Helper()
	pair := &pairOf{stage: newStage(t, p, 0), name: name, ips: [2]netmodel.IP{measuredIP(t, addr1), measuredIP(t, addr2)}}
	for i := range pair.fds {
		pair.fds[i] = pair.socket()
		for _, o := range options[i] {
			pair.set(pair.fds[i], o, 1)
		}
	}
	return pair
}

// step makes one call of the first socket or the second: "bind1", "listen2" ...
// The measurement skipped a listen if its bind had failed.
func (p *pairOf) step(call string, bound *[2]bool) string {
	p.t.Helper()
	i := int(call[len(call)-1] - '1')
	if call[:4] == "bind" {
		err := p.h.Bind(p.fds[i], netmodel.Addr{IP: p.ips[i], Port: port})
		bound[i] = err == nil
		return p.name(err)
	}
	if !bound[i] {
		return "skipped"
	}
	return p.name(p.h.Listen(p.fds[i], 5))
}

func (p *pairOf) steps(calls ...string) []string {
	p.t.Helper()
	var got []string
	var bound [2]bool
	for _, call := range calls {
		got = append(got, p.step(call, &bound))
	}
	return got
}

func TestTwoSocketsOnOnePortAsOnLinux(t *testing.T) { // K15
	rows := 0
	for _, row := range errorRows(t) {
		if row.Case != "two sockets, same port" {
			continue
		}
		rows++
		var o []winsock.Option
		switch row.Reuse {
		case "REUSEADDR":
			o = []winsock.Option{winsock.SO_REUSEADDR}
		case "REUSEPORT":
			o = []winsock.Option{winsock.SO_REUSEPORT}
		}
		what := row.Addr1 + " and " + row.Addr2 + ", " + row.Reuse
		both := [2][]winsock.Option{o, o}
		p := newPair(t, profiles.Linux(), both, row.Addr1, row.Addr2, unixName)
		check(t, what+": bind1 listen1 bind2 listen2", fmt.Sprint(p.steps("bind1", "listen1", "bind2", "listen2")), fmt.Sprint(row.ListensFirst))
		p = newPair(t, profiles.Linux(), both, row.Addr1, row.Addr2, unixName)
		got := p.steps("bind1", "bind2", "listen1", "listen2")
		check(t, what+": bind1 bind2 listen1 listen2", fmt.Sprint(got), fmt.Sprint(row.BindsFirst))
		if row.AfterClose != "skipped" {
			wantErr(t, "CloseSocket", p.close(p.fds[0]), 0)
			check(t, what+": listen2 after the first is closed", unixName(p.h.Listen(p.fds[1], 5)), row.AfterClose)
		}
	}
	check(t, "rows of L09 about two sockets", rows, 15)
}

// wineRow is a line of W: a call with its result, or two sockets on one port.
type wineRow struct {
	Rep                            int
	Case                           string
	Opt1, Opt2, Addr1, Addr2       string
	Bind1, Bind2, Listen1, Listen2 string
}

func wineName(err error) string {
	if err == nil {
		return "OK"
	}
	return err.Error()
}

func TestTwoSocketsOnOnePortAsOnWine(t *testing.T) {
	options := map[string][]winsock.Option{
		"none": nil, "REUSEADDR": {winsock.SO_REUSEADDR}, "EXCLUSIVE": {winsock.SO_EXCLUSIVEADDRUSE},
	}
	rows := 0
	for _, row := range lines[wineRow](t, "W_wine.jsonl") {
		if row.Case != "two sockets, one port" || row.Rep != 1 {
			continue
		}
		rows++
		what := row.Opt1 + " on " + row.Addr1 + ", then " + row.Opt2 + " on " + row.Addr2
		p := newPair(t, profiles.Wine(), [2][]winsock.Option{options[row.Opt1], options[row.Opt2]}, row.Addr1, row.Addr2, wineName)
		got := p.steps("bind1", "bind2", "listen1", "listen2")
		check(t, what+": bind1 bind2 listen1 listen2", fmt.Sprint(got), fmt.Sprint([]string{row.Bind1, row.Bind2, row.Listen1, row.Listen2}))
	}
	check(t, "combinations of W", rows, 45)
}

func TestWineKeepsTheTwoAddressOptionsApart(t *testing.T) {
	s := newStage(t, profiles.Wine(), 0)
	fd := s.socket()
	s.set(fd, winsock.SO_REUSEADDR, 1)
	wantErr(t, "SetSockOpt(SO_EXCLUSIVEADDRUSE)", s.h.SetSockOpt(fd, winsock.SO_EXCLUSIVEADDRUSE, 1), winsock.WSAEINVAL)
}

func TestReuseportNeedsTheOptionOnEverySocket(t *testing.T) { // K15
	for _, row := range []struct {
		why  string
		opts [2][]winsock.Option
		want winsock.Errno
	}{
		{"on the first only", [2][]winsock.Option{{winsock.SO_REUSEPORT}, nil}, winsock.WSAEADDRINUSE},
		{"on the second only", [2][]winsock.Option{nil, {winsock.SO_REUSEPORT}}, winsock.WSAEADDRINUSE},
		{"on both", [2][]winsock.Option{{winsock.SO_REUSEPORT}, {winsock.SO_REUSEPORT}}, 0},
	} {
		p := newPair(t, profiles.Linux(), row.opts, "127.0.0.1", "127.0.0.1", unixName)
		p.steps("bind1", "listen1")
		wantErr(t, row.why+": Bind of the second", p.h.Bind(p.fds[1], netmodel.Addr{IP: hostIP, Port: port}), row.want)
	}
}

func TestCommitNeedsReuseOnBothSockets(t *testing.T) { // E2 WS.U4
	for _, row := range []struct {
		why           string
		first, second bool // SO_REUSEADDR
		want          winsock.Errno
	}{
		{"neither allows sharing", false, false, winsock.WSAEADDRINUSE},
		{"only the first", true, false, winsock.WSAEADDRINUSE},
		{"only the second", false, true, winsock.WSAEADDRINUSE},
		{"both", true, true, 0},
	} {
		s := newStage(t, profiles.WSP(), 0)
		var fds [2]netmodel.FD
		for i, reuse := range []bool{row.first, row.second} {
			fds[i] = s.socket()
			if reuse {
				s.set(fds[i], winsock.SO_REUSEADDR, 1)
			}
		}
		wantErr(t, row.why+": bind specific", s.h.Bind(fds[0], netmodel.Addr{IP: hostIP, Port: 99}), 0)
		wantErr(t, row.why+": bind wildcard", s.h.Bind(fds[1], netmodel.Addr{Port: 99}), 0)
		wantErr(t, row.why+": listen specific", s.h.Listen(fds[0], 1), 0)
		wantErr(t, row.why+": listen wildcard", s.h.Listen(fds[1], 1), row.want)
	}
}
