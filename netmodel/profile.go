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
// profiles.Facts has the source of each value and says how certain the value is.
//
// A comment names the rule that a field implements (ids in the package documentation) and
// the kernel setting that changes the value. The zero value of each setting is what the WSP
// profile does.
type Profile struct {
	Name string // the name on the command line
	Long string // one line that describes the stack

	// The calls that a program makes. They decide which errors the program sees.
	Calls Calls
	// The system, by its GOOS name. It decides the names of settings and of counters. "" = no
	// machine, but a manual page; "other" = a system without a GOOS name.
	System string

	// What listen does with its argument.
	Backlog Backlog
	// How many connections fit when a SYN arrives. Complete connections count. Half-open
	// connections count too, unless they have a queue of their own.
	AtSyn Limit
	// How many complete connections fit when the final ACK arrives. Without a SYN queue the
	// model does not use AtAck: the SYN took a slot already.
	AtAck Limit
	// Where half-open connections wait, if not in slots of the accept queue.
	SynQueue SynQueue
	// The answer to a SYN that finds no room. R4, WS.Q3.
	OnFull OnFull
	// With IgnoreUnlessYoung: a SYN that finds the queue full gets in as long as fewer
	// half-open connections than this are young. A half-open connection is young if its
	// SYN-ACK was sent only once.
	Young int
	// The answer to a final ACK that finds no room; net.ipv4.tcp_abort_on_overflow,
	// net.inet.tcp.syncache.rst_on_sock_fail.
	OnAckFull OnAckFull

	// What listen does on a socket that listens already. R9, R10, WS.R2, WS.R2'.
	Relisten Relisten
	// Which pending connections a smaller backlog resets. WS.R4, WS.R7.
	Trim Trim
	// The error of listen during a connect of the same socket. WS.L5 (unknown; state error chosen).
	ListenConnecting winsock.Errno
	// The error of the first listen if no descriptor is free; 0 = it succeeds. E6, WS.D1.
	ListenStarved winsock.Errno
	// The error of a further listen if no descriptor is free; 0 = it succeeds. R5, WS.D2.
	RelistenStarved winsock.Errno
	// A listen on a wildcard address takes the port on every address. So listen finds a
	// conflict that bind has allowed. E2, WS.U4.
	CommitAtListen bool
	// listen on a socket without an address binds the socket to a free port.
	ListenBinds bool

	// What a slot of the queue costs. R5-R7, WS.D3-D8.
	Slots Slots
	// An accept that finds no free descriptor removes the first connection from the queue
	// and closes it. Without StarvedLoses nothing changes. Accept fails with WSAEMFILE in
	// both cases.
	StarvedLoses bool
	// accept takes a descriptor before it checks whether a connection is pending.
	DescriptorFirst bool
	// An accept that finds no pending connection fills too. WS.D8.
	EmptyAcceptFills bool
	// The slot is available again this long after accept returned; a defect of Windows
	// 2000 SP1 and older. 0 = at once. WS.Q5.
	SlotReturnDelay time.Duration
	// Accept returns the complete connection whose SYN came first. Otherwise it returns the
	// connection whose handshake completed first. R3, WS.Q1.
	AcceptByArrival bool
	// What happens to a connection that the client resets while it is pending.
	// WS.X6, WS.X7, WS.X9, WS.Q7. Both AbortedAtReceive and AbortedAtAccept have been seen
	// on Windows. The Windows profile has AbortedAtReceive.
	Aborted Aborted
	// What a closing listener does to pending connections. WS.X2.
	CloseListener CloseListener
	// Listeners with SO_REUSEPORT on one address share its requests by a hash. When one
	// listener closes, its connections move to another one; net.ipv4.tcp_migrate_req.
	Migrates bool
	// Setting SO_PAUSE_ACCEPT resets the connections that are pending already. WS.Q9.
	PauseResets bool
	// The host forgets a request without a decision of the condition function
	// (SO_CONDITIONAL_ACCEPT) this long after its last SYN. WS.Q10 (unknown; chosen).
	OfferLifetime time.Duration
	// accept calls the condition function even if no descriptor is free. WS.C11.
	ConditionFirst bool
	// A deferred request does not make the listener readable. WS.N13.
	DeferHidesReadable bool
	// Calls from inside a callback are allowed instead of failing with
	// WSAEINPROGRESS. WS.S3, WS.S4.
	Nesting bool

	// Which binds conflict. WS.U1.
	Binds BindRules
	// Which socket options exist.
	Options Options
	// A read of SO_ERROR does not clear it: observed on Windows. WS.L6
	ErrorSticks bool
	// First and last port that the host picks from. Bind page: 1024..5000.
	PortMin, PortMax uint16
	// A graceful close keeps its descriptor until the peer has acknowledged
	// everything. WS.D11.
	CloseHoldsDescriptor bool
	// The host refuses new requests as long as an accepted connection of an earlier
	// listener on the port is open; a defect of NT 4 (KB177074). WS.X5.
	ChildrenBlockRebind bool

	// Retransmission of an unanswered SYN-ACK; net.ipv4.tcp_synack_retries. WS.T9.
	SynAck Schedule
	// Retransmission of unanswered data and FIN.
	Data Schedule
	// How long a closed connection waits for a peer that does not close its side.
	FinWait time.Duration
	// The connecting side of sockets that SetClient did not change;
	// net.ipv4.tcp_syn_retries and tcp_syn_linear_timeouts.
	Client Client
	// When timers expire.
	Timers Timers
}

