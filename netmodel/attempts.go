package netmodel

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// maxClients limits the clients of a network. It is more than memory holds, and far below
// the largest ClientID.
const maxClients = 1 << 28

// AddClients adds count clients with one configuration and returns the first. The ids of
// the others follow. AddClients panics if the configuration is not valid.
//
// The random draws of a client depend on c.Name, the name of its host, and its place among
// the count. They do not depend on other clients. A further call with the same name and
// host adds clients with other draws, which depend on the number of such calls before.
func (n *Network) AddClients(c ClientConfig, count int) ClientID {
	if err := c.Validate(); err != nil {
		panic("netmodel: AddClients: " + err.Error())
	}
	if count < 1 || count > maxClients-n.clients.len || int(c.Host) >= len(n.nodes) || c.Host == 0 {
		panic(fmt.Sprintf("netmodel: AddClients: %d clients on host %d: want 1 to %d in all, on a host of the network", count, c.Host, maxClients))
	}
	first := ClientID(n.clients.len)
	if c.TCP != nil {
		own := *c.TCP // the caller may change the original later
		c.TCP = &own
	}
	n.configs = append(n.configs, clientGroup{ClientConfig: c, first: first, count: count,
		stream: n.newStreamID(n.nodes[c.Host].streamID, c.Name, drawsLink)})
	for range count {
		n.clients.add().config = uint32(len(n.configs) - 1)
	}
	return first
}

// ClientName returns the name of a client, with a number behind it if several were added
// together. It panics if no client has the id.
func (n *Network) ClientName(id ClientID) string {
	n.mustClient(id)
	c := &n.configs[n.clients.at(int(id)).config]
	if c.count == 1 {
		return c.Name
	}
	return c.Name + strconv.Itoa(int(id-c.first)+1)
}

// ClientByName finds a client by the name that ClientName returns. If several clients have
// the name, it returns the client that was added first.
func (n *Network) ClientByName(name string) (ClientID, bool) {
	for i := range n.configs {
		c := &n.configs[i]
		number, numbered := strings.CutPrefix(name, c.Name)
		if c.count == 1 && name == c.Name {
			return c.first, true
		}
		k, err := strconv.Atoi(number)
		if numbered && err == nil && c.count > 1 && k >= 1 && k <= c.count {
			return c.first + ClientID(k-1), true
		}
	}
	return 0, false
}

// ConnName returns the name of an attempt: the name of its client, with "#2" behind it for
// the client's second attempt, and so on. It returns "" if there is no such attempt.
func (n *Network) ConnName(c ConnID) string {
	if c == 0 || int(c) >= n.attempts.len {
		return ""
	}
	f := n.attempts.at(int(c)).result
	name := n.ClientName(f.Client)
	if f.Attempt > 1 {
		name += "#" + strconv.Itoa(f.Attempt)
	}
	return name
}

// mustClient panics with a message if no client has the id.
func (n *Network) mustClient(id ClientID) {
	if id == 0 || int(id) >= n.clients.len {
		panic(fmt.Sprintf("netmodel: no client %d: AddClients has returned 1 to %d", id, n.clients.len-1))
	}
}

// Start schedules the first attempt of a client, d from now. It panics if no client has
// the id.
func (n *Network) Start(id ClientID, d time.Duration) {
	n.mustClient(id)
	n.after(d, event{kind: eventStart, tag: uint64(id)})
}

// Results returns the results of all attempts, in the order in which they began.
func (n *Network) Results() []AttemptResult {
	s := n.settled()
	results := make([]AttemptResult, 0, s.attempts.len)
	for c := range ConnID(s.attempts.len) {
		if c > 0 {
			results = append(results, s.result(c))
		}
	}
	return results
}

// Result returns the result of one attempt, or the zero AttemptResult if there is no such
// attempt.
func (n *Network) Result(c ConnID) AttemptResult {
	if int(c) >= n.attempts.len {
		return AttemptResult{}
	}
	return n.settled().result(c)
}

func (n *Network) result(c ConnID) AttemptResult {
	f := n.attempts.at(int(c)).result
	f.Progress = n.progress(c)
	return f
}

