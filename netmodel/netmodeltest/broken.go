package netmodeltest

import (
	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/profiles"
)

// BrokenSystem is a listener that is wrong on purpose. A suite that does not
// find it wrong is no suite.
type BrokenSystem struct {
	Name    string
	Why     string           // what is wrong, with the rule that it breaks
	Profile netmodel.Profile // that it claims to follow
	New     lockstep.NewSystem
}

// Broken returns listeners that are wrong in one thing each. Most are a small
// listener with one mistake, with one queue as on the WSPListen page or with two
// as on Linux, the others a real Host that follows another profile than it claims.
func Broken() []BrokenSystem {
	var out []BrokenSystem
	for _, b := range brokenToys() {
		out = append(out, BrokenSystem{b.name, b.why, profiles.WSP(), newToy(b.bug)})
	}
	out = append(out, impostors()...)
	for _, b := range brokenSynToys() {
		out = append(out, BrokenSystem{b.name, b.why, profileOf(b.profile), newSynToy(b.bug)})
	}
	return out
}

type brokenToy struct {
	bug       bug
	name, why string
}

func brokenToys() []brokenToy {
	return []brokenToy{
		{acceptsLastFirst, "accepts last first", "the first in the queue is accepted first. WS.Q1"},
		{trimsOldest, "trims the oldest", "a smaller backlog resets the newest. WS.R4"},
		{fillsOnClose, "fills on close", "a descriptor that comes back fills nothing by itself. R7, WS.D7"},
		{losesSlotOnEMFILE, "loses a slot on EMFILE", "an accept without a descriptor changes nothing. WS.A3"},
		{losesConnectionOnEMFILE, "loses the connection on EMFILE", "an accept without a descriptor changes nothing. WS.A3"},
		{refusesOneEarly, "refuses one early", "the queue holds as many as the backlog says. P3, WS.B11"},
		{admitsOneTooMany, "admits one too many", "the queue holds no more than the backlog says. P3, WS.B11"},
		{forgetsToResetTrimmed, "forgets to reset the trimmed", "trimmed connections are reset. R10"},
		{ignoresWhenFull, "ignores when full", "a request that finds no slot is refused. R4, WS.Q3"},
		{doesNotClamp, "does not clamp", "an illegal backlog becomes the nearest legal one. C1, C2"},
		{takesSomaxconnForFive, "takes SOMAXCONN for 5", "SOMAXCONN asks for the maximum. P4"},
		{takesZeroForMost, "takes 0 for the maximum", "an illegal backlog becomes the nearest legal one. C2"},
		{relistenKeeps, "keeps the backlog", "a further listen changes the backlog. R9"},
		{relistenResetsAll, "resets all on listen", "only the excess is reset. R10"},
		{fillsBeforeRemoving, "fills before removing", "accept fills when the connection has left the queue. WS.D5"},
		{neverFills, "never fills", "accept fills. R7, WS.D5"},
		{emptyAcceptDoesNotFill, "does not fill when empty", "an accept that finds nothing fills. WS.D8"},
		{fillsWithoutDescriptors, "fills without descriptors", "a slot is filled only while descriptors are free. R7, WS.D5"},
		{fillShrinks, "fill shrinks", "what is available stays so. WS.D3"},
		{deferGoesToTheTail, "defer goes to the tail", "a deferred request stays at the head. WS.C4"},
		{rejectKeepsTheSlot, "reject keeps the slot", "a rejected request gives its slot back. WS.C3"},
		{rejectIsSilent, "reject is silent", "a rejected client is reset. WS.C3"},
		{closeLeavesClients, "close leaves its clients", "a closing listener resets what is pending. WS.X2"},
		{closeRemembersTheQueue, "close remembers the queue", "a closed listener owns nothing. WS.X1"},
		{abortedHandsOutAnother, "aborted hands out another", "accept reports a connection that its client reset. WS.X6"},
		{abortedLeavesAtOnce, "aborted leaves at once", "a connection that its client reset keeps its place. WS.X6"},
		{halfOpenTakesNoSlot, "half-open takes no slot", "a half-open connection takes a slot. WS.Q6"},
		{expiryLosesTheSlot, "expiry loses the slot", "a withdrawn request gives its slot back. WS.Q7"},
		{neverExpires, "never expires", "a handshake that does not end is given up. WS.T9"},
		{duplicateTakesASlot, "duplicate takes a slot", "a SYN that comes again is the same request."},
		{trimLeavesSlots, "trim leaves slots", "pending and available are no more than the limit. WS.R12"},
		{withdrawnGoesUnreported, "withdrawn goes unreported", "accept reports that a deferred request is gone. WS.C9"},
		{starvedListenSucceeds, "starved listen succeeds", "the first listen needs a free descriptor. E6, WS.D1"},
		{starvedRelistenFails, "starved listen again fails", "a further listen needs none. R5, WS.D2"},
		{brokenLeaksDescriptor, "broken leaks its descriptor", "close gives the descriptor back, whatever became of the connection."},
		{ordersByArrival, "orders by arrival", "who is complete first is accepted first. R3"},
		{halfOpenIsReadable, "half-open is readable", "a readable listener has something to accept. WS.N11"},
	}
}

// impostors are real hosts that follow another profile than they claim.
func impostors() []BrokenSystem {
	change := func(name, why, setting, value string) BrokenSystem {
		return BrokenSystem{name, why, profiles.WSP(), func(p netmodel.Profile, descriptors int) lockstep.System {
			return lockstep.NewHost(profileOf(p.Name+" "+setting+"="+value), descriptors)
		}}
	}
	return []BrokenSystem{
		change("trims half-open first", "arrival decides who is trimmed. WS.R7", "trim", "half-open"),
		change("pending owns a descriptor", "admission needs no descriptor. WS.D3", "slots", "own-descriptor"),
		change("slots are free", "accept fills only while descriptors are free. WS.D5", "slots", "free"),
		change("aborted shows at receive", "accept reports a connection that its client reset. WS.X6", "aborted", "at-receive"),
		change("close forgets half-open", "half-open connections are reset too. WS.X2", "close", "forgets-half-open"),
		change("pause resets", "a pause leaves the queue alone. WS.Q9", "pause-resets", "yes"),
		change("condition first", "no descriptor, no condition function. WS.C11", "condition-first", "yes"),
		change("defer hides", "a deferred request keeps the listener readable. WS.N13", "defer-hides", "yes"),
		change("nests", "calls inside a condition function fail. E3, WS.S3", "nesting", "yes"),
		change("slot comes late", "accept gives the slot back before it returns. WS.Q5", "late-slot", "2s"),
		change("children block", "connections of an earlier listener do not matter. WS.X5", "children-block", "yes"),
		change("close holds", "a closed descriptor is free. WS.D11", "close-holds", "yes"),
	}
}
