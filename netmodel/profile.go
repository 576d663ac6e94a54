package netmodel

import (
	"fmt"
	"math"
	"time"
)

// Profile says how one TCP stack behaves where stacks differ. It is plain
// comparable data: copy one, change a field, and you have another stack. The
// ready-made ones are functions: WSP, Windows, ...
//
// A comment names the rule that a field stands for (ids in the package
// documentation). The first value of each setting is what the WSP profile does.
type Profile struct {
	Name string // how the profile is asked for on the command line
	Long string // one line for a person

	// What listen does with its argument.
	Backlog Backlog
	// What listen does on a socket that listens already. R9, R10, WS.R2, WS.R2'.
	Relisten Relisten
	// Which pending connections a smaller backlog resets. WS.R4, WS.R7.
	Trim Trim
	// listen while a connect of the same socket is under way. WS.L5 (unknown; state error chosen).
	ListenConnecting Errno
	// The first listen while no descriptor is free; 0 lets it pass. E6, WS.D1.
	ListenStarved Errno
	// A further listen while no descriptor is free; 0 lets it pass. R5, WS.D2.
	RelistenStarved Errno
	// A listen on a wildcard address takes the port on every address, so a
	// conflict that bind let pass is found here. E2, WS.U4.
	CommitAtListen bool

	// What answers a SYN that finds no slot. R4, WS.Q3.
	OnFull OnFull
	// What a slot of the queue costs. R5-R7, WS.D3-D8.
	Slots Slots
	// An accept that finds nothing to accept fills as well. WS.D8.
	EmptyAcceptFills bool
	// The slot comes back this long after accept returned; a defect of Windows
	// 2000 SP1 and older. 0 = at once. WS.Q5.
	SlotReturnDelay time.Duration
	// The order in which accept hands out connections. R3, WS.Q1.
	Order Order
	// What becomes of a connection that the client resets while it is pending.
	// WS.X6, WS.X7, WS.X9, WS.Q7.
	Aborted Aborted
	// What a closing listener does to pending connections. WS.X2.
	CloseListener CloseListener
	// Setting SO_PAUSE_ACCEPT resets what is queued already. WS.Q9.
	PauseResets bool
	// A request without a decision of the condition function (SO_CONDITIONAL_ACCEPT)
	// is forgotten this long after its last SYN. WS.Q10 (unknown; chosen).
	OfferLifetime time.Duration
	// The condition function is asked even when no descriptor is free. WS.C11.
	ConditionFirst bool
	// A deferred request does not make the listener readable. WS.N13.
	DeferHidesReadable bool
	// Calls from inside a callback are allowed instead of failing with
	// WSAEINPROGRESS. WS.S3, WS.S4.
	Nesting bool

	// Which binds conflict. WS.U1.
	Binds BindRules
	// SO_EXCLUSIVEADDRUSE, SO_CONDITIONAL_ACCEPT and SO_PAUSE_ACCEPT are unknown
	// options (WSAENOPROTOOPT). Windows CE.
	FewOptions bool
	// SO_ERROR keeps its value when it is read: observed on Windows. WS.L6
	ErrorSticks bool
	// First and last port that the host picks from. Bind page: 1024..5000.
	PortMin, PortMax uint16
	// A graceful close keeps its descriptor until the peer has acknowledged
	// everything. WS.D11.
	CloseHoldsDescriptor bool
	// New requests are refused while connections of an earlier listener on the
	// port live on; a defect of NT 4 (KB177074). WS.X5.
	ChildrenBlockRebind bool

	// Retransmission of an unanswered SYN-ACK. WS.T9.
	SynAck Schedule
	// Retransmission of unanswered data and FIN.
	Data Schedule
	// How long a closed connection waits for a peer that never closes its side.
	FinWait time.Duration
	// The connecting side, for sockets that SetClient did not change.
	Client Client
}

// Client says how the connecting side of a stack behaves.
type Client struct {
	Syn     Schedule // an unanswered SYN. WS.T1, WS.T2
	Refused Refused  // an RST that answers a SYN. WS.T3, WS.T4
}

