package measured

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// wineRow is a line of W_wine.jsonl, which has keys of its own. A line is one call, two
// sockets on one port, or clients that connect while the program does not accept.
type wineRow struct {
	Trial
	Case   string          `json:"case"`
	Call   string          `json:"call"`
	Result json.RawMessage `json:"result"`

	Backlog   *int `json:"backlog"`
	Fired     int  `json:"fired"`
	Connected int  `json:"connected"`

	Opt1    string `json:"opt1"`
	Opt2    string `json:"opt2"`
	Addr1   string `json:"addr1"`
	Addr2   string `json:"addr2"`
	Bind1   string `json:"bind1"`
	Bind2   string `json:"bind2"`
	Listen1 string `json:"listen1"`
	Listen2 string `json:"listen2"`
}

// playWine plays a line, and the calls that led to it, on a new host.
func playWine(row *wineRow, c *Comparison) error {
	switch {
	case row.Case == "two sockets, one port":
		return playWinePair(row, c)
	case row.Case == "fill" && row.Backlog != nil:
		return playWineFill(row, c)
	}
	w := newWine(8)
	if err := w.play(row); err != nil {
		return err
	}
	name := row.Case + ", " + row.Call
	if row.Call == "ms" {
		ms, err := strconv.ParseFloat(string(row.Result), 64)
		if err != nil {
			return fmt.Errorf("result %s: want a number", row.Result)
		}
		took, err := strconv.ParseFloat(w.result, 64)
		c.near(name, ms, took, wineClockError)
		return err
	}
	c.equal(name, strings.Trim(string(row.Result), `"`), w.result)
	return nil
}

// wineClockError is how far a duration may lie from that of the model, in milliseconds. The
// program's clock has a resolution of 1 ms, and its calls take time.
const wineClockError = 5

// winsockName returns the result of a call: OK or the name of the error.
func winsockName(err error) string {
	if err == nil {
		return "OK"
	}
	return err.Error()
}

// wine is a program under Wine, and the result of its last call.
type wine struct {
	*clients
	result string
	// The next call is on this host, with this socket.
	on       *netmodel.Host
	sock     netmodel.FD
	blocking bool // calls block; the calls of the model never do
}

func newWine(backlog int) *wine {
	s := newClients(profiles.Wine(), backlog)
	return &wine{clients: s, on: s.serverHost(), sock: s.fd, blocking: true}
}

// play makes the call of a line, after the calls that lead to it.
func (w *wine) play(row *wineRow) error {
	for _, play := range []func(string, string) (bool, error){w.playStates, w.playQueue, w.playCondition, w.playEnd} {
		if known, err := play(row.Case, row.Call); err != nil {
			return err
		} else if known {
			return w.err
		}
	}
	return fmt.Errorf("case %q, call %q: %w", row.Case, row.Call, ErrNotModelled)
}

// playStates makes a call with a socket in the state of a case.
func (w *wine) playStates(what, call string) (known bool, err error) {
	if n, ok := number(what, "first listen backlog "); ok && call == "listen" {
		if err := checkBacklog(n); err != nil {
			return true, err
		}
		w.sock, err = openBound(w.on, netmodel.Addr{Port: w.to.Port + 2})
		if err == nil {
			w.result = winsockName(w.on.Listen(w.sock, n))
		}
		return true, err
	}
	if n, ok := number(what, "re-listen backlog "); ok && call == "listen" {
		if err := checkBacklog(n); err != nil {
			return true, err
		}
		w.result = winsockName(w.on.Listen(w.sock, n))
		return true, nil
	}
	if known, err := w.enterState(what); !known || err != nil {
		return known, err
	}
	return w.makeCall(call)
}

// enterState makes a socket in the state of a case, which the first words of the case
// name.
func (w *wine) enterState(what string) (known bool, err error) {
	switch beginsWith(what, "before WSAStartup", "after WSACleanup", "unbound", "bound", "listening", "connected (accepted", "accepted", "connected", "connecting",
		"datagram bound", "datagram", "bad handle", "event handle", "closed", "file handle", "after refused connect", "no listener", "SO_CONDITIONAL_ACCEPT") {
	case "before WSAStartup":
		w.on = netmodel.NewHost(netmodel.HostConfig{Profile: profiles.Wine(), Addrs: []netmodel.IP{w.to.IP}})
	case "after WSACleanup":
		err = w.on.Cleanup() // closes the socket
	case "unbound", "SO_CONDITIONAL_ACCEPT":
		w.sock, err = w.on.Socket(winsock.SOCK_STREAM)
	case "bound":
		w.sock, err = openBound(w.on, netmodel.Addr{Port: w.to.Port + 2})
	case "listening":
	case "connected (accepted", "accepted":
		w.connect(w.now())
		_, w.sock, err = w.accept()
	case "connecting": // the SYN has not arrived yet
		w.sendSyn(w.now())
		w.useLastClient()
	case "connected":
		w.connect(w.now())
		w.useLastClient()
	case "datagram bound":
		if w.sock, err = w.on.Socket(winsock.SOCK_DGRAM); err == nil {
			err = w.on.Bind(w.sock, netmodel.Addr{Port: w.to.Port + 2})
		}
	case "datagram":
		w.sock, err = w.on.Socket(winsock.SOCK_DGRAM)
	case "bad handle", "event handle":
		w.sock = 0xdead
	case "closed":
		err = w.on.CloseSocket(w.sock)
	case "file handle":
		w.sock, err = w.on.OpenFile()
	case "after refused connect", "no listener":
		w.blocking = !strings.Contains(what, "non-blocking")
		w.connectTo(w.closedPort())
		w.useLastClient()
	default:
		return false, nil
	}
	return true, err
}

