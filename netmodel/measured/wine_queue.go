package measured

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// playQueue makes a call on a listener with pending connections.
func (w *wine) playQueue(what, call string) (known bool, err error) {
	switch {
	case strings.HasPrefix(what, "addrlen too small") && call == "accept":
		if strings.HasSuffix(what, "one pending") {
			w.connect(w.now())
		}
		w.result = winsockName(w.serverHost().AcceptBadAddress(w.fd))
	case what == "next accept" && call == "accept": // after that
		w.connect(w.now())
		_ = w.serverHost().AcceptBadAddress(w.fd)
		_, err := w.serverHost().Accept(w.fd)
		w.result = winsockName(err)
	case strings.HasPrefix(what, "client reset while pending"):
		return w.playReset(call)
	case strings.HasPrefix(what, "backlog "):
		backlog, clients := 0, 0
		if _, err := fmt.Sscanf(what, "backlog %d, %d connects", &backlog, &clients); err != nil || call != "connected" {
			return false, nil
		}
		if err = w.connectToFreshListener(backlog, clients); err == nil {
			w.result = fmt.Sprint(w.connectedCount())
		}
	case strings.HasPrefix(what, "re-listen "):
		backlog, full := number(what, "re-listen ")
		if !full || !strings.HasSuffix(what, "while full") {
			return false, nil
		}
		return w.playRelisten(backlog, call)
	default:
		return false, nil
	}
	return true, err
}

// connectToFreshListener replaces the listener and makes clients connect to the new one.
func (w *wine) connectToFreshListener(backlog, clients int) error {
	if clients < 0 || clients > maxConnects {
		return errTooMany(clients, maxConnects)
	}
	if err := checkBacklog(backlog); err != nil {
		return err
	}
	*w = *newWine(backlog)
	w.connectAll(clients, 0, connectGap)
	return w.err
}

// The lines about a full queue have the same backlog and clients: 9 of 12 clients fit.
const (
	wineFullBacklog = 8
	wineFullClients = 12
)

func (w *wine) playRelisten(backlog int, call string) (known bool, err error) {
	if err := checkBacklog(backlog); err != nil {
		return true, err
	}
	if err := w.connectToFreshListener(wineFullBacklog, wineFullClients); err != nil {
		return true, err
	}
	again := w.serverHost().Listen(w.fd, backlog)
	switch {
	case call == "listen":
		w.result = winsockName(again)
	case strings.HasPrefix(call, "accepted"):
		order, _ := w.acceptAll()
		w.result = fmt.Sprint(len(order))
	default:
		return false, nil
	}
	return true, nil
}

func (w *wine) playReset(call string) (known bool, err error) {
	w.connect(w.now())
	if err := w.clientHost().SetSockOpt(w.fds[0], winsock.SO_LINGER, 0); err != nil {
		return true, err
	}
	if err := w.clientHost().CloseSocket(w.fds[0]); err != nil {
		return true, err
	}
	w.settle()
	a, err := w.serverHost().Accept(w.fd)
	if call == "accept" {
		w.result = winsockName(err)
		return true, nil
	}
	w.sock = a.FD
	return w.makeCall(call)
}

// playCondition makes calls around WSAAccept with a condition function.
func (w *wine) playCondition(what, call string) (known bool, err error) {
	decisions := map[string]winsock.Decision{"CF_ACCEPT": winsock.CF_ACCEPT, "CF_REJECT": winsock.CF_REJECT, "CF_DEFER": winsock.CF_DEFER}
	decision, named := decisions[beginsWith(what, "CF_ACCEPT", "CF_REJECT", "CF_DEFER")]
	if n, ok := number(what, "callback returns "); ok {
		decision, named = winsock.Decision(uint8(min(uint(n), 255))), true // every value beyond CF_DEFER has the same effect
	}
	conditional := what == "conditional listener"
	if !named && !conditional {
		return false, nil
	}
	// The program tried to set SO_CONDITIONAL_ACCEPT, which Wine does not have.
	_ = w.serverHost().SetSockOpt(w.fd, winsock.SO_CONDITIONAL_ACCEPT, 1)
	w.connect(w.now())
	if conditional {
		w.result = fmt.Sprint(w.connectedCount())
		return strings.HasPrefix(call, "client connected"), nil
	}
	asked := 0
	_, answer := w.serverHost().AcceptIf(w.fd, func(netmodel.Request) winsock.Decision { asked++; return decision })
	w.settle()
	switch beginsWith(call, "WSAAccept", "callbacks", "client recv", "recv", "accept", "next accept") {
	case "WSAAccept":
		w.result = winsockName(answer)
	case "callbacks":
		w.result = fmt.Sprint(asked)
	case "client recv", "recv":
		w.useLastClient()
		w.result = w.receive()
	case "accept", "next accept":
		_, err := w.serverHost().Accept(w.fd)
		w.result = winsockName(err)
	default:
		return false, nil
	}
	return true, w.err
}

