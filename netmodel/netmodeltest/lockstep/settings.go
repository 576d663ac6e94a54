package lockstep

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// Setting is one choice that a profile makes, with the names of its values. The
// first value is that of the WSP profile.
type Setting struct {
	Name   string
	Values []string
}

// ValueIn returns which of its values a profile has, and false if it has
// another.
func (s Setting) ValueIn(p netmodel.Profile) (int, bool) {
	for v := range s.Values {
		changed := p
		s.Apply(&changed, v)
		if changed == p {
			return v, true
		}
	}
	return 0, false
}

// Settings returns every setting: first what every listener has, then what goes
// with a SYN queue only.
func Settings() []Setting { return append(listenerSettings(), synQueueSettings()...) }

func listenerSettings() []Setting {
	off := []string{"no", "yes"}
	return []Setting{
		{Name: "calls", Values: []string{"winsock", "unix", "wine", "fakenet"}},
		{Name: "backlog", Values: []string{"as-is", "negative-is-max", "zero-is-max", "half-more"}},
		{Name: "at-syn", Values: []string{"backlog", "one-more", "half-more", "no-limit"}},
		{Name: "relisten", Values: []string{"updates", "keeps", "sets", "rejects"}},
		{Name: "trim", Values: []string{"newest", "oldest", "half-open"}},
		{Name: "full", Values: []string{"refuse", "ignore", "young", "evict", "hold", "try-again"}},
		{Name: "slots", Values: []string{"filled", "own-descriptor", "free"}},
		{Name: "starved", Values: []string{"keeps", "loses"}},
		{Name: "descriptor-first", Values: off},
		{Name: "order", Values: []string{"completion", "arrival"}},
		{Name: "aborted", Values: []string{"at-accept", "at-receive", "withdraws", "as-aborted"}},
		{Name: "close", Values: []string{"resets-all", "forgets-half-open", "forgets-all", "finishes"}},
		{Name: "listen-starved", Values: []string{"fails", "succeeds"}},
		{Name: "relisten-starved", Values: []string{"succeeds", "fails"}},
		{Name: "empty-accept-fills", Values: []string{"yes", "no"}},
		{Name: "pause-resets", Values: off},
		{Name: "condition-first", Values: off},
		{Name: "defer-hides", Values: off},
		{Name: "nesting", Values: off},
		{Name: "close-holds", Values: off},
		{Name: "children-block", Values: off},
		{Name: "late-slot", Values: []string{"no", "2s"}},
		{Name: "few-options", Values: off},
		{Name: "max", Values: []string{"200", "5", "3", "2"}},
		{Name: "victim", Values: []string{"oldest", "random", "timed-out"}},
		{Name: "repeat-restarts", Values: off},
		{Name: "times", Values: []string{"long", "short", "once", "linear", "steep", "flat"}},
		{Name: "timers", Values: []string{"exact", "ticks", "wheel", "wheel-later"}},
	}
}

func synQueueSettings() []Setting {
	off := []string{"no", "yes"}
	return []Setting{
		{Name: "syn-queue", Values: []string{"none", "backlog", "one-more", "one-less", "two", "pow2-of-backlog"}},
		{Name: "at-ack", Values: []string{"backlog", "one-more", "half-more", "no-limit"}},
		{Name: "ack-full", Values: []string{"ignore", "reset", "admit", "forget", "defer"}},
		{Name: "syn-queue-full", Values: []string{"drops", "evicts"}},
		{Name: "cookies", Values: []string{"never", "when-full", "always", "for-evicted"}},
		{Name: "cookie-full", Values: []string{"ignore", "reset"}},
		{Name: "young", Values: []string{"0", "1", "2"}},
		{Name: "keeps-quarter", Values: off},
		{Name: "prunes", Values: off},
	}
}

