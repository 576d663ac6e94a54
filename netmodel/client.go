package netmodel

import (
	"fmt"
	"time"

	"wspsim/sim"
)

// ClientID identifies a virtual client of a Network. The first client is 1.
type ClientID uint32

// ClientConfig describes a virtual client: a program on a host that connects once, and
// again if Retry says so.
type ClientConfig struct {
	Name string // in traces; if several clients are added together, a number follows the name
	Host HostID // where the client runs
	To   Addr   // the address that the client connects to
	// How the client's socket connects; nil = as the profile of its host.
	TCP *Client
	// The client gives up this long after the beginning of an attempt, unless the server
	// has closed or reset the connection by then. 0 = never. At most 10 years.
	GiveUp     time.Duration
	GiveUpHard bool // the client gives up with an RST instead of a close
	Retry      Retry
	Send       int // bytes that the client sends when it is connected
}

// maxWait is the longest wait of a client: ten years, far from the end of virtual time.
const maxWait = 10 * 365 * 24 * time.Hour

// Retry says when a program connects again after an attempt was refused, reset or timed
// out. The zero value never retries.
type Retry struct {
	Attempts int           // further attempts, 0 to 1000; 0 = none
	Delay    time.Duration // the pause before the first further attempt
	Factor   int           // each pause is Factor times the pause before, up to 10; 0 or 1 = all pauses are Delay
	Max      time.Duration // longest pause; 0 = no limit, but pauses over 24 hours do not grow
	// Each pause is shorter by a random part of itself, at most this part.
	Jitter sim.Ratio
}

// Validate returns an error that names the wrong field and its legal values, or nil.
func (c ClientConfig) Validate() error {
	switch {
	case c.To.Port == 0 || c.To.IP == AnyIP:
		return fmt.Errorf("client %q: cannot connect to %v", c.Name, c.To)
	case c.GiveUp < 0 || c.Retry.Delay < 0 || c.Retry.Max < 0:
		return fmt.Errorf("client %q: a duration is negative", c.Name)
	case c.GiveUp > maxWait || c.Retry.Delay > maxWait:
		return fmt.Errorf("client %q: gives up after %v and retries after %v: want at most %v each", c.Name, c.GiveUp, c.Retry.Delay, maxWait)
	case c.Retry.Attempts < 0 || c.Retry.Attempts > 1000:
		return fmt.Errorf("client %q: %d further attempts: want 0 to 1000", c.Name, c.Retry.Attempts)
	case c.Retry.Factor < 0 || c.Retry.Factor > 10:
		return fmt.Errorf("client %q: factor %d: want 0 to 10", c.Name, c.Retry.Factor)
	case c.Send < 0 || c.Send > maxWaiting:
		return fmt.Errorf("client %q: sends %d bytes: want 0 to %d", c.Name, c.Send, maxWaiting)
	}
	if err := c.Retry.Jitter.Validate(); err != nil {
		return fmt.Errorf("client %q: jitter: %w", c.Name, err)
	}
	if c.TCP != nil {
		return c.TCP.Validate()
	}
	return nil
}

// pause returns how long the client waits before a further attempt; the first further
// attempt is 1.
func (r Retry) pause(attempt int, draw sim.Rand) time.Duration {
	const longest = 24 * time.Hour
	d := r.Delay
	for i := 1; i < attempt && r.Factor > 1 && d < longest; i++ {
		d *= time.Duration(r.Factor)
	}
	if r.Max > 0 {
		d = min(d, r.Max)
	}
	if part := d / time.Duration(max(r.Jitter.Den, 1)) * time.Duration(r.Jitter.Num); part > 0 {
		d -= draw.Duration(part + 1)
	}
	return d
}

// Outcome says how an attempt ended.
type Outcome uint8

// The outcomes. Every attempt has exactly one.
const (
	OutcomePending  Outcome = iota // not decided yet; Progress says more
	OutcomeAccepted                // the server's program accepted the connection
	OutcomeRefused                 // connect failed with WSAECONNREFUSED
	OutcomeReset                   // the connection was reset or closed before it was accepted
	OutcomeTimedOut                // no answer in time
	OutcomeGaveUp                  // the client's program gave up first, or could not send a SYN
	outcomeCount
)

