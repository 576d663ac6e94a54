package measured

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

type goParams struct {
	Somaxconn *int `json:"somaxconn"`
	Listen    *int `json:"listen_arg_seen_by_strace"`
	Dials     int  `json:"dials"`
}

// What the test program in Go did, as its numbers show. First it dials until the ninth
// dial times out. Then goDialers dial 10 ms apart and wait for a slot. The program accepts
// goAccepts connections 100 ms after the last of them, and closes the listener.
const (
	goDialTimeout = 50 * time.Millisecond // of a dial; any time below 1 s gives the same result
	goMaxTimeouts = 9
	goDialers     = 6
	goAccepts     = 3
)

// goNet is a program in Go that dials its own listener. Clients dial until the queue is
// full. The dialers dial after them.
type goNet struct {
	*clients
	fake       bool // the network inside Go's runtime
	dials      int
	ok         int
	timeouts   int
	firstNotOK int
	other      map[string]int
}

// newGoNet listens as package net does on the system of a profile.
func newGoNet(profile netmodel.Profile, p *goParams) (*goNet, error) {
	g := &goNet{fake: profile.Name == profiles.GoFakeNet().Name, dials: p.Dials, firstNotOK: -1, other: map[string]int{}}
	backlog := 0 // the fake network does not look at the backlog
	if !g.fake {
		if p.Somaxconn == nil || p.Listen == nil {
			return nil, fmt.Errorf("params: want somaxconn and listen_arg_seen_by_strace")
		}
		backlog = *p.Listen
		phase := profile.Timers.Phase
		var err error
		if profile, err = profiles.Set(profile, "somaxconn", strconv.Itoa(*p.Somaxconn)); err != nil {
			return nil, err
		}
		profile.Timers.Phase = phase
	}
	g.clients = newClients(profile, backlog)
	return g, g.err
}

// goText returns the last part of Go's message about an error.
func goText(result string) string {
	texts := map[string]string{
		"ECONNREFUSED": "connection refused",
		"ECONNRESET":   "connection reset by peer",
		"EADDRINUSE":   "address already in use",
		"EAGAIN":       "i/o timeout", // package net waits until its deadline
		"EBADF":        "use of closed network connection",
		"ENOTSOCK":     "use of closed network connection",
		"EPIPE":        "broken pipe",
		"EOF":          "eof",
		"OK":           "ok",
	}
	if text, ok := texts[result]; ok {
		return text
	}
	return result
}

// goCall returns the system call in Go's message, "" if it names none.
func goCall(message string) string {
	parts := strings.Split(message, ": ")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2]
}

type goErrors struct {
	Dial     string `json:"dial_no_listener"`
	Same     string `json:"listen_same_address"`
	Wildcard string `json:"listen_wildcard_same_port"`
}

// playGoErrors: a dial to a port without a listener, and second listeners.
func playGoErrors(profile netmodel.Profile, p *goParams, o *goErrors, c *Comparison) error {
	g, err := newGoNet(profile, p)
	if err != nil {
		return err
	}
	c.equal("dial_no_listener", lastPart(o.Dial), goText(g.connectTo(g.closedPort())))
	if err := g.serverHost().CloseSocket(g.fd); err != nil { // its address is the wildcard, that of the trial is not
		return err
	}
	if call, result := g.listenAt(g.to); result != "OK" {
		return fmt.Errorf("the first listener: %s: %s", call, result)
	}
	for _, second := range []struct {
		name, measured string
		addr           netmodel.Addr
	}{
		{"listen_same_address", o.Same, g.to},
		{"listen_wildcard_same_port", o.Wildcard, netmodel.Addr{Port: g.to.Port}},
	} {
		call, result := g.listenAt(second.addr)
		c.equal(second.name, lastPart(second.measured), goText(result))
		if !g.fake { // the fake network has one call only
			c.equal(second.name+" call", goCall(second.measured), call)
		}
	}
	return g.err
}

// listenAt is net.Listen, which sets SO_REUSEADDR if the system has it. It returns the call
// that failed, and its result.
func (g *goNet) listenAt(a netmodel.Addr) (call, result string) {
	fd, err := g.serverHost().Socket(winsock.SOCK_STREAM)
	if err != nil {
		return "socket", nameOf(err)
	}
	if !g.fake {
		if err := g.serverHost().SetSockOpt(fd, winsock.SO_REUSEADDR, 1); err != nil {
			return "setsockopt", nameOf(err)
		}
	}
	if err := g.serverHost().Bind(fd, a); err != nil {
		return "bind", nameOf(err)
	}
	if err := g.serverHost().Listen(fd, 1); err != nil {
		return "listen", nameOf(err)
	}
	return "", "OK"
}

