package netmodel

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel/winsock"
)

// Profile says how one TCP stack behaves where stacks differ. It is plain
// comparable data: copy one, change a field, and you have another stack. The
// ready-made ones are functions of package profiles, such as profiles.Windows.
// profiles.Facts says where each value is from and how certain it is.
//
// A comment names the rule that a field stands for (ids in the package
// documentation) and the setting of a kernel that tunes it. The first value of
// each setting is what the WSP profile does.
type Profile struct {
	Name string // how the profile is asked for on the command line
	Long string // one line for a person

	// Whose calls a program makes, and so what errors it meets.
	Calls Calls
	// Whose tools a person has at hand, by the name that GOOS has for the system: names of
	// settings and of counters. "" for a page, which is no machine; "other" for a system that
	// has no such name.
	System string

	// What listen does with its argument.
	Backlog Backlog
	// How many connections fit when a SYN arrives: complete ones, and half-open ones
	// too unless they have a queue of their own.
	AtSyn Limit
	// How many complete connections fit when the final ACK arrives. Without a SYN
	// queue it is never asked: a slot was taken by the SYN.
	AtAck Limit
	// Where half-open connections wait, if not in slots of the accept queue.
	SynQueue SynQueue
	// What answers a SYN that finds no room. R4, WS.Q3.
	OnFull OnFull
	// With IgnoreUnlessYoung: so many half-open connections whose SYN-ACK went out
	// only once may exist before the next SYN is ignored.
	Young int
	// What answers a final ACK that finds no room; net.ipv4.tcp_abort_on_overflow,
	// net.inet.tcp.syncache.rst_on_sock_fail.
	OnAckFull OnAckFull

	// What listen does on a socket that listens already. R9, R10, WS.R2, WS.R2'.
	Relisten Relisten
	// Which pending connections a smaller backlog resets. WS.R4, WS.R7.
	Trim Trim
	// listen while a connect of the same socket is under way. WS.L5 (unknown; state error chosen).
	ListenConnecting winsock.Errno
	// The first listen while no descriptor is free; 0 lets it pass. E6, WS.D1.
	ListenStarved winsock.Errno
	// A further listen while no descriptor is free; 0 lets it pass. R5, WS.D2.
	RelistenStarved winsock.Errno
	// A listen on a wildcard address takes the port on every address, so a
	// conflict that bind let pass is found here. E2, WS.U4.
	CommitAtListen bool
	// listen on a socket without an address gives it a free port.
	ListenBinds bool

	// What a slot of the queue costs. R5-R7, WS.D3-D8.
	Slots Slots
	// An accept that finds no free descriptor removes the first connection from the queue
	// and closes it. Otherwise nothing changes. Accept fails with WSAEMFILE either way.
	StarvedLoses bool
	// accept asks for a descriptor before it looks whether there is anything to
	// accept.
	DescriptorFirst bool
	// An accept that finds nothing to accept fills as well. WS.D8.
	EmptyAcceptFills bool
	// The slot comes back this long after accept returned; a defect of Windows
	// 2000 SP1 and older. 0 = at once. WS.Q5.
	SlotReturnDelay time.Duration
	// Accept returns the complete connection whose SYN came first. Otherwise it returns the
	// connection whose handshake completed first. R3, WS.Q1.
	AcceptByArrival bool
	// What becomes of a connection that the client resets while it is pending.
	// WS.X6, WS.X7, WS.X9, WS.Q7. On Windows both AbortedAtReceive and AbortedAtAccept
	// have been seen; the Windows profile has the former.
	Aborted Aborted
	// What a closing listener does to pending connections. WS.X2.
	CloseListener CloseListener
	// Listeners with SO_REUSEPORT on one address share its requests by a hash. When
	// one closes, what it holds goes to another; net.ipv4.tcp_migrate_req.
	Migrates bool
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
	// Which options there are.
	Options Options
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

	// Retransmission of an unanswered SYN-ACK; net.ipv4.tcp_synack_retries. WS.T9.
	SynAck Schedule
	// Retransmission of unanswered data and FIN.
	Data Schedule
	// How long a closed connection waits for a peer that never closes its side.
	FinWait time.Duration
	// The connecting side, for sockets that SetClient did not change;
	// net.ipv4.tcp_syn_retries and tcp_syn_linear_timeouts.
	Client Client
	// When timers ring.
	Timers Timers
}

