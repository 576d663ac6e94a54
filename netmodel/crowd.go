package netmodel

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// maxClients is beyond what memory holds, and far below what a ClientID can count.
const maxClients = 1 << 28

// AddClients adds count clients of one kind and returns the first; the others
// follow it in number. What a client draws at random depends on c.Name, the name of
// its host and its place among the count. It does not depend on who else is added. If AddClients is
// called again with the same name and host, those are other clients, whose draws
// depend on how many such calls came before. It panics if the configuration is not
// valid.
func (n *Network) AddClients(c ClientConfig, count int) ClientID {
	if err := c.Validate(); err != nil {
		panic("netmodel: AddClients: " + err.Error())
	}
	if count < 1 || count > maxClients-n.clients.len || int(c.Host) >= len(n.nodes) || c.Host == 0 {
		panic(fmt.Sprintf("netmodel: AddClients: %d clients on host %d: want 1 to %d in all, on a host that was added", count, c.Host, maxClients))
	}
	first := ClientID(n.clients.len)
	if c.TCP != nil {
		own := *c.TCP // the caller may change his
		c.TCP = &own
	}
	n.configs = append(n.configs, crowd{ClientConfig: c, first: first, count: count,
		streamID: n.newStreamID(n.nodes[c.Host].streamID, c.Name, drawsLink)})
	for range count {
		n.clients.add().config = uint32(len(n.configs) - 1)
	}
	return first
}

// ClientName returns the name of a client.
func (n *Network) ClientName(id ClientID) string {
	n.knownClient(id)
	c := &n.configs[n.clients.at(int(id)).config]
	if c.count == 1 {
		return c.Name
	}
	return c.Name + strconv.Itoa(int(id-c.first)+1)
}

// ClientByName finds a client, the first that was added if several have the
// name.
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

// ConnName names an attempt by its client; "a#2" is a's second.
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

// knownClient panics with a sentence if no client has the id.
func (n *Network) knownClient(id ClientID) {
	if id == 0 || int(id) >= n.clients.len {
		panic(fmt.Sprintf("netmodel: no client %d: AddClients has returned 1 to %d", id, n.clients.len-1))
	}
}

// Start makes a client begin its first attempt, d from now.
func (n *Network) Start(id ClientID, d time.Duration) {
	n.knownClient(id)
	n.after(d, event{kind: eventStart, tag: uint64(id)})
}

// Results returns the fate of every attempt, in the order of their beginning.
func (n *Network) Results() []AttemptResult {
	s := n.settled()
	fates := make([]AttemptResult, 0, s.attempts.len)
	for c := range ConnID(s.attempts.len) {
		if c > 0 {
			fates = append(fates, s.result(c))
		}
	}
	return fates
}

// AttemptResult returns the fate of one attempt, the zero AttemptResult if there is no such.
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

// DecidedBy returns the profile of the host that decided what a record tells: the
// listening host for a cause of its own that a client has learned, else the host of the
// record. The profile of a client whose ClientConfig has a TCP carries that TCP. A record
// of no host and no attempt has a profile without values. The caller must not change it.
func (n *Network) DecidedBy(r Record) *Profile {
	host := r.Host
	var config *crowd
	if r.Conn != 0 && int(r.Conn) < n.attempts.len {
		a := n.attempts.at(int(r.Conn))
		config = &n.configs[n.clients.at(int(a.result.Client)).config]
		switch {
		case r.Cause.ByListener() && a.server != 0 && !r.Kind.AtListener():
			return &n.nodes[a.server].host.profile
		case host == 0:
			host = config.Host
		}
	}
	if host == 0 || int(host) >= len(n.nodes) {
		return new(Profile)
	}
	p := &n.nodes[host].host.profile
	if r.Cause == NoAnswer && config != nil && config.TCP != nil {
		own := *p
		own.Client = *config.TCP
		return &own
	}
	return p
}

// Tally returns how many attempts were made and how many of them have each
// outcome.
func (n *Network) Tally() (offered int, by [outcomeCount]int) {
	n = n.settled()
	by = n.outcomes
	by[StillPending] = n.offered
	for _, decided := range n.outcomes[1:] {
		by[StillPending] -= decided
	}
	return n.offered, by
}

// begin starts an attempt of a client.
func (n *Network) begin(id ClientID) {
	c := n.clients.at(int(id))
	if c.fd != 0 {
		return // its earlier attempt is still going on
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
		n.notBegun(c.conn, config.Host, err)
		n.endAttempt(id)
		return
	}
	if config.GiveUp > 0 {
		c.patience = n.after(config.GiveUp, event{kind: eventGiveUp, tag: uint64(c.conn)})
	}
}

// endAttempt closes what a client has open.
func (n *Network) endAttempt(id ClientID) {
	c := n.clients.at(int(id))
	if c.fd == 0 {
		return
	}
	_ = n.advancedHost(n.configs[c.config].Host).CloseSocket(c.fd) // its outcome is decided elsewhere
	n.engine.Cancel(c.patience)
	c.fd, c.patience = 0, sim.EventID{}
}

// giveUp ends an attempt whose client has lost patience.
func (n *Network) giveUp(conn ConnID) {
	id := n.attempts.at(int(conn)).result.Client
	c := n.clients.at(int(id))
	if c.conn != conn || c.fd == 0 {
		return
	}
	config := &n.configs[c.config].ClientConfig
	n.record(&Record{At: n.Now(), Host: config.Host, Kind: GaveUp, Conn: conn, FD: c.fd, Cause: PatienceEnded})
	n.decide(conn, OutcomeGaveUp, PatienceEnded)
	if config.GiveUpHard {
		_ = n.advancedHost(config.Host).SetSockOpt(c.fd, winsock.SO_LINGER, 0) // an open socket takes it
	}
	n.endAttempt(id)
}

