package lockstep

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// setting is one choice of a profile, with the names of its values. The first value
// is the value of the WSP profile.
type setting struct {
	name   string
	values []string
	apply  func(p *netmodel.Profile, value int) // gives the profile a value
}

// valueIn returns which of its values a profile has. It returns false if the profile
// has another value.
func (s setting) valueIn(p netmodel.Profile) (int, bool) {
	for v := range s.values {
		changed := p
		s.apply(&changed, v)
		if changed == p {
			return v, true
		}
	}
	return 0, false
}

// onOff is a setting that is off in the WSP profile and can be on.
func onOff(name string, field func(p *netmodel.Profile) *bool) setting {
	return setting{name, []string{"no", "yes"}, func(p *netmodel.Profile, v int) { *field(p) = v == 1 }}
}

// allSettings returns every setting: those of every listener, then those of a SYN queue.
func allSettings() []setting { return append(listenerSettings(), synQueueSettings()...) }

func listenerSettings() []setting {
	return []setting{
		{"calls", []string{"winsock", "unix", "wine", "fakenet"}, func(p *netmodel.Profile, v int) { p.Calls = netmodel.Calls(v) }},
		{"backlog", []string{"as-is", "negative-is-max", "zero-is-max", "half-more"}, func(p *netmodel.Profile, v int) { applyBacklog(&p.Backlog, v) }},
		{"at-syn", []string{"backlog", "one-more", "half-more", "no-limit"}, func(p *netmodel.Profile, v int) { p.AtSyn = limits(v) }},
		{"relisten", []string{"updates", "keeps", "sets", "rejects"}, func(p *netmodel.Profile, v int) { p.Relisten = netmodel.Relisten(v) }},
		{"trim", []string{"newest", "oldest", "half-open"}, func(p *netmodel.Profile, v int) { p.Trim = netmodel.Trim(v) }},
		{"full", []string{"refuse", "ignore", "young", "evict", "hold", "try-again"}, func(p *netmodel.Profile, v int) { p.OnFull = netmodel.OnFull(v) }},
		{"slots", []string{"filled", "own-descriptor", "free"}, func(p *netmodel.Profile, v int) { p.Slots = netmodel.Slots(v) }},
		{"starved", []string{"keeps", "loses"}, func(p *netmodel.Profile, v int) { p.StarvedLoses = v == 1 }},
		onOff("descriptor-first", func(p *netmodel.Profile) *bool { return &p.DescriptorFirst }),
		{"order", []string{"completion", "arrival"}, func(p *netmodel.Profile, v int) { p.AcceptByArrival = v == 1 }},
		{"aborted", []string{"at-accept", "at-receive", "withdraws", "as-aborted"}, func(p *netmodel.Profile, v int) { p.Aborted = netmodel.Aborted(v) }},
		{"close", []string{"resets-all", "forgets-half-open", "forgets-all", "finishes"}, func(p *netmodel.Profile, v int) { p.CloseListener = netmodel.CloseListener(v) }},
		{"listen-starved", []string{"fails", "succeeds"}, func(p *netmodel.Profile, v int) { p.ListenStarved = [...]winsock.Errno{winsock.WSAEMFILE, 0}[v] }},
		{"relisten-starved", []string{"succeeds", "fails"}, func(p *netmodel.Profile, v int) { p.RelistenStarved = [...]winsock.Errno{0, winsock.WSAEMFILE}[v] }},
		{"empty-accept-fills", []string{"yes", "no"}, func(p *netmodel.Profile, v int) { p.EmptyAcceptFills = v == 0 }},
		onOff("pause-resets", func(p *netmodel.Profile) *bool { return &p.PauseResets }),
		onOff("condition-first", func(p *netmodel.Profile) *bool { return &p.ConditionFirst }),
		onOff("defer-hides", func(p *netmodel.Profile) *bool { return &p.DeferHidesReadable }),
		onOff("nesting", func(p *netmodel.Profile) *bool { return &p.Nesting }),
		onOff("close-holds", func(p *netmodel.Profile) *bool { return &p.CloseHoldsDescriptor }),
		onOff("children-block", func(p *netmodel.Profile) *bool { return &p.ChildrenBlockRebind }),
		{"late-slot", []string{"no", "2s"}, func(p *netmodel.Profile, v int) { p.SlotReturnDelay = time.Duration(v) * 2 * time.Second }},
		{"few-options", []string{"no", "yes"}, func(p *netmodel.Profile, v int) { p.Options = netmodel.Options(v) }},
		{"max", []string{"200", "5", "3", "2"}, applyMax},
		{"victim", []string{"oldest", "random", "timed-out"}, func(p *netmodel.Profile, v int) { p.SynQueue.Victim = netmodel.Victim(v) }},
		onOff("repeat-restarts", func(p *netmodel.Profile) *bool { return &p.SynQueue.RepeatRestarts }),
		{"times", []string{"long", "short", "once", "linear", "steep", "flat"}, applyTimes},
		{"timers", []string{"exact", "ticks", "wheel", "wheel-later"}, applyTimers},
	}
}