// useLastClient selects the socket of the last client for the next call.
func (w *wine) useLastClient() {
	if len(w.fds) > 0 {
		w.on, w.sock = w.clientHost(), w.fds[len(w.fds)-1]
	}
}

// makeCall makes a call with the selected socket.
func (w *wine) makeCall(call string) (known bool, err error) {
	switch beginsWith(call, "socket", "bind", "listen", "accept", "connect", "shutdown SD_RECEIVE", "shutdown SD_SEND", "shutdown SD_BOTH", "getpeername",
		"recv", "send", "SO_ACCEPTCONN", "SO_ERROR", "getsockopt", "setsockopt", "value", "ms") {
	case "socket":
		_, err := w.on.Socket(winsock.SOCK_STREAM)
		w.result = winsockName(err)
	case "bind":
		w.result = winsockName(w.on.Bind(w.sock, netmodel.Addr{Port: w.to.Port + 3}))
	case "listen":
		w.result = winsockName(w.on.Listen(w.sock, 5))
	case "accept":
		_, err := w.on.Accept(w.sock)
		w.result = winsockName(err)
	case "connect":
		w.callConnect()
	case "shutdown SD_RECEIVE":
		w.result = winsockName(w.on.Shutdown(w.sock, winsock.SD_RECEIVE))
	case "shutdown SD_SEND":
		w.result = winsockName(w.on.Shutdown(w.sock, winsock.SD_SEND))
	case "shutdown SD_BOTH":
		w.result = winsockName(w.on.Shutdown(w.sock, winsock.SD_BOTH))
	case "getpeername":
		_, err := w.on.PeerName(w.sock)
		w.result = winsockName(err)
	case "recv":
		w.result = w.receive()
	case "send":
		_, err := w.on.Send(w.sock, 1)
		w.result = winsockName(err)
	case "SO_ACCEPTCONN":
		w.result = w.option(winsock.SO_ACCEPTCONN)
	case "SO_ERROR":
		w.result = w.socketError()
	case "getsockopt": // of the only option that the file names so
		_, err := w.on.GetSockOpt(w.sock, winsock.SO_CONDITIONAL_ACCEPT)
		w.result = winsockName(err)
	case "setsockopt":
		w.result = winsockName(w.on.SetSockOpt(w.sock, winsock.SO_CONDITIONAL_ACCEPT, 1))
	case "value":
		if w.result = w.option(winsock.SO_CONDITIONAL_ACCEPT); strings.HasPrefix(w.result, "WSA") {
			w.result = "-1" // the value before the call
		}
	case "ms":
		if len(w.fds) == 0 {
			return true, fmt.Errorf("call %q of a case without a client: want a case in which a client connects", call)
		}
		w.result = fmt.Sprint(inMilliseconds(w.attempt(len(w.fds)-1).done - w.startOfLastConnect()))
	default:
		return false, nil
	}
	return true, nil
}

// startOfLastConnect returns when the last client sent its first SYN.
func (w *wine) startOfLastConnect() time.Duration { return w.attempt(len(w.fds) - 1).syns[0] }

// callConnect calls connect. If the connect of the socket has already failed, the result
// is that of the earlier call. A blocking connect returns the value of SO_ERROR.
func (w *wine) callConnect() {
	switch n := len(w.fds); {
	case n == 0 || w.sock != w.fds[n-1] || w.connectResult(n-1) != "ECONNREFUSED":
		w.result = winsockName(w.on.Connect(w.sock, w.closedPort()))
	case w.blocking:
		w.result = w.socketError()
	default:
		w.result = winsockName(winsock.WSAEWOULDBLOCK)
	}
}

// option returns a socket option that is a number.
func (w *wine) option(o winsock.Option) string {
	value, err := w.on.GetSockOpt(w.sock, o)
	if err != nil {
		return winsockName(err)
	}
	return fmt.Sprint(value)
}

// socketError returns SO_ERROR.
func (w *wine) socketError() string {
	value, err := w.on.GetSockOpt(w.sock, winsock.SO_ERROR)
	switch {
	case err != nil:
		return winsockName(err)
	case value == 0:
		return "OK"
	}
	return winsock.Errno(value).Error()
}

// receive returns the result of a read from the socket.
func (w *wine) receive() string {
	n, err := w.on.Receive(w.sock, 1<<10)
	switch {
	case err != nil:
		return winsockName(err)
	case n == 0:
		return "EOF"
	}
	return fmt.Sprint(n)
}

// beginsWith returns the first of the words that is a prefix of s, "" if none.
func beginsWith(s string, words ...string) string {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return w
		}
	}
	return ""
}

// number returns the number after a prefix, up to the next blank.
func number(s, prefix string) (int, bool) {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(strings.ReplaceAll(rest, ",", " "), " ")
	n, err := strconv.Atoi(digits)
	return n, err == nil
}
