package measured

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

type goParams struct {
	Somaxconn *int `json:"somaxconn"`
	Listen    *int `json:"listen_arg_seen_by_strace"`
	Dials     int  `json:"dials"`
}

// What Go's test did, as its numbers show: each dial of the filling waits until its
// context ends, and it stops at the ninth that did; then dialers, 10 ms apart, wait
// for room, and 100 ms after the last of them so many are accepted; then it closes.
const (
	goPatience = 50 * time.Millisecond // of a dial; any time below a second leads to the same
	goTimeouts = 9
	goDialers  = 6
	goAccepts  = 3
)

// goNet is a program in Go that listens, and dials itself. Clients dial until the
// queue is full; the dialers come after them.
type goNet struct {
	*crew
	fake       bool // the network inside Go's runtime
	dials      int
	ok         int
	timeouts   int
	firstNotOK int
	other      map[string]int
}

// newGoNet listens as package net does on the system of the trial. phase is that of
// the kernel's clock of ticks.
func newGoNet(t *Trial, phase time.Duration) (*goNet, error) {
	p, err := decode[goParams](t.Params)
	if err != nil {
		return nil, err
	}
	g := &goNet{fake: true, dials: p.Dials, firstNotOK: -1, other: map[string]int{}}
	profile, backlog := profiles.GoFakeNet(), 0 // which does not look at the backlog
	if strings.HasPrefix(t.OS, "go-net-linux") {
		if p.Somaxconn == nil || p.Listen == nil {
			return nil, fmt.Errorf("params %s: want somaxconn and listen_arg_seen_by_strace", t.Params)
		}
		g.fake = false
		backlog = *p.Listen
		if profile, err = profiles.Set(profiles.Linux(), "somaxconn", strconv.Itoa(*p.Somaxconn)); err != nil {
			return nil, err
		}
	}
	profile.Timers.Phase = phase
	g.crew, err = newCrew(profile, backlog)
	return g, err
}