// DecidedBy returns the profile of the host that decided the cause of a record. That is the
// listening host if a record of a client has a cause of the listener. Otherwise it is the
// host of the record, or the host of the client if the record has no host.
//
// If the client connects with a TCP of its own, the profile of a NoAnswer record has the
// first wait of that TCP. For a record without host and attempt, DecidedBy returns an empty profile. The
// caller must not change the profile.
func (n *Network) DecidedBy(r Record) *Profile {
	host := r.Host
	if r.Conn != 0 && int(r.Conn) < n.attempts.len {
		a := n.attempts.at(int(r.Conn))
		switch {
		case r.Cause.ByListener() && a.server != 0 && (r.Host == 0 || !r.Kind.AtListener()):
			return &n.nodes[a.server].host.profile
		case host == 0:
			host = n.configs[n.clients.at(int(a.result.Client)).config].Host
		}
	}
	if host == 0 || int(host) >= len(n.nodes) {
		return new(Profile)
	}
	p := &n.nodes[host].host.profile
	if first := n.firstWait(r.Conn); r.Cause == NoAnswer && first != 0 {
		own := *p
		own.Client.Syn.First = first
		return &own
	}
	return p
}

// firstWait returns how long an attempt waits for an answer to its first SYN. It returns 0 if
// the client connects as the profile of its host does. For an external client it returns
// whole milliseconds.
func (n *Network) firstWait(c ConnID) time.Duration {
	if c == 0 || int(c) >= n.attempts.len {
		return 0
	}
	a := n.attempts.at(int(c))
	if tcp := n.configs[n.clients.at(int(a.result.Client)).config].TCP; tcp != nil {
		return tcp.Syn.First
	}
	return time.Duration(a.firstWait) * time.Millisecond
}

// Tally returns how many attempts began, and how many of them have each outcome.
func (n *Network) Tally() (offered int, by [outcomeCount]int) {
	n = n.settled()
	by = n.outcomes
	by[OutcomePending] = n.offered
	for _, decided := range n.outcomes[1:] {
		by[OutcomePending] -= decided
	}
	return n.offered, by
}

// begin begins an attempt of a client, unless an earlier attempt goes on.
func (n *Network) begin(id ClientID) {
	c := n.clients.at(int(id))
	if c.fd != 0 {
		return // an earlier attempt goes on
	}
	config := &n.configs[c.config].ClientConfig
	c.conn = n.newAttempt(id)
	h := n.advancedHost(config.Host)
	fd, err := h.Socket(winsock.SOCK_STREAM)
	if err == nil {
		c.fd = fd
		h.SetConn(fd, c.conn)
		if config.TCP != nil {
			err = h.SetClient(fd, *config.TCP)
		}
	}
	if err == nil {
		err = h.Connect(fd, config.To)
	}
	if err != error(winsock.WSAEWOULDBLOCK) {
		n.failToBegin(c.conn, config.Host, err)
		n.endAttempt(id)
		return
	}
	if config.GiveUp > 0 {
		c.giveUpTimer = n.after(config.GiveUp, event{kind: eventGiveUp, tag: uint64(c.conn)})
	}
}

// endAttempt closes the socket of a client, if one is open.
func (n *Network) endAttempt(id ClientID) {
	c := n.clients.at(int(id))
	if c.fd == 0 {
		return
	}
	_ = n.advancedHost(n.configs[c.config].Host).CloseSocket(c.fd) // the error does not change the outcome
	n.engine.Cancel(c.giveUpTimer)
	c.fd, c.giveUpTimer = 0, sim.EventID{}
}

// giveUp ends an attempt when the client's time GiveUp is over.
func (n *Network) giveUp(conn ConnID) {
	id := n.attempts.at(int(conn)).result.Client
	c := n.clients.at(int(id))
	if c.conn != conn || c.fd == 0 {
		return
	}
	config := &n.configs[c.config].ClientConfig
	n.record(&Record{At: n.Now(), Host: config.Host, Kind: GaveUp, Conn: conn, FD: c.fd, Cause: ClientGaveUp})
	n.decide(conn, OutcomeGaveUp, ClientGaveUp)
	if config.GiveUpHard {
		_ = n.advancedHost(config.Host).SetSockOpt(c.fd, winsock.SO_LINGER, 0) // never fails on an open socket
	}
	n.endAttempt(id)
}