// String returns the outcome in words.
func (o Outcome) String() string {
	switch o {
	case OutcomeAccepted:
		return "accepted"
	case OutcomeRefused:
		return "refused"
	case OutcomeReset:
		return "reset"
	case OutcomeTimedOut:
		return "timed out"
	case OutcomeGaveUp:
		return "gave up"
	}
	return "pending"
}

// AttemptResult is the outcome of one attempt, with what decided it.
type AttemptResult struct {
	Conn     ConnID
	Client   ClientID
	Attempt  int // the client's first attempt is 1
	Outcome  Outcome
	Progress Progress      // how far the attempt has come, if the outcome is pending
	Cause    Cause         // what decided the outcome; profiles.ReasonOf has the rule
	Began    sim.Time      // when the client called connect
	At       sim.Time      // when the outcome was decided
	Waited   time.Duration // if accepted: the time from the arrival of the SYN to accept
	Record   uint64        // the number of the record that decided; the first of the run is 1
	// The number of the record in which the listening host decided, or 0.
	Decision uint64
}

// clientGroup is the clients of one call of AddClients, or one external client.
type clientGroup struct {
	ClientConfig
	first    ClientID
	count    int
	external bool   // the caller owns the client's program
	stream   uint64 // names the group in the streams of random numbers
}

// client is the state of a virtual client.
type client struct {
	config      uint32 // index into Network.configs
	fd          FD     // of the current attempt, 0 between attempts
	conn        ConnID
	attempt     uint32
	giveUpTimer sim.EventID
}

// attempt is the network's state of one attempt.
type attempt struct {
	result   AttemptResult
	sent     [2]uint32   // segments that a link has decided about, in each direction
	arrival  [2]sim.Time // arrival of the latest segment to the server and to the client: keeps their order
	decided  uint64      // number of the listener's last record about the attempt
	ignored  Cause       // the cause of that record, if the listener sent no answer
	ended    Cause       // why the connection left the queue
	trimmed  bool
	finished bool // the client has closed its socket

	connected bool // connect has succeeded at the client
	place     place
	server    HostID // the listening host that decided about the attempt last, or 0
	firstWait uint32 // ms for an answer to its first SYN, if an external client dialed with a TCP of its own
}

// place says in which queue of the listener an attempt is.
type place uint8

const (
	placeNone place = iota
	placeHalfOpen
	placeQueued
)

// Progress says how far an attempt with a pending outcome has come.
type Progress uint8

// The steps of an attempt.
const (
	ProgressDecided Progress = iota // the outcome is not pending
	ProgressTrying                  // the client is not connected
	ProgressQueued                  // the server's program can accept the connection
	ProgressPhantom                 // the client is connected, but accept cannot return the connection now
)

// String returns the progress in one word.
func (s Progress) String() string {
	switch s {
	case ProgressTrying:
		return "trying"
	case ProgressQueued:
		return "queued"
	case ProgressPhantom:
		return "phantom"
	}
	return "decided"
}

// Progress returns how far an attempt has come.
//
// For a phantom connection, connect has succeeded at the client, but accept cannot return
// the connection. Either the server ignored the final ACK, or the ACK is under way, or the
// server has forgotten the request. K4, K7
func (n *Network) Progress(c ConnID) Progress {
	if c == 0 || int(c) >= n.attempts.len {
		return ProgressDecided
	}
	return n.settled().progress(c)
}

func (n *Network) progress(c ConnID) Progress {
	if c == 0 {
		return ProgressDecided
	}
	a := n.attempts.at(int(c))
	switch {
	case a.result.Outcome != OutcomePending:
		return ProgressDecided
	case a.place == placeQueued:
		return ProgressQueued
	case a.connected:
		return ProgressPhantom
	}
	return ProgressTrying
}