// Validate returns nil if the profile is valid. Otherwise the error names the field, its
// value and the values that are allowed.
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
	const lowest = -1 // gVisor's netstack can have a queue without room for any connection
	b, q := p.Backlog, &p.SynQueue
	switch {
	case b.Min < lowest || b.Max < b.Min || b.Max > MaxBacklog:
		return fmt.Errorf("legal backlogs %d..%d: want %d <= Min <= Max <= %d", b.Min, b.Max, lowest, MaxBacklog)
	case b.HintMax != 0 && (b.HintMin < 1 || b.HintMax < b.HintMin || b.HintMax > MaxBacklog):
		return fmt.Errorf("hints %d..%d: want 1 <= HintMin <= HintMax <= %d, or HintMax 0", b.HintMin, b.HintMax, MaxBacklog)
	case b.Num < 0 || b.Den < 0 || b.Num > 100 || b.Den > 100 || b.Add < -MaxBacklog || b.Add > MaxBacklog:
		return fmt.Errorf("backlog becomes %d/%d of itself plus %d: want a fraction of numbers up to 100", b.Num, b.Den, b.Add)
	case p.PortMin < 1 || p.PortMax < p.PortMin:
		return fmt.Errorf("ports %d..%d: want 1 <= PortMin <= PortMax", p.PortMin, p.PortMax)
	case p.SlotReturnDelay < 0 || p.OfferLifetime < 0 || p.FinWait < 0:
		return fmt.Errorf("SlotReturnDelay %v, OfferLifetime %v, FinWait %v: want none that is negative", p.SlotReturnDelay, p.OfferLifetime, p.FinWait)
	case q.Max < 0 || q.Max > MaxBacklog:
		return fmt.Errorf("a SYN queue of %d: want 0 to %d", q.Max, MaxBacklog)
	case p.Young < 0 || p.Young > MaxBacklog:
		return fmt.Errorf("%d young requests: want 0 to %d", p.Young, MaxBacklog)
	case q.Shared && !q.Separate:
		return fmt.Errorf("only a SYN queue of its own (SynQueue.Separate) can be shared (SynQueue.Shared)")
	case p.Migrates && !q.Separate:
		return fmt.Errorf("connections migrate (Migrates) only with a SYN queue of its own (SynQueue.Separate)")
	case q.Separate && p.Slots != SlotsFree:
		return fmt.Errorf("a SYN queue of its own goes with SlotsFree: the final ACK takes the slot then")
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
		return fmt.Errorf("%d/%d of the backlog plus %d, at least %d: want a fraction of numbers up to 100 and the other numbers up to %d", l.Num, l.Den, l.Add, l.Min, MaxBacklog)
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