// CloseClient makes a client close its connection: with an RST if hard is true, else
// gracefully. It reports whether the client had a socket. It panics if no client has the
// id.
func (n *Network) CloseClient(id ClientID, hard bool) bool {
	n.mustClient(id)
	c := n.clients.at(int(id))
	if c.fd == 0 {
		return false
	}
	n.attempts.at(int(c.conn)).finished = true
	if hard {
		_ = n.advancedHost(n.configs[c.config].Host).SetSockOpt(c.fd, winsock.SO_LINGER, 0)
	}
	if n.attempts.at(int(c.conn)).result.Outcome == OutcomePending {
		n.record(&Record{At: n.Now(), Host: n.configs[c.config].Host, Kind: GaveUp, Conn: c.conn, FD: c.fd, Cause: ClientGaveUp})
		n.decide(c.conn, OutcomeGaveUp, ClientGaveUp)
	}
	n.endAttempt(id)
	return true
}

// SendClient makes a client send a number of bytes on its connection. Errors are those of
// Host.Send. It panics if no client has the id.
func (n *Network) SendClient(id ClientID, bytes int) error {
	n.mustClient(id)
	c := n.clients.at(int(id))
	_, err := n.advancedHost(n.configs[c.config].Host).Send(c.fd, bytes)
	return err
}

// decide sets the outcome of an attempt. Only the first call for an attempt has an effect.
func (n *Network) decide(conn ConnID, o Outcome, why Cause) {
	a := n.attempts.at(int(conn))
	if a.result.Outcome != OutcomePending {
		return
	}
	a.result.Outcome, a.result.At, a.result.Cause, a.result.Record = o, n.Now(), why, n.count
	if o != OutcomeGaveUp && (o != OutcomeTimedOut || a.ignored != NoCause) {
		a.result.Decision = a.decided
	}
	n.outcomes[o]++
}

// handleRecord appends a record to the trace. Then it decides the outcome of the attempt
// and lets the client act, if the record calls for it.
func (n *Network) handleRecord(r *Record) {
	n.record(r)
	if r.Conn == 0 || int(r.Conn) >= n.attempts.len {
		return
	}
	a := n.attempts.at(int(r.Conn))
	if r.Kind.AtListener() {
		n.noteDecision(a, r)
		return
	}
	id := a.result.Client
	c := n.clients.at(int(id))
	config := &n.configs[c.config]
	switch {
	case r.Host != config.Host:
		return
	case config.external:
		n.followExternal(a, r)
		return
	case c.conn != r.Conn || c.fd != r.FD:
		return
	}
	switch r.Kind {
	case Connected:
		a.connected = true
		if bytes := config.Send; bytes > 0 {
			_, _ = n.advancedHost(r.Host).Send(c.fd, bytes) // if the connection broke meanwhile, a record says so
		}
	case ConnectFailed, Broken:
		n.fail(a, r)
		n.endAttempt(id)
		n.retry(id)
	case Finished: // the server has closed the connection
		ended := a.result.Outcome == OutcomePending
		if ended { // before accept returned it
			n.decide(r.Conn, OutcomeReset, a.ended)
		}
		n.endAttempt(id)
		if ended {
			n.retry(id)
		}
	}
}

// noteDecision stores what a listener decided about an attempt.
func (n *Network) noteDecision(a *attempt, r *Record) {
	switch {
	case r.Kind == RequestAccepted && a.trimmed:
		n.violated(fmt.Errorf("trimmed is never accepted: %s was, at %v", n.ConnName(r.Conn), r.At))
	case r.Kind == RequestRefused && r.Cause == NoCause:
		n.violated(fmt.Errorf("a refused client had a reason: %s had none at %v", n.ConnName(r.Conn), r.At))
	}
	a.decided, a.ignored, a.server = n.count, NoCause, r.Host
	switch r.Kind {
	case RequestIgnored, AckIgnored:
		a.ignored = r.Cause
	case RequestQueued:
		a.place = placeHalfOpen
	case Completed:
		a.place = placeQueued
	case AckDeferred:
		if r.Cause == HeldBack {
			a.place = placeQueued
		}
	case ResetPending, Withdrawn, RequestAccepted:
		a.place, a.ended = placeNone, r.Cause
	}
	a.trimmed = r.Kind == ResetPending && r.Cause == Trimmed
	if a.finished && a.place == placeNone && a.ended != NoCause && r.Kind != RequestAccepted && n.isExternal(a) {
		n.decide(r.Conn, OutcomeGaveUp, r.Cause) // the client has closed its socket already
	}
	if r.Kind == RequestAccepted && a.result.Outcome == OutcomePending {
		n.decide(r.Conn, OutcomeAccepted, r.Cause)
		a.result.Waited = r.Wait()
	}
}