// Apply gives a profile one of the values of a setting.
func (s Setting) Apply(p *netmodel.Profile, value int) {
	yes := value == 1
	switch s.Name {
	case "calls":
		p.Calls = netmodel.Calls(value)
	case "backlog":
		applyBacklog(&p.Backlog, value)
	case "at-syn":
		p.AtSyn = limits(value)
	case "relisten":
		p.Relisten = netmodel.Relisten(value)
	case "trim":
		p.Trim = netmodel.Trim(value)
	case "full":
		p.OnFull = netmodel.OnFull(value)
	case "slots":
		p.Slots = netmodel.Slots(value)
	case "starved":
		p.StarvedLoses = value == 1
	case "descriptor-first":
		p.DescriptorFirst = yes
	case "order":
		p.AcceptByArrival = value == 1
	case "aborted":
		p.Aborted = netmodel.Aborted(value)
	case "close":
		p.CloseListener = netmodel.CloseListener(value)
	case "listen-starved":
		p.ListenStarved = [...]winsock.Errno{winsock.WSAEMFILE, 0}[value]
	case "relisten-starved":
		p.RelistenStarved = [...]winsock.Errno{0, winsock.WSAEMFILE}[value]
	case "empty-accept-fills":
		p.EmptyAcceptFills = !yes
	case "max":
		p.Backlog.Max = [...]int{200, 5, 3, 2}[value]
		p.Backlog.Min = min(p.Backlog.Min, p.Backlog.Max)
	case "times":
		applyTimes(p, value)
	case "timers":
		p.Timers = [...]netmodel.Timers{
			{},
			{HZ: 100, Phase: 3 * time.Millisecond},
			{Wheel: true, HZ: 250},
			{Wheel: true, HZ: 1000, Phase: 1234567 * time.Microsecond},
		}[value]
	default:
		s.applyRest(p, value)
	}
}

// applyRest is Apply for what can only be on or off, and for the SYN queue.
func (s Setting) applyRest(p *netmodel.Profile, value int) {
	yes := value == 1
	switch s.Name {
	case "pause-resets":
		p.PauseResets = yes
	case "condition-first":
		p.ConditionFirst = yes
	case "defer-hides":
		p.DeferHidesReadable = yes
	case "nesting":
		p.Nesting = yes
	case "close-holds":
		p.CloseHoldsDescriptor = yes
	case "children-block":
		p.ChildrenBlockRebind = yes
	case "late-slot":
		p.SlotReturnDelay = [...]time.Duration{0, 2 * time.Second}[value]
	case "few-options":
		p.Options = netmodel.Options(value)
	case "victim":
		p.SynQueue.Victim = netmodel.Victim(value)
	case "repeat-restarts":
		p.SynQueue.RepeatRestarts = yes
	case "syn-queue":
		applySynQueue(&p.SynQueue, value)
	case "at-ack":
		p.AtAck = limits(value)
	case "ack-full":
		p.OnAckFull = netmodel.OnAckFull(value)
	case "syn-queue-full":
		p.SynQueue.Evicts = value == 1
	case "cookies":
		p.SynQueue.Cookies = netmodel.Cookies(value)
	case "cookie-full":
		p.SynQueue.CookieFull = netmodel.OnAckFull(value)
	case "young":
		p.Young = value
	case "keeps-quarter":
		p.SynQueue.KeepsQuarter = yes
	case "prunes":
		p.SynQueue.Prunes = yes
	}
}

func limits(value int) netmodel.Limit {
	return [...]netmodel.Limit{{}, {Add: 1}, {Num: 3, Den: 2, Add: 1}, {None: true}}[value]
}

func applyBacklog(b *netmodel.Backlog, value int) {
	b.NegativeIsMax, b.ZeroIsMax = value == 1 || value == 2, value == 2
	b.Num, b.Den, b.Add = 0, 0, 0
	if value == 3 {
		b.Num, b.Den, b.Add = 3, 2, 1
	}
}

// applySynQueue sets whether there is a SYN queue, and its size.
func applySynQueue(q *netmodel.SynQueue, value int) {
	q.Separate, q.Shared = value != 0, false
	q.Size, q.Limit, q.Max = netmodel.SizeOfBacklog, netmodel.Limit{}, 0
	switch value {
	case 2:
		q.Limit.Add, q.Max = 1, 2 // Max counts with keeps-quarter
	case 3:
		q.Limit.Add = -1
	case 4:
		q.Size, q.Max = netmodel.SizeFixed, 2
	case 5:
		q.Size, q.Max = netmodel.SizePow2OfBacklog, 4
	}
}