// wineQueued is the number of clients that are connected when the listener closes.
const wineQueued = 4

// playEnd closes a listener with pending and waiting clients, or sets two options that
// exclude each other.
func (w *wine) playEnd(what, call string) (known bool, err error) {
	if what == "REUSEADDR then EXCLUSIVE on one socket" || what == "EXCLUSIVE then REUSEADDR on one socket" {
		return w.playOptions(what, call)
	}
	client, queued := number(what, "listener closed, client ")
	if waiting, ok := number(what, "listener closed, waiting client "); ok {
		client, queued = waiting, true
	}
	if !queued {
		return false, nil
	}
	if client < 0 || client >= maxConnects {
		return true, fmt.Errorf("client %d: want 0 to %d", client, maxConnects-1)
	}
	if err := w.connectToFreshListener(wineQueued-1, max(client+1, wineQueued)); err != nil {
		return true, err
	}
	if err := w.serverHost().CloseSocket(w.fd); err != nil {
		return true, err
	}
	w.advance(w.now() + 1200*time.Millisecond)
	w.on, w.sock = w.clientHost(), w.fds[client]
	return w.makeCall(call)
}

// playOptions sets both options in the order of the case.
func (w *wine) playOptions(what, call string) (known bool, err error) {
	fd, err := w.serverHost().Socket(winsock.SOCK_STREAM)
	if err != nil {
		return true, err
	}
	first, rest, _ := strings.Cut(what, " then ")
	second, _, _ := strings.Cut(rest, " ")
	for _, name := range []string{first, second} {
		result := winsockName(w.serverHost().SetSockOpt(fd, wineOption(name), 1))
		if call == "set "+name {
			w.result = result
		}
	}
	return w.result != "", nil
}

// wineOption returns the option with a short name in the file, 0 for "none".
func wineOption(name string) winsock.Option {
	switch name {
	case "REUSEADDR":
		return winsock.SO_REUSEADDR
	case "EXCLUSIVE":
		return winsock.SO_EXCLUSIVEADDRUSE
	}
	return 0
}

// playWineFill: clients connect, and the program does not accept.
func playWineFill(row *wineRow, c *Comparison) error {
	w := &wine{}
	if err := w.connectToFreshListener(*row.Backlog, row.Fired); err != nil {
		return err
	}
	c.equal("connected", row.Connected, w.connectedCount())
	return nil
}

// playWinePair: the program binds two sockets to one port, and both listen.
func playWinePair(row *wineRow, c *Comparison) error {
	h := netmodel.NewHost(netmodel.HostConfig{Profile: profiles.Wine(), Addrs: []netmodel.IP{netmodel.HostAddr(1, 1), netmodel.HostAddr(1, 2)}})
	_ = h.Startup() // never fails
	addrs := map[string]netmodel.IP{"0.0.0.0": netmodel.AnyIP, "127.0.0.1": netmodel.HostAddr(1, 1), "127.0.0.2": netmodel.HostAddr(1, 2)}
	var fds [2]netmodel.FD
	bound := [2]string{}
	for i, s := range [2]struct{ opt, addr string }{{row.Opt1, row.Addr1}, {row.Opt2, row.Addr2}} {
		ip, known := addrs[s.addr]
		if !known || !slices.Contains([]string{"none", "REUSEADDR", "EXCLUSIVE"}, s.opt) {
			return fmt.Errorf("option %q, address %q: %w", s.opt, s.addr, ErrNotModelled)
		}
		var err error
		if fds[i], err = h.Socket(winsock.SOCK_STREAM); err != nil {
			return err
		}
		if o := wineOption(s.opt); o != 0 {
			if err := h.SetSockOpt(fds[i], o, 1); err != nil {
				return err
			}
		}
		bound[i] = winsockName(h.Bind(fds[i], netmodel.Addr{IP: ip, Port: 80}))
	}
	for i, measured := range [2][2]string{{row.Bind1, row.Listen1}, {row.Bind2, row.Listen2}} {
		c.equal(fmt.Sprintf("bind%d", i+1), measured[0], bound[i])
		listens := skipped
		if bound[i] == "OK" {
			listens = winsockName(h.Listen(fds[i], 5))
		}
		c.equal(fmt.Sprintf("listen%d", i+1), measured[1], listens)
	}
	return nil
}