// fail decides the outcome of an attempt from the client's record of the failure.
func (n *Network) fail(a *attempt, r *Record) {
	switch {
	case r.Errno == winsock.WSAECONNREFUSED, r.Errno == winsock.WSAEWOULDBLOCK:
		n.decide(r.Conn, OutcomeRefused, r.Cause)
	case r.Errno == winsock.WSAETIMEDOUT && a.ignored != NoCause:
		n.decide(r.Conn, OutcomeTimedOut, a.ignored) // why the listener did not answer
	case r.Errno == winsock.WSAETIMEDOUT:
		n.decide(r.Conn, OutcomeTimedOut, r.Cause)
	case r.Cause == NoSuchConnection && a.ended != NoCause && a.place == placeNone:
		n.decide(r.Conn, OutcomeReset, a.ended) // why the server has no such connection any more
	default:
		n.decide(r.Conn, OutcomeReset, r.Cause)
	}
}

// retry schedules a further attempt of a client, if the last one failed and Retry allows
// another.
func (n *Network) retry(id ClientID) {
	c := n.clients.at(int(id))
	config := &n.configs[c.config].ClientConfig
	switch n.attempts.at(int(c.conn)).result.Outcome {
	case OutcomeRefused, OutcomeReset, OutcomeTimedOut:
	default:
		return
	}
	if int(c.attempt) > config.Retry.Attempts {
		return
	}
	pause := config.Retry.pause(int(c.attempt), sim.Stream(n.seed, n.streamID(id, c.attempt), drawsRetry))
	n.record(&Record{At: n.Now(), Host: config.Host, Kind: Retries, Conn: c.conn, Value: int64(pause)})
	n.after(pause, event{kind: eventStart, tag: uint64(id)})
}

// Check verifies the invariants of every host and of the network: every attempt has exactly
// one outcome, and no record contradicts another. It returns an error for the first
// invariant that does not hold, or nil.
func (n *Network) Check() error {
	n = n.settled()
	for id := 1; id < len(n.nodes); id++ {
		if err := n.nodes[id].host.Check(); err != nil {
			return fmt.Errorf("%s: %w", n.nodes[id].name, err)
		}
	}
	if n.broken != nil {
		return n.broken
	}
	if err := n.placesAreFreeOnce(); err != nil {
		return err
	}
	return n.attemptsAreConserved()
}

// placesAreFreeOnce: no place in Network.flying is free twice, and no more places are taken
// than events are scheduled.
func (n *Network) placesAreFreeOnce() error {
	taken := len(n.inFlight) - len(n.freeInFlight)
	if taken > n.engine.Len() {
		return fmt.Errorf("what is free is free once: segments: %d places are taken and %d events are scheduled", taken, n.engine.Len())
	}
	seen := make([]bool, len(n.inFlight))
	for _, i := range n.freeInFlight {
		if int(i) >= len(seen) || seen[i] {
			return fmt.Errorf("what is free is free once: segments: place %d of %d is free twice or does not exist", i, len(seen))
		}
		seen[i] = true
	}
	return nil
}

// attemptsAreConserved: offered = accepted + refused + reset + timed out + gave up +
// pending, and Tally agrees with a new count.
func (n *Network) attemptsAreConserved() error {
	var by [outcomeCount]int
	for i := 1; i < n.attempts.len; i++ {
		by[n.attempts.at(i).result.Outcome]++
	}
	offered, tally := n.Tally()
	if by != tally || offered != n.attempts.len-1 {
		return fmt.Errorf("attempts are conserved: counted %v of %d, the tally is %v of %d", by, n.attempts.len-1, tally, offered)
	}
	return nil
}

func (n *Network) violated(err error) {
	if n.broken == nil {
		n.broken = err
	}
}