// Refused says what a client does about an RST in answer to its SYN: it sends
// the SYN again, Gap later, up to Retries times, and then reports
// WSAECONNREFUSED. The zero value reports it at once.
type Refused struct {
	Retries uint8         // SYNs sent again, together with those that timed out
	Gap     time.Duration // from the RST to the next SYN; never doubled
	// An RST seen once decides the error, even if silence followed. WS.T6
	// (unknown; the last event decides unless this is set).
	Sticks bool
}

// Schedule says when something is sent again: First after the first sending,
// each further wait twice the one before but at most Max, Retries times; the
// wait after the last one ends in failure. Limit, if not 0, ends the whole
// thing earlier.
type Schedule struct {
	First   time.Duration // > 0
	Max     time.Duration // 0 = no ceiling
	Retries uint8
	Limit   time.Duration // from the first sending; 0 = none
}

// Wait returns how long to wait after the given number of retransmissions.
func (s Schedule) Wait(retransmissions uint8) time.Duration {
	d := s.First
	for range retransmissions {
		if s.Max > 0 && d >= s.Max {
			return s.Max
		}
		if d > math.MaxInt64/2 {
			return math.MaxInt64 // for ever
		}
		d *= 2
	}
	if s.Max > 0 && d > s.Max {
		return s.Max
	}
	return d
}

// Backlog says which effective backlog an argument of listen has.
type Backlog struct {
	Min, Max  int // nearest legal values for illegal arguments. C1, C2, WS.B1
	Somaxconn int // the argument that asks for the maximum. P4, WS.B4, WS.B5
	// SOMAXCONN_HINT(n) is listen(-n): n brought into HintMin..HintMax. HintMax 0
	// means that the stack does not know it. WS.B6, WS.B10
	HintMin, HintMax int
}

// Effective returns the backlog that is in force after listen(n): Min..Max, or
// HintMin..HintMax where a hint is understood.
func (b Backlog) Effective(n int) int {
	switch {
	case n == b.Somaxconn:
		return b.Max
	case n < 0 && b.HintMax > 0:
		if n < -b.HintMax { // also saves the lowest int, which has no opposite
			return b.HintMax
		}
		return max(-n, b.HintMin)
	}
	return min(max(n, b.Min), b.Max)
}

// Relisten is what listen does on a socket that listens already.
type Relisten uint8

const (
	RelistenUpdates Relisten = iota // new backlog; excess pending connections are reset
	RelistenKeeps                   // succeeds and changes nothing but the filling
)

// Trim is the choice of the connections that a smaller backlog resets.
type Trim uint8

const (
	TrimNewest   Trim = iota // survivors are what the smaller queue would have admitted
	TrimOldest               // the longest waiting go
	TrimHalfOpen             // half-open ones first, newest first, then complete ones, newest first
)

// OnFull is the answer to a SYN that finds no slot.
type OnFull uint8

const (
	RefuseWhenFull OnFull = iota // RST
	IgnoreWhenFull               // silence
)

// Slots says what a slot of the queue costs.
type Slots uint8

const (
	// An admitted request uses a slot up. Listen and accept fill: they make as
	// many slots available as the backlog allows and descriptors are free.
	SlotsFilled Slots = iota
	// A pending connection owns its descriptor from the moment it is queued:
	// no descriptor, no admission; accept needs none.
	SlotsOwnDescriptor
	// Slots cost nothing; only accept can fail for want of a descriptor.
	SlotsFree
)

// Order is the order in which accept hands out connections.
type Order uint8

const (
	OrderByCompletion Order = iota // the handshake that completed first
	OrderByArrival                 // among the complete ones, the SYN that came first
)

// Aborted is what becomes of a connection that the client resets while it is
// pending.
type Aborted uint8

const (
	AbortedAtAccept  Aborted = iota // keeps its place; accept reports WSAECONNRESET and removes it
	AbortedAtReceive                // keeps its place; accept succeeds and receive reports WSAECONNRESET
	AbortedWithdraws                // leaves the queue at once and gives its slot back
)

