package netmodel_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// lines reads a file of testdata/truth: a JSON object a line.
func lines[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open("../testdata/truth/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	for s := bufio.NewScanner(f); s.Scan(); {
		var one T
		if err := json.Unmarshal(s.Bytes(), &one); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, one)
	}
	return all
}

// errorRow is a row of L09: what a call returned in a case.
type errorRow struct {
	Call, Case, Errno string
	SendQ             *int
	// of two sockets on one port
	Addr1, Addr2, Reuse string
	BindsFirst          []string `json:"bind1_bind2_listen1_listen2"`
	ListensFirst        []string `json:"bind1_listen1_bind2_listen2"`
	AfterClose          string   `json:"listen2_after_first_closed"`
}

// errorRows returns the rows of L09, of the first repetition: the others are the
// same.
func errorRows(t *testing.T) []errorRow {
	t.Helper()
	type trial struct {
		Observed struct{ Rows []errorRow }
	}
	return lines[trial](t, "L09_errors.jsonl")[0].Observed.Rows
}

// unixName is what a program on Linux calls an error.
func unixName(err error) string {
	if err == nil {
		return "OK"
	}
	return err.(winsock.Errno).Unix()
}

// unixStates brings a stage's socket into the state that L09 names.
var unixStates = map[string]func(s *stage) netmodel.FD{
	"unbound stream":  func(s *stage) netmodel.FD { return s.socket() },
	"unbound":         func(s *stage) netmodel.FD { return s.socket() },
	"bound udp":       func(s *stage) netmodel.FD { return s.typed(winsock.SOCK_DGRAM, true) },
	"udp":             func(s *stage) netmodel.FD { return s.typed(winsock.SOCK_DGRAM, false) },
	"unix dgram":      func(s *stage) netmodel.FD { return s.typed(winsock.SOCK_DGRAM, false) },
	"raw socket":      func(s *stage) netmodel.FD { return s.typed(winsock.SOCK_RAW, false) },
	"closed fd 9999":  func(*stage) netmodel.FD { return 9999 },
	"fd -1":           func(*stage) netmodel.FD { return -1 },
	"file /dev/null":  func(s *stage) netmodel.FD { return s.exhaustTo(s.h.FreeDescriptors() - 1)[0] },
	"pipe":            func(s *stage) netmodel.FD { return s.exhaustTo(s.h.FreeDescriptors() - 1)[0] },
	"listening":       func(s *stage) netmodel.FD { return s.fd },
	"listening again": func(s *stage) netmodel.FD { return s.fd },
	"listening, empty, nonblocking": func(s *stage) netmodel.FD {
		return s.fd
	},
	"bound, not listening":      func(s *stage) netmodel.FD { return s.bound(netmodel.AnyIP, 81) },
	"bound twice":               func(s *stage) netmodel.FD { return s.bound(netmodel.AnyIP, 81) },
	"bind to non-local address": func(s *stage) netmodel.FD { return s.socket() },
	"unix stream unbound":       func(s *stage) netmodel.FD { return s.socket() },
	"connecting (SYN_SENT) stream": func(s *stage) netmodel.FD {
		return s.connecting()
	},
	"connected stream (client)": func(s *stage) netmodel.FD { return s.connectedTo("srv") },
	"connected stream":          func(s *stage) netmodel.FD { return s.connectedTo("srv") },
	"connected stream (accepted)": func(s *stage) netmodel.FD {
		s.open("a")
		s.accept()
		return s.fds["a"]
	},
	"CLOSE_WAIT/closed-by-peer stream": func(s *stage) netmodel.FD {
		s.open("a")
		s.accept()
		s.fin("a")
		return s.fds["a"]
	},
	"after refused connect": func(s *stage) netmodel.FD {
		fd := s.connecting()
		seg := s.h.Drain(nil)[0]
		s.h.Deliver(netmodel.Segment{Src: seg.Dst, Dst: seg.Src, Ack: seg.Seq + 1, Flags: netmodel.RST | netmodel.ACK})
		return fd
	},
}

// typed opens a socket of a type, and binds it if so wished.
func (s *stage) typed(typ winsock.SocketType, bind bool) netmodel.FD {
	s.t.Helper()
	fd, err := s.h.Socket(typ)
	wantErr(s.t, "Socket", err, 0)
	if bind {
		wantErr(s.t, "Bind", s.h.Bind(fd, netmodel.Addr{Port: 82}), 0)
	}
	return fd
}