type goFill struct {
	FirstNotOK int            `json:"first_not_ok"`
	OK         int            `json:"ok"`
	Other      map[string]int `json:"other"`
	Timeout    int            `json:"timeout"`
}

// playGoFill: the clients dial one after the other, and the program does not accept.
func playGoFill(profile netmodel.Profile, p *goParams, o *goFill, c *Comparison) error {
	g, err := newGoNet(profile, p)
	if err != nil {
		return err
	}
	if err := g.fill(); err != nil {
		return err
	}
	c.equal("first_not_ok", o.FirstNotOK, g.firstNotOK)
	c.equal("ok", o.OK, g.ok)
	c.equal("other", o.Other, g.other)
	c.equal("timeout", o.Timeout, g.timeouts)
	return g.err
}

// fill dials until goMaxTimeouts dials have timed out.
func (g *goNet) fill() error {
	for i := 0; i < g.dials && g.timeouts < goMaxTimeouts; i++ {
		if g.connect(g.now() + time.Microsecond); g.err != nil {
			return g.err
		}
		result := g.connectResult(i)
		if result == "" {
			g.advance(g.now() + goDialTimeout)
			if result = g.connectResult(i); result == "" {
				result = "EAGAIN"
				if err := g.clientHost().CloseSocket(g.fds[i]); err != nil {
					return err
				}
			}
		}
		switch result {
		case "OK":
			g.ok++
			continue
		case "EAGAIN":
			g.timeouts++
		default:
			g.other[goText(result)]++
		}
		if g.firstNotOK < 0 {
			g.firstNotOK = i
		}
	}
	return g.err
}

type goWaiters struct {
	AcceptAt float64      `json:"accept_at_ms"`
	Count    int          `json:"count"`
	GotIn    [][2]float64 `json:"got_in"` // dialer, when
}

// playGoWaiters: dialers wait for a slot. The program accepts goAccepts connections; an
// accept waits if the queue is empty.
func playGoWaiters(profile netmodel.Profile, p *goParams, o *goWaiters, c *Comparison) error {
	for _, in := range o.GotIn {
		if d := in[0]; d < 0 || d >= goDialers || d != float64(int(d)) {
			return fmt.Errorf("got_in has dialer %v: want 0 to %d", d, goDialers-1)
		}
	}
	guesses, err := o.likelyTimings(profile, p)
	if err != nil {
		return err
	}
	return c.bestOf(len(guesses), func(guess int, try *Comparison) error {
		profile.Timers.Phase = guesses[guess].phase
		return playGoWaitersOnce(profile, p, o, guesses[guess].at, try)
	})
}

// goTiming is when each dialer dialed, and the phase of the kernel's tick clock at the
// start of the program.
type goTiming struct {
	at    [goDialers]time.Duration
	phase time.Duration
}

// goWakeDelay is the largest time from an event in the kernel to its note in the file: a
// goroutine had to wake up.
const goWakeDelay = 3 * time.Millisecond

// likelyTimings returns possible timings of the dialers and phases of the clock: those that
// explain the most instants at which dialers got in. The file has the instant of the first
// accept, 100 ms after the last dialer. A dialer that got in earlier dialed at that instant.
func (o *goWaiters) likelyTimings(profile netmodel.Profile, p *goParams) ([]goTiming, error) {
	g, err := newGoNet(profile, p)
	if err != nil {
		return nil, err
	}
	if err := g.fill(); err != nil {
		return nil, err
	}
	const wait, fine = time.Second, 500 * time.Microsecond // wait: of the first retransmission
	timers := g.profile.Timers
	slot := 8 * time.Second / time.Duration(max(timers.HZ, 1)) // the slot width of a wait of 1 s
	between := (milliseconds(o.AcceptAt) - 100*time.Millisecond) / goDialers
	likely, most := []goTiming{{at: o.startTimes(between)}}, -1
	if timers.HZ == 0 {
		return likely, nil
	}
	for off := -time.Millisecond; off <= time.Millisecond; off += fine / 2 {
		s := goTiming{at: o.startTimes(between + off)}
		for s.phase = 0; s.phase < slot; s.phase += fine {
			timers.Phase = s.phase
			hits := 0
			for _, in := range o.GotIn {
				fires := time.Duration(timers.Expiry(sim.Time(g.now()+s.at[int(in[0])]), wait)) - g.now()
				if late := milliseconds(in[1]) - fires; late.Abs() <= goWakeDelay {
					hits++
				}
			}
			if hits > most {
				likely, most = nil, hits
			}
			if hits == most {
				likely = append(likely, s)
			}
		}
	}
	return likely, nil
}