// Validate says what is wrong with a profile: the field, its value and what
// would be right.
func (p Profile) Validate() error {
	if p.Name == "" {
		return fmt.Errorf("profile without a name")
	}
	if err := p.validate(); err != nil {
		return fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return nil
}

func (p *Profile) validate() error {
	const lowest = -1 // gVisor's netstack has a queue that nobody fits in
	b, q := p.Backlog, &p.SynQueue
	switch {
	case b.Min < lowest || b.Max < b.Min || b.Max > MaxBacklog:
		return fmt.Errorf("legal backlogs %d..%d: want %d <= Min <= Max <= %d", b.Min, b.Max, lowest, MaxBacklog)
	case b.HintMax != 0 && (b.HintMin < 1 || b.HintMax < b.HintMin || b.HintMax > MaxBacklog):
		return fmt.Errorf("hints %d..%d: want 1 <= HintMin <= HintMax <= %d, or HintMax 0", b.HintMin, b.HintMax, MaxBacklog)
	case b.Num < 0 || b.Den < 0 || b.Num > 100 || b.Den > 100 || b.Add < -MaxBacklog || b.Add > MaxBacklog:
		return fmt.Errorf("backlog becomes %d/%d of itself plus %d: want fractions of numbers to 100", b.Num, b.Den, b.Add)
	case p.PortMin < 1 || p.PortMax < p.PortMin:
		return fmt.Errorf("ports %d..%d: want 1 <= PortMin <= PortMax", p.PortMin, p.PortMax)
	case p.SlotReturnDelay < 0 || p.OfferLifetime < 0 || p.FinWait < 0:
		return fmt.Errorf("a duration is negative")
	case q.Max < 0 || q.Max > MaxBacklog:
		return fmt.Errorf("a SYN queue of %d: want 0 to %d", q.Max, MaxBacklog)
	case p.Young < 0 || p.Young > MaxBacklog:
		return fmt.Errorf("%d young requests: want 0 to %d", p.Young, MaxBacklog)
	case q.Shared && !q.Separate:
		return fmt.Errorf("only a SYN queue of its own (SynQueue.Separate) can be shared (SynQueue.Shared)")
	case p.Migrates && !q.Separate:
		return fmt.Errorf("connections migrate (Migrates) only with a SYN queue of its own (SynQueue.Separate)")
	case q.Separate && p.Slots != SlotsFree:
		return fmt.Errorf("a SYN queue of its own goes with SlotsFree: a slot is taken by the final ACK there")
	}
	for _, l := range []struct {
		name  string
		limit Limit
	}{{"AtSyn", p.AtSyn}, {"AtAck", p.AtAck}, {"SynQueue.Limit", q.Limit}} {
		if err := l.limit.validate(); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	if err := p.validateChoices(); err != nil {
		return err
	}
	if systems := []string{"", "windows", "linux", "freebsd", "netbsd", "openbsd", "darwin", "illumos", "other"}; !slices.Contains(systems, p.System) {
		return fmt.Errorf("system %q: want one of %q", p.System, systems)
	}
	if err := p.Client.Validate(); err != nil {
		return err
	}
	for _, s := range []Schedule{p.SynAck, p.Data} {
		if err := s.validate(); err != nil {
			return err
		}
	}
	return p.Timers.validate()
}

// MaxBacklog is the largest effective backlog that a profile may allow.
const MaxBacklog = 1 << 20

func (l Limit) validate() error {
	if l.Num < 0 || l.Den < 0 || l.Num > 100 || l.Den > 100 || l.Add < -MaxBacklog || l.Add > MaxBacklog || l.Min < 0 || l.Min > MaxBacklog {
		return fmt.Errorf("%d/%d of the backlog plus %d, at least %d: want fractions of numbers to 100 and the rest within %d", l.Num, l.Den, l.Add, l.Min, MaxBacklog)
	}
	return nil
}

func (p *Profile) validateChoices() error {
	for _, choice := range [...]struct {
		field     string
		got, last uint8
	}{
		{"Calls", uint8(p.Calls), uint8(CallsFakeNet)},
		{"Relisten", uint8(p.Relisten), uint8(RelistenRejects)},
		{"Trim", uint8(p.Trim), uint8(TrimHalfOpen)},
		{"OnFull", uint8(p.OnFull), uint8(TryAgainWhenFull)},
		{"OnAckFull", uint8(p.OnAckFull), uint8(DeferAck)},
		{"Slots", uint8(p.Slots), uint8(SlotsFree)},
		{"Aborted", uint8(p.Aborted), uint8(AbortedNoAddress)},
		{"CloseListener", uint8(p.CloseListener), uint8(CloseFinishes)},
		{"Binds", uint8(p.Binds), uint8(BindsWine)},
		{"Options", uint8(p.Options), uint8(OptionsLinux)},
		{"SynQueue.Size", uint8(p.SynQueue.Size), uint8(SizePow2OfBacklog)},
		{"SynQueue.Victim", uint8(p.SynQueue.Victim), uint8(VictimTimedOut)},
		{"SynQueue.Cookies", uint8(p.SynQueue.Cookies), uint8(CookiesForEvicted)},
		{"SynQueue.CookieFull", uint8(p.SynQueue.CookieFull), uint8(ResetAck)},
	} {
		if choice.got > choice.last {
			return fmt.Errorf("%s is %d: there is no such setting, the last one is %d", choice.field, choice.got, choice.last)
		}
	}
	return nil
}
