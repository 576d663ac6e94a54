package netmodel

import (
	"fmt"
	"time"

	"wspsim/sim"
)

// ClientID names a virtual client of a Network, 1 for the first.
type ClientID uint32

// ClientConfig describes a virtual client: a program on some host that connects
// once, or again if that fails.
type ClientConfig struct {
	Name string // in traces; clients made together get a number behind it
	Host HostID // where it runs
	To   Addr   // whom it calls
	// How its socket connects, if not as the profile of its host says.
	TCP *Client
	// How long after the beginning of an attempt it loses patience, unless the
	// server has closed or reset the connection by then. 0 = never.
	GiveUp     time.Duration
	GiveUpHard bool // it then resets the connection instead of closing it
	Retry      Retry
	Send       int // bytes it sends once it is connected
}

// longestPatience is far from the end of virtual time: ten years.
const longestPatience = 10 * 365 * 24 * time.Hour

// Retry says what a program does after its attempt was refused, reset or timed
// out. The zero value does nothing.
type Retry struct {
	Attempts int           // further attempts, 0 = none
	Delay    time.Duration // before the first of them
	Factor   int           // each further pause is this many times the one before; 0 or 1 = fixed
	Max      time.Duration // longest pause; 0 = none, and pauses over a day grow no further
	// Up to this part of every pause is left out, at random.
	Jitter sim.Ratio
}

// Validate says what is wrong with the configuration.
func (c ClientConfig) Validate() error {
	switch {
	case c.To.Port == 0 || c.To.IP == AnyIP:
		return fmt.Errorf("client %q: cannot connect to %v", c.Name, c.To)
	case c.GiveUp < 0 || c.Retry.Delay < 0 || c.Retry.Max < 0:
		return fmt.Errorf("client %q: a duration is negative", c.Name)
	case c.GiveUp > longestPatience || c.Retry.Delay > longestPatience:
		return fmt.Errorf("client %q: waits for %v and pauses for %v: want at most %v each", c.Name, c.GiveUp, c.Retry.Delay, longestPatience)
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

// pause returns how long to wait before the given further attempt, 1 for the
// first.
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

// Outcome is how an attempt ended.
type Outcome uint8

// The outcomes. Every attempt ends in exactly one, or is still pending.
const (
	StillPending    Outcome = iota // undecided: on its way, queued, or waiting in vain
	OutcomeAccepted                // the server's program accepted it
	OutcomeRefused                 // connect failed with WSAECONNREFUSED
	OutcomeReset                   // connected, and reset or closed before it was accepted
	OutcomeTimedOut                // no answer in time
	OutcomeGaveUp                  // the client's program lost patience first, or could not even ask
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

// AttemptResult is the outcome of one attempt and what decided it.
type AttemptResult struct {
	Conn     ConnID
	Client   ClientID
	Attempt  int // 1 for the first
	Outcome  Outcome
	Progress Progress      // how far it has come, if the outcome is pending
	Began    sim.Time      // when connect was called
	At       sim.Time      // when it was decided
	Waited   time.Duration // of an accepted one: from the arrival of its SYN
	Cause    Cause         // what decided it; profiles.ReasonOf has the rule
	Record   uint64        // which record decided it, 1 for the first of the run
	// The record of the listening host that led to it, 0 if none did.
	Decision uint64
}

// crowd is a ClientConfig in use.
type crowd struct {
	ClientConfig
	first    ClientID
	count    int
	external bool   // its program is the caller's
	streamID uint64 // in the streams of random numbers, of all of them
}

// client is a virtual client in action.
type client struct {
	config   uint32 // index into Network.configs
	fd       FD     // of the present attempt, 0 between attempts
	conn     ConnID
	attempt  uint32
	patience sim.EventID
}

// attempt is what the network remembers of one attempt.
type attempt struct {
	result   AttemptResult
	sent     [2]uint32   // segments about which a link has decided, each way
	arrival  [2]sim.Time // of the latest segment towards the server and back: keeps order
	decided  uint64      // last record of a listener about it
	ignored  Cause       // why, if that was to leave it unanswered
	ended    Cause       // why it left the queue
	trimmed  bool
	finished bool // no further step of the client depends on it

	connected bool // its client was told so
	place     place
	server    HostID // the listening host that decided about it last, 0 if none did
}

// place is where the listener has an attempt.
type place uint8

const (
	placeNone place = iota
	placeHalfOpen
	placeQueued
)

// Progress says how far an attempt has come whose outcome is pending.
type Progress uint8

// The steps of an attempt.
const (
	ProgressDecided Progress = iota // the outcome is not pending
	ProgressTrying                  // no answer has let the client connect
	ProgressQueued                  // the server's program can accept it
	ProgressPhantom                 // the client is connected, and no accept will find it as things are
)

// String returns the step in words.
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

// Progress returns how far an attempt has come. A phantom connection is one whose
// connect has succeeded at the client, while no accept will return it: the server
// ignored the final ACK, or the ACK is on its way, or the server has forgotten the
// request. K4, K7
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
	case a.result.Outcome != StillPending:
		return ProgressDecided
	case a.place == placeQueued:
		return ProgressQueued
	case a.connected:
		return ProgressPhantom
	}
	return ProgressTrying
}