func synQueueSettings() []setting {
	return []setting{
		{"syn-queue", []string{"none", "backlog", "one-more", "one-less", "two", "pow2-of-backlog"}, func(p *netmodel.Profile, v int) { applySynQueue(&p.SynQueue, v) }},
		{"at-ack", []string{"backlog", "one-more", "half-more", "no-limit"}, func(p *netmodel.Profile, v int) { p.AtAck = limits(v) }},
		{"ack-full", []string{"ignore", "reset", "admit", "forget", "defer"}, func(p *netmodel.Profile, v int) { p.OnAckFull = netmodel.OnAckFull(v) }},
		{"syn-queue-full", []string{"drops", "evicts"}, func(p *netmodel.Profile, v int) { p.SynQueue.Evicts = v == 1 }},
		{"cookies", []string{"never", "when-full", "always", "for-evicted"}, func(p *netmodel.Profile, v int) { p.SynQueue.Cookies = netmodel.Cookies(v) }},
		{"cookie-full", []string{"ignore", "reset"}, func(p *netmodel.Profile, v int) { p.SynQueue.CookieFull = netmodel.OnAckFull(v) }},
		{"young", []string{"0", "1", "2"}, func(p *netmodel.Profile, v int) { p.Young = v }},
		onOff("keeps-quarter", func(p *netmodel.Profile) *bool { return &p.SynQueue.KeepsQuarter }),
		onOff("prunes", func(p *netmodel.Profile) *bool { return &p.SynQueue.Prunes }),
	}
}

func applyMax(p *netmodel.Profile, value int) {
	p.Backlog.Max = [...]int{200, 5, 3, 2}[value]
	p.Backlog.Min = min(p.Backlog.Min, p.Backlog.Max)
}

func applyTimers(p *netmodel.Profile, value int) {
	p.Timers = [...]netmodel.Timers{
		{},
		{HZ: 100, Phase: 3 * time.Millisecond},
		{Wheel: true, HZ: 250},
		{Wheel: true, HZ: 1000, Phase: 1234567 * time.Microsecond},
	}[value]
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

// applyTimes sets how often a host retransmits, and how long it waits.
func applyTimes(p *netmodel.Profile, value int) {
	const second = time.Second
	wsp := profiles.WSP()
	once, shortly := netmodel.Schedule{First: 2 * second}, netmodel.Schedule{First: second, Retries: 1}
	times := [...]struct {
		synAck, data   netmodel.Schedule
		offer, finWait time.Duration
	}{
		{wsp.SynAck, wsp.Data, wsp.OfferLifetime, wsp.FinWait},
		{netmodel.Schedule{First: second, Max: 3 * second, Retries: 3}, shortly, 4 * second, 5 * second},
		{once, once, 2 * second, 2 * second},
		// The handshake is given up by time, after 3 s.
		{netmodel.Schedule{First: second, Linear: 2, Retries: 1}, netmodel.Schedule{First: second, Linear: 1, Retries: 1}, 4 * second, 5 * second},
		{netmodel.Schedule{First: second, Factor: 4, Retries: 5, Limit: 13 * second}, shortly, 4 * second, 5 * second},
		{netmodel.Schedule{First: second, Factor: 1, Retries: 5}, netmodel.Schedule{First: second, Factor: 3, Max: 4 * second, Retries: 3}, 4 * second, 5 * second},
	}
	t := &times[value]
	p.SynAck, p.Data, p.OfferLifetime, p.FinWait = t.synAck, t.data, t.offer, t.finWait
}

// meaningless says which two settings of a valid profile do not go together: no
// stack has both, and no document says what both would mean. It returns "" if all
// settings go together.
func meaningless(p netmodel.Profile) string {
	q := &p.SynQueue
	holds := p.OnFull == netmodel.HoldWhenFull
	switch {
	case p.Backlog.HintMax > 0 && p.Backlog.NegativeIsMax:
		return "a negative backlog is either a hint or asks for the maximum"
	case p.OnFull == netmodel.IgnoreUnlessYoung && !q.Separate:
		return "only a SYN queue counts young connections"
	case q.Separate && (p.OnFull == netmodel.EvictWhenFull || holds):
		return "a listener with a SYN queue neither evicts from its accept queue nor holds requests back"
	case q.Separate && p.Options == netmodel.OptionsWindows, holds && p.Options == netmodel.OptionsWindows:
		return "the condition function and the pause of Windows need the single queue of Windows"
	case p.Relisten == netmodel.RelistenRejects && !q.Separate:
		return "a listener without a SYN queue never rejects a further listen"
	case p.SlotReturnDelay > 0 && (q.Separate || holds || p.Calls != netmodel.CallsWinsock):
		return "only the single queue of Windows returns slots late"
	case holds && p.Slots != netmodel.SlotsFree:
		return "a listener that holds requests back has free slots"
	case p.StarvedLoses && p.Options == netmodel.OptionsWindows:
		return "an accept that asks the condition function loses no connection"
	case q.KeepsQuarter && q.Evicts:
		return "a SYN queue either keeps a quarter free or evicts"
	}
	return ""
}

// sensible returns the profile with the few changes that make it valid and playable.
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