var farAway = netmodel.Addr{IP: netmodel.IPv4(10, 9, 0, 1), Port: port}

// connecting opens a socket whose SYN lies in the host's outbox.
func (s *stage) connecting() netmodel.FD {
	s.t.Helper()
	s.pump()
	fd := s.socket()
	wantErr(s.t, "Connect", s.h.Connect(fd, farAway), winsock.WSAEWOULDBLOCK)
	return fd
}

// connectedTo opens a socket and connects it to somebody on the wire.
func (s *stage) connectedTo(string) netmodel.FD {
	s.t.Helper()
	fd := s.connecting()
	seg := s.h.Drain(nil)[0]
	s.h.Deliver(netmodel.Segment{Src: seg.Dst, Dst: seg.Src, Seq: 77, Ack: seg.Seq + 1, Flags: netmodel.SYN | netmodel.ACK})
	s.pump()
	return fd
}

// unixCall makes the call that L09 names.
func (s *stage) unixCall(call string, fd netmodel.FD, where string) error {
	s.t.Helper()
	var err error
	switch call {
	case "listen":
		err = s.h.Listen(fd, 7)
	case "accept":
		_, err = s.h.Accept(fd)
	case "connect":
		err = s.h.Connect(fd, farAway)
	case "bind":
		a := netmodel.Addr{Port: 85}
		if where == "bind to non-local address" {
			a.IP = netmodel.IPv4(192, 0, 2, 1)
		}
		err = s.h.Bind(fd, a)
	case "read":
		_, err = s.h.Receive(fd, 1)
	case "shutdown(SHUT_WR)":
		err = s.h.Shutdown(fd, winsock.SD_SEND)
	default:
		s.t.Fatalf("L09 has the call %q, which this test does not know", call)
	}
	s.pump()
	return err
}

func TestCallsFailAsOnLinux(t *testing.T) {
	notThere := []string{"getpeername", "port in TIME_WAIT", "two sockets, same port"} // no such call; no TIME_WAIT; the test below
	played := 0
	for _, row := range errorRows(t) {
		if slices.Contains(notThere, row.Call) || slices.Contains(notThere, row.Case) || strings.HasPrefix(row.Case, "bound stream backlog") {
			continue
		}
		bring := unixStates[row.Case]
		if bring == nil {
			t.Errorf("L09 has the case %q, which this test does not know", row.Case)
			continue
		}
		p := profiles.Linux()
		if strings.HasPrefix(row.Case, "unix ") {
			p = profiles.Unix()
		}
		s := listeningWith(t, p, 7, 20)
		err := s.unixCall(row.Call, bring(s), row.Case)
		check(t, row.Call+" on "+row.Case, unixName(err), row.Errno)
		played++
	}
	check(t, "rows of L09 played", played, 29)
}

func TestListenOnAnUnboundSocketPicksAPortOnLinux(t *testing.T) {
	s := newStage(t, profiles.Linux(), 0)
	s.fd = s.socket()
	check(t, "SO_ACCEPTCONN before", s.option(s.fd, winsock.SO_ACCEPTCONN), 0)
	s.listen(5)
	check(t, "SO_ACCEPTCONN after", s.option(s.fd, winsock.SO_ACCEPTCONN), 1)
	q, _ := s.h.Queue(s.fd)
	check(t, "address", q.Address.IP, netmodel.AnyIP)
	check(t, "port", q.Address.Port >= 32768 && q.Address.Port <= 60999, true)
}

func TestSendOnAResetConnectionFailsOnceAndThenWithEPIPE(t *testing.T) { // K12
	for _, row := range []struct {
		why  string
		read bool
		want [2]winsock.Errno
	}{
		{"nothing was read before: the error, then EPIPE", false, [2]winsock.Errno{winsock.WSAECONNRESET, winsock.EPIPE}},
		{"read had the error: EPIPE", true, [2]winsock.Errno{winsock.EPIPE, winsock.EPIPE}},
	} {
		s := listening(t, profiles.Linux(), 5)
		s.open("a")
		s.accept()
		s.rst("a")
		if row.read {
			_, err := s.h.Receive(s.fds["a"], 1)
			wantErr(t, row.why+": Receive", err, winsock.WSAECONNRESET)
		}
		for i, want := range row.want {
			_, err := s.h.Send(s.fds["a"], 1)
			wantErr(t, row.why+": Send "+itoa(i+1), err, want)
		}
	}
}