// startTimes returns when the dialers dialed, if they dialed a step apart.
func (o *goWaiters) startTimes(between time.Duration) (at [goDialers]time.Duration) {
	for i := range at {
		at[i] = dialStart + time.Duration(i)*between
	}
	for _, in := range o.GotIn {
		if got := milliseconds(in[1]); in[1] < o.AcceptAt {
			at[int(in[0])] = got
		}
	}
	return at
}

// dialStart is the time from the start of the test's clock to the first dial. With a free
// slot, that dial ended after 0.4 to 2 ms.
const dialStart = 500 * time.Microsecond

func playGoWaitersOnce(profile netmodel.Profile, p *goParams, o *goWaiters, at [goDialers]time.Duration, c *Comparison) error {
	g, err := newGoNet(profile, p)
	if err != nil {
		return err
	}
	if err := g.fill(); err != nil {
		return err
	}
	from := g.now()
	g.dialAndAccept(at, milliseconds(o.AcceptAt))
	first := len(g.fds) - goDialers
	var measured []int
	for _, in := range o.GotIn {
		measured = append(measured, int(in[0]))
	}
	got := g.dialersIn(first)
	if !g.fake { // timers of one slot fire together, and Go's scheduler decides who runs first
		slices.Sort(measured)
		slices.Sort(got)
	}
	c.equal("count", o.Count, len(got))
	c.equal("dialers", measured, got)
	for _, in := range o.GotIn {
		if i := int(in[0]); slices.Contains(got, i) {
			done := g.attempt(first+i).done - from
			c.near(fmt.Sprintf("dialer %d got in", i), in[1], inMilliseconds(done), inMilliseconds(goWakeDelay))
		}
	}
	return g.err
}

// dialersIn returns the dialers that got in, in that order.
func (g *goNet) dialersIn(first int) []int {
	var order []int
	for _, client := range g.connectOrder() {
		if client >= first {
			order = append(order, client-first)
		}
	}
	return order
}

// dialAndAccept makes the dialers dial and then accepts goAccepts connections. An accept
// with an empty queue waits for the next connection.
func (g *goNet) dialAndAccept(at [goDialers]time.Duration, accept time.Duration) {
	from := g.now()
	for _, d := range at {
		g.connect(max(g.now(), from+d))
	}
	g.advance(from + accept)
	for waiting := goAccepts; ; {
		for waiting > 0 {
			if _, _, err := g.accept(); err != nil {
				break
			}
			waiting--
		}
		// The first retransmission is at 1 s. At 2 s no further slot is free.
		next, ok := g.net.Next()
		if !ok || time.Duration(next) > from+1500*time.Millisecond || g.err != nil {
			return
		}
		g.advance(time.Duration(next))
	}
}

type goClose struct {
	Accept string   `json:"accept_after_close"`
	Dial   string   `json:"dial_after_close"`
	Reads  []string `json:"client_reads(first three were accepted)"` // "client: message"
}

// playGoClose: the program closes the listener after its accepts.
func playGoClose(profile netmodel.Profile, p *goParams, o *goClose, c *Comparison) error {
	g, err := newGoNet(profile, p)
	if err != nil {
		return err
	}
	if err := g.fill(); err != nil {
		return err
	}
	g.dialAndAccept((&goWaiters{}).startTimes(10*time.Millisecond), 160*time.Millisecond)
	if err := g.serverHost().CloseSocket(g.fd); err != nil {
		return err
	}
	g.settle()
	_, closed := g.serverHost().Accept(g.fd)
	c.equal("accept_after_close", lastPart(o.Accept), goText(nameOf(closed)))
	c.equal("dial_after_close", lastPart(o.Dial), goText(g.connectTo(g.to)))
	var measured, readers []int
	for i := range g.ok { // the first clients, and the last
		if i < goAccepts || i == g.ok-1 {
			readers = append(readers, i)
		}
	}
	for _, line := range o.Reads {
		number, message, _ := strings.Cut(line, ": ")
		client, err := strconv.Atoi(number)
		if err != nil || client < 0 || client >= len(g.fds) {
			return fmt.Errorf("client_reads: %q: want a client from 0 to %d, a colon and a message", line, len(g.fds)-1)
		}
		measured = append(measured, client)
		c.equal(fmt.Sprintf("client %d reads", client), lastPart(message), goText(g.read(g.clientHost(), g.fds[client])))
	}
	c.equal("clients that read", measured, readers)
	return g.err
}

// lastPart returns the part of a message after its last colon, in lower case.
func lastPart(message string) string {
	return strings.ToLower(strings.TrimSpace(message[strings.LastIndex(message, ":")+1:]))
}
