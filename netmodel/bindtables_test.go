package netmodel_test

import (
	"fmt"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

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
// A listen whose bind has failed was skipped.
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