// CloseListener is what a closing listener does to what is pending.
type CloseListener uint8

const (
	CloseResetsAll       CloseListener = iota // RST to every one, half-open or complete
	CloseForgetsHalfOpen                      // RST to the complete ones; half-open ones are forgotten in silence
	CloseForgetsAll                           // silence; whoever sends next meets an RST
)

// BindRules is a table of bind conflicts.
type BindRules uint8

const (
	BindsModern BindRules = iota // Windows Server 2003 and later
	BindsOld                     // Windows XP and earlier
)

// Validate says what is wrong with a profile: the field, its value and what
// would be right.
func (p Profile) Validate() error {
	b := p.Backlog
	switch {
	case p.Name == "":
		return fmt.Errorf("profile without a name")
	case b.Min < 1 || b.Max < b.Min || b.Max > 1<<20:
		return fmt.Errorf("profile %s: legal backlogs %d..%d: want 1 <= Min <= Max <= %d", p.Name, b.Min, b.Max, 1<<20)
	case b.HintMax != 0 && (b.HintMin < 1 || b.HintMax < b.HintMin || b.HintMax > 1<<20):
		return fmt.Errorf("profile %s: hints %d..%d: want 1 <= HintMin <= HintMax <= %d, or HintMax 0", p.Name, b.HintMin, b.HintMax, 1<<20)
	case p.PortMin < 1 || p.PortMax < p.PortMin:
		return fmt.Errorf("profile %s: ports %d..%d: want 1 <= PortMin <= PortMax", p.Name, p.PortMin, p.PortMax)
	case p.SlotReturnDelay < 0 || p.OfferLifetime < 0 || p.FinWait < 0:
		return fmt.Errorf("profile %s: a duration is negative", p.Name)
	}
	for _, choice := range [...]struct {
		field     string
		got, last uint8
	}{
		{"Relisten", uint8(p.Relisten), uint8(RelistenKeeps)},
		{"Trim", uint8(p.Trim), uint8(TrimHalfOpen)},
		{"OnFull", uint8(p.OnFull), uint8(IgnoreWhenFull)},
		{"Slots", uint8(p.Slots), uint8(SlotsFree)},
		{"Order", uint8(p.Order), uint8(OrderByArrival)},
		{"Aborted", uint8(p.Aborted), uint8(AbortedWithdraws)},
		{"CloseListener", uint8(p.CloseListener), uint8(CloseForgetsAll)},
		{"Binds", uint8(p.Binds), uint8(BindsOld)},
	} {
		if choice.got > choice.last {
			return fmt.Errorf("profile %s: %s is %d: there is no such setting, the last one is %d", p.Name, choice.field, choice.got, choice.last)
		}
	}
	if err := p.Client.Validate(); err != nil {
		return fmt.Errorf("profile %s: %w", p.Name, err)
	}
	for _, s := range []Schedule{p.SynAck, p.Data} {
		if err := s.validate(); err != nil {
			return fmt.Errorf("profile %s: %w", p.Name, err)
		}
	}
	return nil
}

// Validate says what is wrong with the settings of a connecting side.
func (c Client) Validate() error {
	if c.Refused.Gap < 0 || c.Refused.Gap > 24*time.Hour {
		return fmt.Errorf("client: gap %v after a refusal: want 0 to %v", c.Refused.Gap, 24*time.Hour)
	}
	return c.Syn.validate()
}

func (s Schedule) validate() error {
	const longest = 24 * time.Hour
	switch {
	case s.First <= 0 || s.First > longest:
		return fmt.Errorf("schedule: first wait %v: want more than 0, at most %v", s.First, longest)
	case s.Max < 0 || s.Limit < 0:
		return fmt.Errorf("schedule: ceiling %v and limit %v must not be negative", s.Max, s.Limit)
	case s.Retries > 20:
		return fmt.Errorf("schedule: %d retransmissions: want at most 20", s.Retries)
	}
	return nil
}