// applyTimes sets how often a host tries again, and how long it waits.
func applyTimes(p *netmodel.Profile, value int) {
	long := profiles.WSP()
	p.SynAck, p.Data, p.OfferLifetime, p.FinWait = long.SynAck, long.Data, long.OfferLifetime, long.FinWait
	switch value {
	case 1:
		p.SynAck = netmodel.Schedule{First: time.Second, Max: 3 * time.Second, Retries: 3}
		p.Data = netmodel.Schedule{First: time.Second, Retries: 1}
		p.OfferLifetime, p.FinWait = 4*time.Second, 5*time.Second
	case 2:
		p.SynAck = netmodel.Schedule{First: 2 * time.Second}
		p.Data = netmodel.Schedule{First: 2 * time.Second}
		p.OfferLifetime, p.FinWait = 2*time.Second, 2*time.Second
	case 3:
		p.SynAck = netmodel.Schedule{First: time.Second, Linear: 2, Retries: 1} // given up by time, after 3 s
		p.Data = netmodel.Schedule{First: time.Second, Linear: 1, Retries: 1}
		p.OfferLifetime, p.FinWait = 4*time.Second, 5*time.Second
	case 4:
		p.SynAck = netmodel.Schedule{First: time.Second, Factor: 4, Retries: 5, Limit: 13 * time.Second}
		p.Data = netmodel.Schedule{First: time.Second, Retries: 1}
		p.OfferLifetime, p.FinWait = 4*time.Second, 5*time.Second
	case 5:
		p.SynAck = netmodel.Schedule{First: time.Second, Factor: 1, Retries: 5}
		p.Data = netmodel.Schedule{First: time.Second, Factor: 3, Max: 4 * time.Second, Retries: 3}
		p.OfferLifetime, p.FinWait = 4*time.Second, 5*time.Second
	}
}

// meaningless says which two settings of a valid profile do not go together,
// because no stack has both and no document says what it would mean; "" if all
// do.
func meaningless(p netmodel.Profile) string {
	q := &p.SynQueue
	holds := p.OnFull == netmodel.HoldWhenFull
	switch {
	case p.Backlog.HintMax > 0 && p.Backlog.NegativeIsMax:
		return "a negative argument is a hint, or asks for the maximum"
	case p.OnFull == netmodel.IgnoreUnlessYoung && !q.Separate:
		return "young connections are counted in a SYN queue"
	case q.Separate && (p.OnFull == netmodel.EvictWhenFull || holds):
		return "evicting, and holding back, make room in one queue only"
	case q.Separate && p.Options == netmodel.OptionsWindows, holds && p.Options == netmodel.OptionsWindows:
		return "requests that wait for the condition function, or a pause, go with the queue of Windows"
	case p.Relisten == netmodel.RelistenRejects && !q.Separate:
		return "a listen that is rejected goes by the complete connections"
	case p.SlotReturnDelay > 0 && (q.Separate || holds || p.Calls != netmodel.CallsWinsock):
		return "slots come late on Windows 2000"
	case holds && p.Slots != netmodel.SlotsFree:
		return "a request is held back for want of room, not of descriptors"
	case p.StarvedLoses && p.Options == netmodel.OptionsWindows:
		return "accept asks the condition function before it takes a connection"
	case q.KeepsQuarter && q.Evicts:
		return "room is kept, or made"
	}
	return ""
}

// sensible returns the profile with as few changes as make it valid and leave
// nothing meaningless.
func sensible(p netmodel.Profile) netmodel.Profile {
	q := &p.SynQueue
	if p.Backlog.HintMax > 0 {
		p.Backlog.NegativeIsMax, p.Backlog.ZeroIsMax = false, false
	}
	if q.Separate || p.OnFull == netmodel.HoldWhenFull {
		p.Slots = netmodel.SlotsFree
	}
	if q.Separate && (p.OnFull == netmodel.EvictWhenFull || p.OnFull == netmodel.HoldWhenFull) ||
		!q.Separate && p.OnFull == netmodel.IgnoreUnlessYoung {
		p.OnFull = netmodel.IgnoreWhenFull
	}
	if p.Relisten == netmodel.RelistenRejects && !q.Separate {
		p.Relisten = netmodel.RelistenSets
	}
	if p.Options == netmodel.OptionsWindows && (q.Separate || p.OnFull == netmodel.HoldWhenFull || p.StarvedLoses) {
		p.Options = netmodel.OptionsFew
	}
	if q.Separate || p.OnFull == netmodel.HoldWhenFull || p.Calls != netmodel.CallsWinsock {
		p.SlotReturnDelay = 0
	}
	if q.Evicts {
		q.KeepsQuarter = false
	}
	return p
}

// playable returns an error that says why a profile cannot be played.
func playable(p netmodel.Profile) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if why := meaningless(p); why != "" {
		return fmt.Errorf("profile %s: settings that do not go together: %s", p.Name, why)
	}
	return nil
}

// Profiles returns the ready-made profiles that the reference model knows: all
// of them.
func Profiles() []netmodel.Profile { return profiles.All() }
