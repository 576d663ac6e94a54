package lockstep

import (
	"slices"
	"time"

	"wspsim/netmodel"
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

// Settings returns every setting.
func Settings() []Setting {
	off := []string{"no", "yes"}
	return []Setting{
		{Name: "relisten", Values: []string{"updates", "keeps"}},
		{Name: "trim", Values: []string{"newest", "oldest", "half-open"}},
		{Name: "full", Values: []string{"refuse", "ignore"}},
		{Name: "slots", Values: []string{"filled", "own-descriptor", "free"}},
		{Name: "order", Values: []string{"completion", "arrival"}},
		{Name: "aborted", Values: []string{"at-accept", "at-receive", "withdraws"}},
		{Name: "close", Values: []string{"resets-all", "forgets-half-open", "forgets-all"}},
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
		{Name: "times", Values: []string{"long", "short", "once"}},
	}
}

// Apply gives a profile one of the values of a setting.
func (s Setting) Apply(p *netmodel.Profile, value int) {
	yes := value == 1
	switch s.Name {
	case "relisten":
		p.Relisten = netmodel.Relisten(value)
	case "trim":
		p.Trim = netmodel.Trim(value)
	case "full":
		p.OnFull = netmodel.OnFull(value)
	case "slots":
		p.Slots = netmodel.Slots(value)
	case "order":
		p.Order = netmodel.Order(value)
	case "aborted":
		p.Aborted = netmodel.Aborted(value)
	case "close":
		p.CloseListener = netmodel.CloseListener(value)
	case "listen-starved":
		p.ListenStarved = [...]netmodel.Errno{netmodel.WSAEMFILE, 0}[value]
	case "relisten-starved":
		p.RelistenStarved = [...]netmodel.Errno{0, netmodel.WSAEMFILE}[value]
	case "empty-accept-fills":
		p.EmptyAcceptFills = !yes
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
	case "max":
		p.Backlog.Max = [...]int{200, 5, 3, 2}[value]
	case "times":
		applyTimes(p, value)
	}
}

// applyTimes sets how often a host tries again, and how long it waits.
func applyTimes(p *netmodel.Profile, value int) {
	long := netmodel.WSP()
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
	}
}

// Profiles returns the ready-made profiles that the reference model knows.
func Profiles() []netmodel.Profile {
	return slices.DeleteFunc(netmodel.Profiles(), func(p netmodel.Profile) bool { return p.Calls != netmodel.CallsWinsock })
}