// CloseClient makes a client close its connection, hard (with an RST) or not.
// It reports whether there was one.
func (n *Network) CloseClient(id ClientID, hard bool) bool {
	n.knownClient(id)
	c := n.clients.at(int(id))
	if c.fd == 0 {
		return false
	}
	n.attempts.at(int(c.conn)).finished = true
	if hard {
		_ = n.advancedHost(n.configs[c.config].Host).SetSockOpt(c.fd, winsock.SO_LINGER, 0)
	}
	if n.attempts.at(int(c.conn)).result.Outcome == StillPending {
		n.record(&Record{At: n.Now(), Host: n.configs[c.config].Host, Kind: GaveUp, Conn: c.conn, FD: c.fd, Cause: PatienceEnded})
		n.decide(c.conn, OutcomeGaveUp, PatienceEnded)
	}
	n.endAttempt(id)
	return true
}

// SendClient makes a client send bytes on its connection.
func (n *Network) SendClient(id ClientID, bytes int) error {
	n.knownClient(id)
	c := n.clients.at(int(id))
	_, err := n.advancedHost(n.configs[c.config].Host).Send(c.fd, bytes)
	return err
}

// decide settles the outcome of an attempt, once: by the first record that
// says so.
func (n *Network) decide(conn ConnID, o Outcome, why Cause) {
	a := n.attempts.at(int(conn))
	if a.result.Outcome != StillPending {
		return
	}
	a.result.Outcome, a.result.At, a.result.Cause, a.result.Record = o, n.Now(), why, n.count
	if o != OutcomeGaveUp && (o != OutcomeTimedOut || a.ignored != NoCause) {
		a.result.Decision = a.decided
	}
	n.outcomes[o]++
}

// ingest appends a record to the trace and does what follows from it: fates are
// decided, and clients take their next step.
func (n *Network) ingest(r *Record) {
	n.record(r)
	if r.Conn == 0 || int(r.Conn) >= n.attempts.len {
		return
	}
	a := n.attempts.at(int(r.Conn))
	if r.Kind.AtListener() {
		n.note(a, r)
		return
	}
	id := a.result.Client
	c := n.clients.at(int(id))
	config := &n.configs[c.config]
	switch {
	case r.Host != config.Host:
		return
	case config.external:
		n.follow(a, r)
		return
	case c.conn != r.Conn || c.fd != r.FD:
		return
	}
	switch r.Kind {
	case Connected:
		a.connected = true
		if bytes := config.Send; bytes > 0 {
			_, _ = n.advancedHost(r.Host).Send(c.fd, bytes) // a connection that broke meanwhile reports itself
		}
	case ConnectFailed, Broken:
		n.fail(a, r)
		n.endAttempt(id)
		n.retry(id)
	case Finished: // the server has closed: nothing more to wait for
		ended := a.result.Outcome == StillPending
		if ended { // before anybody accepted it
			n.decide(r.Conn, OutcomeReset, a.ended)
		}
		n.endAttempt(id)
		if ended {
			n.retry(id)
		}
	}
}

// note remembers what a listener decided about an attempt.
func (n *Network) note(a *attempt, r *Record) {
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
		n.decide(r.Conn, OutcomeGaveUp, r.Cause) // nobody waits for it any more
	}
	if r.Kind == RequestAccepted && a.result.Outcome == StillPending {
		n.decide(r.Conn, OutcomeAccepted, r.Cause)
		a.result.Waited = r.Wait()
	}
}

// fail decides the outcome of an attempt that its client knows to have failed.
func (n *Network) fail(a *attempt, r *Record) {
	switch {
	case r.Errno == winsock.WSAECONNREFUSED, r.Errno == winsock.WSAEWOULDBLOCK:
		n.decide(r.Conn, OutcomeRefused, r.Cause)
	case r.Errno == winsock.WSAETIMEDOUT && a.ignored != NoCause:
		n.decide(r.Conn, OutcomeTimedOut, a.ignored) // the listener did not answer, and this is why
	case r.Errno == winsock.WSAETIMEDOUT:
		n.decide(r.Conn, OutcomeTimedOut, r.Cause)
	case r.Cause == NoSuchConnection && a.ended != NoCause && a.place == placeNone:
		n.decide(r.Conn, OutcomeReset, a.ended) // nothing was left that its segment could belong to, and this is why
	default:
		n.decide(r.Conn, OutcomeReset, r.Cause)
	}
}

// retry schedules a client's further attempt, if its policy has one left and
// the last one failed.
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

// Check verifies the invariants of every host and those of the network: every
// attempt has exactly one outcome, and what the records say never contradicts
// itself. nil means that all hold.
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

// placesAreFreeOnce: no place for a segment on its way is free twice, and no more
// are taken than events wait.
func (n *Network) placesAreFreeOnce() error {
	taken := len(n.inFlight) - len(n.freeInFlight)
	if taken > n.engine.Len() {
		return fmt.Errorf("what is free is free once: segments: %d places are taken and %d events wait", taken, n.engine.Len())
	}
	seen := make([]bool, len(n.inFlight))
	for _, i := range n.freeInFlight {
		if int(i) >= len(seen) || seen[i] {
			return fmt.Errorf("what is free is free once: segments: place %d of %d is free twice, or there is none", i, len(seen))
		}
		seen[i] = true
	}
	return nil
}

// attemptsAreConserved: offered = accepted + refused + reset + timed out + gave
// up + pending, counted one by one.
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
