package profiles

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// field is a field of a profile that has a fact.
type field struct {
	path   string
	value  string // in words
	unused string // why the field changes nothing, "" if it changes something
}

// fieldsOf returns the fields of a profile in the order of the struct. The paths are the same
// for every profile.
func fieldsOf(p *netmodel.Profile) []field {
	return slices.Concat(
		[]field{{"Calls", word(p.Calls, "those of Windows Sockets", "those of Unix", "those of Wine", "those of Go's fake network"), ""}},
		backlogFields(p), queueFields(p), listenFields(p), acceptFields(p), hostFields(p), timeFields(p))
}

// word returns the word for a choice.
func word[E ~uint8](choice E, words ...string) string {
	if int(choice) < len(words) {
		return words[choice]
	}
	return strconv.Itoa(int(choice))
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// reasonUnless returns "" if the condition holds, and the reason if it does not.
func reasonUnless(condition bool, reason string) string {
	if condition {
		return ""
	}
	return reason
}

func backlogFields(p *netmodel.Profile) []field {
	b := &p.Backlog
	scaled := "n"
	if b.Den != 0 {
		scaled = limitText(netmodel.Limit{Num: b.Num, Den: b.Den, Add: b.Add}, "n")
	}
	number := func(n int) string {
		if n == 0 {
			return "none"
		}
		return strconv.Itoa(n)
	}
	return []field{
		{"Backlog", scaled, ""},
		{"Backlog.Min", strconv.Itoa(b.Min), ""},
		{"Backlog.Max", strconv.Itoa(b.Max), ""},
		{"Backlog.Somaxconn", number(b.Somaxconn), ""},
		{"Backlog.HintMin", number(b.HintMin), reasonUnless(b.HintMax > 0, "Backlog.HintMax: there are no hints")},
		{"Backlog.HintMax", number(b.HintMax), ""},
		{"Backlog.NegativeIsMax", yesOrNo(b.NegativeIsMax), ""},
		{"Backlog.ZeroIsMax", yesOrNo(b.ZeroIsMax), ""},
	}
}

// limitText writes a limit, as in "3/2 backlog + 1".
func limitText(l netmodel.Limit, of string) string {
	if l.None {
		return "no limit"
	}
	t := of
	switch {
	case l.Den == 0, l.Num == l.Den:
	case l.Den == 1:
		t = fmt.Sprintf("%d %s", l.Num, of)
	default:
		t = fmt.Sprintf("%d/%d %s", l.Num, l.Den, of)
	}
	switch {
	case l.Add > 0:
		t += fmt.Sprintf(" + %d", l.Add)
	case l.Add < 0:
		t += fmt.Sprintf(" - %d", -l.Add)
	}
	if l.Min > 0 {
		t += fmt.Sprintf(", at least %d", l.Min)
	}
	return t
}

const sharedSlots = "SynQueue.Separate: half-open connections take slots, so the SYN reserves one"

func queueFields(p *netmodel.Profile) []field {
	q := &p.SynQueue
	own := reasonUnless(q.Separate, sharedSlots)
	in := func(condition bool, reason string) string {
		if own != "" {
			return own
		}
		return reasonUnless(condition, reason)
	}
	evicts := q.Separate && q.Evicts || p.OnFull == netmodel.EvictWhenFull
	ofBacklog := q.Size == netmodel.SizeOfBacklog
	return []field{
		{"AtSyn", limitText(p.AtSyn, "backlog"), ""},
		{"AtAck", limitText(p.AtAck, "backlog"), own},
		{"SynQueue.Separate", yesOrNo(q.Separate), ""},
		{"SynQueue.Size", word(q.Size, "a limit of the backlog", "fixed", "a power of two", "a power of two above the backlog"), own},
		{"SynQueue.Limit", limitText(q.Limit, "backlog"), in(ofBacklog, "SynQueue.Size: SynQueue.Max decides")},
		{"SynQueue.Max", strconv.Itoa(q.Max), in(!ofBacklog || q.KeepsQuarter, "SynQueue.Size follows from the backlog")},
		{"SynQueue.Shared", yesOrNo(q.Shared), own},
		{"SynQueue.Evicts", yesOrNo(q.Evicts), own},
		{"SynQueue.Victim", word(q.Victim, "the oldest", "any", "the oldest that timed out"), reasonUnless(evicts, "nothing is evicted")},
		{"SynQueue.Cookies", word(q.Cookies, "never", "when the SYN queue is full", "always", "for evicted connections"), own},
		{"SynQueue.CookieFull", word(q.CookieFull, "ignore", "reset"),
			in(q.Cookies != netmodel.CookiesNever && p.OnAckFull != netmodel.AdmitAck, "no cookie can find the queue full")},
		{"SynQueue.KeepsQuarter", yesOrNo(q.KeepsQuarter), own},
		{"SynQueue.Prunes", yesOrNo(q.Prunes), own},
		{"SynQueue.RepeatRestarts", yesOrNo(q.RepeatRestarts), ""},
		{"OnFull", word(p.OnFull, "refuse", "ignore", "ignore unless few are young", "evict", "hold back", "try again"),
			reasonUnless(!p.AtSyn.None, "AtSyn admits every SYN")},
		{"Young", strconv.Itoa(p.Young), reasonUnless(p.OnFull == netmodel.IgnoreUnlessYoung, "OnFull does not count young connections")},
		{"OnAckFull", word(p.OnAckFull, "ignore", "reset", "admit", "forget", "defer"), in(!p.AtAck.None || p.OnAckFull == netmodel.AdmitAck, "AtAck has no limit")},
	}
}

func listenFields(p *netmodel.Profile) []field {
	code := func(e winsock.Errno) string {
		if e == 0 {
			return "succeeds"
		}
		return p.Calls.ErrnoName(e)
	}
	return []field{
		{"Relisten", word(p.Relisten, "update and trim", "keep", "set", "reject if more are queued"), ""},
		{"Trim", word(p.Trim, "newest first", "oldest first", "half-open first"), reasonUnless(p.Relisten == netmodel.RelistenUpdates, "Relisten resets nothing")},
		{"ListenConnecting", code(p.ListenConnecting), ""},
		{"ListenStarved", code(p.ListenStarved), ""},
		{"RelistenStarved", code(p.RelistenStarved), ""},
		{"CommitAtListen", yesOrNo(p.CommitAtListen), ""},
		{"ListenBinds", yesOrNo(p.ListenBinds), ""},
	}
}

func acceptFields(p *netmodel.Profile) []field {
	filled := reasonUnless(p.Slots == netmodel.SlotsFilled, "Slots are not filled")
	function := reasonUnless(p.Calls == netmodel.CallsWinsock || p.Calls == netmodel.CallsWine, "Calls: accept has no condition function (WS.C1)")
	windows := reasonUnless(p.Options == netmodel.OptionsWindows, "Options: the socket option does not exist (WS.Q9, WS.Q10)")
	owns := reasonUnless(p.Slots != netmodel.SlotsOwnDescriptor, "Slots: a pending connection already has its descriptor")
	return []field{
		{"Slots", word(p.Slots, "used up and filled", "own a descriptor", "free"), ""},
		{"StarvedLoses", yesOrNo(p.StarvedLoses), owns},
		{"DescriptorFirst", yesOrNo(p.DescriptorFirst), ""},
		{"EmptyAcceptFills", yesOrNo(p.EmptyAcceptFills), filled},
		{"SlotReturnDelay", inSeconds(p.SlotReturnDelay), ""},
		{"AcceptByArrival", yesOrNo(p.AcceptByArrival), ""},
		{"Aborted", word(p.Aborted, "accept reports the reset", "accept succeeds, receive reports it", "leaves the queue", "accept reports "+p.Calls.ErrnoName(winsock.WSAECONNABORTED), "accept succeeds without an address, receive reports it"), ""},
		{"CloseListener", word(p.CloseListener, "resets all", "resets complete connections, forgets half-open ones", "forgets all", "ends complete connections"), ""},
		{"Migrates", yesOrNo(p.Migrates), reasonUnless(p.Options == netmodel.OptionsLinux, "Options: listeners cannot share an address by SO_REUSEPORT")},
		{"PauseResets", yesOrNo(p.PauseResets), windows},
		{"OfferLifetime", inSeconds(p.OfferLifetime), windows},
		{"ConditionFirst", yesOrNo(p.ConditionFirst), function},
		{"DeferHidesReadable", yesOrNo(p.DeferHidesReadable), function},
		{"Nesting", yesOrNo(p.Nesting), ""},
	}
}

func hostFields(p *netmodel.Profile) []field {
	return []field{
		{"Binds", word(p.Binds, "as Windows since Server 2003", "as Windows XP and earlier", "as Linux", "as Wine"), ""},
		{"Options", word(p.Options, "those of Windows", "few", "those of Wine", "those of Linux"), ""},
		{"ErrorSticks", yesOrNo(p.ErrorSticks), ""},
		{"PortMin", strconv.Itoa(int(p.PortMin)), ""},
		{"PortMax", strconv.Itoa(int(p.PortMax)), ""},
		{"CloseHoldsDescriptor", yesOrNo(p.CloseHoldsDescriptor), ""},
		{"ChildrenBlockRebind", yesOrNo(p.ChildrenBlockRebind), ""},
	}
}

func timeFields(p *netmodel.Profile) []field {
	r := p.Client.Refused
	refused := "fails at once"
	if r.Retries > 0 {
		refused = fmt.Sprintf("%d times more, %s apart", r.Retries, inSeconds(r.Gap))
	}
	timers := "exact"
	if p.Timers.HZ != 0 {
		timers = fmt.Sprintf("at ticks of %d Hz", p.Timers.HZ)
		if p.Timers.Wheel {
			timers = fmt.Sprintf("a wheel of %d Hz", p.Timers.HZ)
		}
		if p.Timers.Phase > 0 {
			timers += ", phase " + inSeconds(p.Timers.Phase)
		}
	}
	return []field{
		{"SynAck", scheduleText(p.SynAck), ""},
		{"Data", scheduleText(p.Data), ""},
		{"FinWait", inSeconds(p.FinWait), ""},
		{"Client.Syn", scheduleText(p.Client.Syn), ""},
		{"Client.Refused", refused, ""},
		{"Client.Refused.Sticks", yesOrNo(r.Sticks), reasonUnless(r.Retries > 0, "Client.Refused: an RST is final")},
		{"Timers", timers, ""},
	}
}

// inSeconds writes a duration in seconds with as many decimals as necessary.
func inSeconds(d time.Duration) string { return decimal(d) + " s" }

func decimal(d time.Duration) string {
	text := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// instantsShown is the number of transmissions in the text of a schedule.
const instantsShown = 16

// scheduleText writes the instants at which a schedule sends and at which it ends, as in
// "0, 1, 3 s, fails at 7 s".
func scheduleText(s netmodel.Schedule) string {
	var b strings.Builder
	b.WriteByte('0')
	n := 0
	for at, over := range s.Instants() {
		switch {
		case over:
			return fmt.Sprintf("%s s, fails at %s s", &b, decimal(at))
		case n < instantsShown-1:
			b.WriteString(", " + decimal(at))
		case n == instantsShown-1:
			b.WriteString(" ...")
		}
		n++
	}
	return b.String() + " s, never fails"
}