// goText is what the last part of Go's message about an error says.
func goText(result string) string {
	texts := map[string]string{
		"ECONNREFUSED": "connection refused",
		"ECONNRESET":   "connection reset by peer",
		"EADDRINUSE":   "address already in use",
		"EAGAIN":       "i/o timeout", // package net waits, and gives up when its deadline comes
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

// goCall is the system call that Go's message blames, "" if it names none.
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

// replayGoErrors: a dial to nobody, and second listeners. D
func replayGoErrors(t *Trial, c *Comparison) error {
	o, err := decode[goErrors](t.Observed)
	if err != nil {
		return err
	}
	g, err := newGoNet(t, 0)
	if err != nil {
		return err
	}
	c.leftovers("", t.Observed, "dial_no_listener", "listen_same_address", "listen_wildcard_same_port")
	refused, err := g.knock(g.closedPort())
	if err != nil {
		return err
	}
	c.equal("dial_no_listener", lastPart(o.Dial), goText(refused))
	if err := g.host().CloseSocket(g.fd); err != nil { // it is bound to the wildcard, the trial's to one address
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
		if !g.fake { // the fake network has one call for all
			c.equal(second.name+" call", goCall(second.measured), call)
		}
	}
	return nil
}

// listenAt is net.Listen, which sets SO_REUSEADDR where there is such an option. It
// returns the call that failed.
func (g *goNet) listenAt(a netmodel.Addr) (call, result string) {
	fd, err := g.host().Socket(netmodel.Stream)
	if err != nil {
		return "socket", nameOf(err)
	}
	if !g.fake {
		if err := g.host().SetSockOpt(fd, netmodel.SO_REUSEADDR, 1); err != nil {
			return "setsockopt", nameOf(err)
		}
	}
	if err := g.host().Bind(fd, a); err != nil {
		return "bind", nameOf(err)
	}
	if err := g.host().Listen(fd, 1); err != nil {
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

// replayGoFill: dials one after the other, nobody accepts. D
func replayGoFill(t *Trial, c *Comparison) error {
	o, err := decode[goFill](t.Observed)
	if err != nil {
		return err
	}
	g, err := newGoNet(t, 0)
	if err != nil {
		return err
	}
	c.leftovers("", t.Observed, "first_not_ok", "ok", "other", "timeout")
	if err := g.fill(); err != nil {
		return err
	}
	c.equal("first_not_ok", o.FirstNotOK, g.firstNotOK)
	c.equal("ok", o.OK, g.ok)
	c.equal("other", o.Other, g.other)
	c.equal("timeout", o.Timeout, g.timeouts)
	return nil
}

// fill dials until so many have waited in vain.
func (g *goNet) fill() error {
	for i := 0; i < g.dials && g.timeouts < goTimeouts; i++ {
		if err := g.dial(g.now() + time.Microsecond); err != nil {
			return err
		}
		result := g.result(i)
		if result == "" {
			if err := g.until(g.now() + goPatience); err != nil {
				return err
			}
			if result = g.result(i); result == "" {
				result = "EAGAIN"
				if err := g.callers().CloseSocket(g.fds[i]); err != nil {
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
	return nil
}

type goDrain struct {
	AcceptAt float64      `json:"accept_at_ms"`
	Count    int          `json:"count"`
	GotIn    [][2]float64 `json:"got_in"` // dialer, when
}

// replayGoDrain: dialers wait for room, and three connections are accepted, waiting
// for those that are not there yet. D
func replayGoDrain(t *Trial, c *Comparison) error {
	o, err := decode[goDrain](t.Observed)
	if err != nil {
		return err
	}
	c.leftovers("", t.Observed, "accept_at_ms", "count", "got_in")
	for _, in := range o.GotIn {
		if d := in[0]; d < 0 || d >= goDialers || d != float64(int(d)) {
			return fmt.Errorf("got_in has dialer %v: want 0 to %d", d, goDialers-1)
		}
	}
	guesses, err := o.guesses(t)
	if err != nil {
		return err
	}
	return c.bestOf(len(guesses), func(guess int, try *Comparison) error {
		return playGoDrain(t, &o, guesses[guess], try)
	})
}

// goStart is when the dialers began, from the first on, and the phase of the
// kernel's clock when the program began.
type goStart struct {
	at    [goDialers]time.Duration
	phase time.Duration
}

// goLate is how long after an instant of the kernel the test noted it, at most: a
// goroutine had to wake first.
const goLate = 3 * time.Millisecond

// guesses returns instants at which the dialers can have begun, with phases of the
// clock, and of these only the ones that explain most of the instants at which
// dialers got in. The test noted when it began to accept, 100 ms after the dialers;
// one that got in before that began when it did.
func (o *goDrain) guesses(t *Trial) ([]goStart, error) {
	g, err := newGoNet(t, 0)
	if err != nil {
		return nil, err
	}
	if err := g.fill(); err != nil {
		return nil, err
	}
	const wait, fine = time.Second, 500 * time.Microsecond // before the first SYN goes out again
	timers := g.profile.Timers
	slot := 8 * time.Second / time.Duration(max(timers.HZ, 1)) // that of a wait of a second
	between := (milliseconds(o.AcceptAt) - 100*time.Millisecond) / goDialers
	likely, most := []goStart{{at: o.starts(between)}}, -1
	if timers.HZ == 0 {
		return likely, nil
	}
	for off := -time.Millisecond; off <= time.Millisecond; off += fine / 2 {
		s := goStart{at: o.starts(between + off)}
		for s.phase = 0; s.phase < slot; s.phase += fine {
			timers.Phase = s.phase
			hits := 0
			for _, in := range o.GotIn {
				rings := time.Duration(timers.Ring(sim.Time(g.now()+s.at[int(in[0])]), wait)) - g.now()
				if late := milliseconds(in[1]) - rings; late.Abs() <= goLate {
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

// starts returns when the dialers began, if they did so some time apart.
func (o *goDrain) starts(between time.Duration) (at [goDialers]time.Duration) {
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

// dialStart is how long after the clock of the test the first dialer began: where
// there was room it was through after 0.4 to 2 ms.
const dialStart = 500 * time.Microsecond

func playGoDrain(t *Trial, o *goDrain, start goStart, c *Comparison) error {
	g, err := newGoNet(t, start.phase)
	if err != nil {
		return err
	}
	if err := g.fill(); err != nil {
		return err
	}
	from := g.now()
	if err := g.drainSome(start.at, milliseconds(o.AcceptAt)); err != nil {
		return err
	}
	first := len(g.fds) - goDialers
	var measured []int
	for _, in := range o.GotIn {
		measured = append(measured, int(in[0]))
	}
	got := g.order(first)
	if !g.fake { // timers of one slot ring together: who is told first is up to Go's scheduler
		slices.Sort(measured)
		slices.Sort(got)
	}
	c.equal("count", o.Count, len(got))
	c.equal("dialers", measured, got)
	for _, in := range o.GotIn {
		if i := int(in[0]); slices.Contains(got, i) {
			done := g.ends.done[netmodel.ConnID(first+i+1)] - from
			c.near(fmt.Sprintf("dialer %d got in", i), in[1], inMilliseconds(done), inMilliseconds(goLate))
		}
	}
	return nil
}

// order returns which clients are connected, from one on, in the order in which they
// were told.
func (g *goNet) order(first int) []int {
	var order []int
	for _, r := range g.records {
		if client := int(r.Conn) - 1 - first; r.Kind == netmodel.Connected && client >= 0 {
			order = append(order, client)
		}
	}
	return order
}

// drainSome lets the dialers dial and then accepts three connections. An accept
// that finds nothing waits: whoever comes while it does is accepted at once.
func (g *goNet) drainSome(at [goDialers]time.Duration, accept time.Duration) error {
	from := g.now()
	for _, d := range at {
		if err := g.dial(max(g.now(), from+d)); err != nil {
			return err
		}
	}
	if err := g.until(from + accept); err != nil {
		return err
	}
	for waiting := goAccepts; ; {
		for waiting > 0 {
			if _, _, err := g.take(); err != nil {
				break
			}
			waiting--
		}
		// SYNs go out again at 1 s; at 2 s there is no more room than there was then.
		next, ok := g.net.Next()
		if !ok || time.Duration(next) > from+1500*time.Millisecond {
			return nil
		}
		if err := g.until(time.Duration(next)); err != nil {
			return err
		}
	}
}

type goClose struct {
	Accept string   `json:"accept_after_close"`
	Dial   string   `json:"dial_after_close"`
	Reads  []string `json:"client_reads(first three were accepted)"` // "client: message"
}

// replayGoClose: after the three accepts the listener is closed. D
func replayGoClose(t *Trial, c *Comparison) error {
	o, err := decode[goClose](t.Observed)
	if err != nil {
		return err
	}
	g, err := newGoNet(t, 0)
	if err != nil {
		return err
	}
	c.leftovers("", t.Observed, "accept_after_close", "client_reads(first three were accepted)", "dial_after_close")
	if err := g.fill(); err != nil {
		return err
	}
	if err := g.drainSome((&goDrain{}).starts(10*time.Millisecond), 160*time.Millisecond); err != nil {
		return err
	}
	if err := g.host().CloseSocket(g.fd); err != nil {
		return err
	}
	if err := g.settle(); err != nil {
		return err
	}
	_, closed := g.host().Accept(g.fd)
	c.equal("accept_after_close", lastPart(o.Accept), goText(nameOf(closed)))
	refused, err := g.knock(g.to)
	if err != nil {
		return err
	}
	c.equal("dial_after_close", lastPart(o.Dial), goText(refused))
	var measured, readers []int
	for i := range g.ok { // the first three, and the last
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
		c.equal(fmt.Sprintf("client %d reads", client), lastPart(message), goText(g.read(g.callers(), g.fds[client])))
	}
	c.equal("clients that read", measured, readers)
	return nil
}
