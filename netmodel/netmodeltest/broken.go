package netmodeltest

import (
	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/profiles"
)

// BrokenSystem is a listener that is wrong on purpose. A suite that passes it does
// not test that rule.
type BrokenSystem struct {
	Name    string
	Why     string           // the rule that it breaks
	Profile netmodel.Profile // the profile that it claims to follow
	New     lockstep.NewSystem
}

// Broken returns listeners that are wrong in one thing each. Most are a reference
// listener with one mistake: with one queue as on the WSPListen page, or with two
// queues as on Linux. The others are a real Host that follows another profile than it
// claims.
func Broken() []BrokenSystem {
	var out []BrokenSystem
	add := func(list []broken) {
		for _, b := range list {
			out = append(out, BrokenSystem{b.name, b.why, profileOf(b.profile), newListener(b.mistake)})
		}
	}
	add(brokenWithOneQueue())
	out = append(out, impostors()...)
	add(brokenWithTwoQueues())
	return out
}

// mistake is what a reference listener does wrong. Each one is a switch in one place.
type mistake uint8

const (
	noMistake mistake = iota
	acceptsLastFirst
	trimsOldest
	fillsOnClose
	losesSlotOnEMFILE
	losesConnectionOnEMFILE
	refusesOneEarly
	admitsOneTooMany
	forgetsToResetTrimmed
	ignoresWhenFull
	doesNotClamp
	takesSomaxconnForFive
	takesZeroForMost
	relistenKeeps
	relistenResetsAll
	fillsBeforeRemoving
	neverFills
	emptyAcceptDoesNotFill
	fillsWithoutDescriptors
	fillShrinks
	deferGoesToTheTail
	rejectKeepsTheSlot
	rejectIsSilent
	closeLeavesClients
	closeRemembersTheQueue
	abortedHandsOutAnother
	abortedLeavesAtOnce
	halfOpenTakesNoSlot
	expiryLosesTheSlot
	neverExpires
	duplicateTakesASlot
	trimLeavesSlots
	withdrawnGoesUnreported
	starvedListenSucceeds
	starvedRelistenFails
	resetLeaksDescriptor
	ordersByArrival
	halfOpenIsReadable
	reservesAtSyn
	resetsPhantoms
	forgetsPhantoms
	countsHalfOpenAtAck
	admitsOneMore
	looksAtSynQueueOnly
	keepsNoRoomForOneMore
	cookiesAreSentAgain
	prunesAlways
	prunesNever
	ordersBySyn
	letsEverybodyIn
	oldOnesAreYoung
	abortRefusesSyn
	abortResetsCookies
	trimsOnListen
	cookiesLastForEver
	cookiesAreForgotten
	ignoredAckStopsSynAck
	phantomsGetOneTry
	roomLetsPhantomsIn
	expiryResets
	looksBeforeTheDescriptor
	closeResetsHalfOpen
	repeatedSynKeepsTimer
)

// broken is a listener with a mistake. The profile is the head of a line that
// lockstep.ParseCase reads.
type broken struct {
	mistake            mistake
	profile, name, why string
}

// The profiles that the listeners claim to follow. Those with two queues are like
// Linux, with exact timers.
const (
	wsp           = "wsp"
	likeLinux     = "linux max=3 times=short timers=exact"
	withAbort     = "linux max=3 times=short timers=exact ack-full=reset"
	likeLinux43   = "linux4.3 max=3 times=short timers=exact"
	withoutCookie = "linux max=200 times=short timers=exact cookies=never"
)

func brokenWithOneQueue() []broken {
	return []broken{
		{acceptsLastFirst, wsp, "accepts last first", "the first in the queue is accepted first. WS.Q1"},
		{trimsOldest, wsp, "trims the oldest", "a smaller backlog resets the newest. WS.R4"},
		{fillsOnClose, wsp, "fills on close", "a descriptor that is given back makes no slot available. R7, WS.D7"},
		{losesSlotOnEMFILE, wsp, "loses a slot on EMFILE", "an accept without a descriptor changes nothing. WS.A3"},
		{losesConnectionOnEMFILE, wsp, "loses the connection on EMFILE", "an accept without a descriptor changes nothing. WS.A3"},
		{refusesOneEarly, wsp, "refuses one early", "the queue holds as many as the backlog says. P3, WS.B11"},
		{admitsOneTooMany, wsp, "admits one too many", "the queue holds no more than the backlog says. P3, WS.B11"},
		{forgetsToResetTrimmed, wsp, "forgets to reset the trimmed", "trimmed connections are reset. R10"},
		{ignoresWhenFull, wsp, "ignores when full", "a request without a slot is refused. R4, WS.Q3"},
		{doesNotClamp, wsp, "does not clamp", "an illegal backlog becomes the nearest legal one. C1, C2"},
		{takesSomaxconnForFive, wsp, "takes SOMAXCONN for 5", "SOMAXCONN asks for the maximum. P4"},
		{takesZeroForMost, wsp, "takes 0 for the maximum", "an illegal backlog becomes the nearest legal one. C2"},
		{relistenKeeps, wsp, "keeps the backlog", "a further listen changes the backlog. R9"},
		{relistenResetsAll, wsp, "resets all on listen", "only the excess is reset. R10"},
		{fillsBeforeRemoving, wsp, "fills before removing", "accept fills after the connection has left the queue. WS.D5"},
		{neverFills, wsp, "never fills", "accept fills. R7, WS.D5"},
		{emptyAcceptDoesNotFill, wsp, "does not fill when empty", "an accept that finds nothing fills. WS.D8"},
		{fillsWithoutDescriptors, wsp, "fills without descriptors", "a slot is filled only while descriptors are free. R7, WS.D5"},
		{fillShrinks, wsp, "fill shrinks", "a fill takes no slot away. WS.D3"},
		{deferGoesToTheTail, wsp, "defer goes to the tail", "a deferred request stays at the head. WS.C4"},
		{rejectKeepsTheSlot, wsp, "reject keeps the slot", "a rejected request gives its slot back. WS.C3"},
		{rejectIsSilent, wsp, "reject is silent", "a rejected client is reset. WS.C3"},
		{closeLeavesClients, wsp, "close leaves its clients", "a closing listener resets what is pending. WS.X2"},
		{closeRemembersTheQueue, wsp, "close remembers the queue", "a closed listener owns nothing. WS.X1"},
		{abortedHandsOutAnother, wsp, "aborted hands out another", "accept reports a connection that its client reset. WS.X6"},
		{abortedLeavesAtOnce, wsp, "aborted leaves at once", "a connection that its client reset keeps its place. WS.X6"},
		{halfOpenTakesNoSlot, wsp, "half-open takes no slot", "a half-open connection takes a slot. WS.Q6"},
		{expiryLosesTheSlot, wsp, "expiry loses the slot", "a withdrawn request gives its slot back. WS.Q7"},
		{neverExpires, wsp, "never expires", "a half-open connection expires. WS.T9"},
		{duplicateTakesASlot, wsp, "duplicate takes a slot", "a duplicate SYN is the same request."},
		{trimLeavesSlots, wsp, "trim leaves slots", "pending and available connections are at most the limit. WS.R12"},
		{withdrawnGoesUnreported, wsp, "withdrawn goes unreported", "accept reports that the client of a deferred request is gone. WS.C9"},
		{starvedListenSucceeds, wsp, "starved listen succeeds", "the first listen needs a free descriptor. E6, WS.D1"},
		{starvedRelistenFails, wsp, "starved listen again fails", "a further listen needs no descriptor. R5, WS.D2"},
		{resetLeaksDescriptor, wsp, "broken leaks its descriptor", "close gives the descriptor back, also after a reset."},
		{ordersByArrival, wsp, "orders by arrival", "the connection that is complete first is accepted first. R3"},
		{halfOpenIsReadable, wsp, "half-open is readable", "a readable listener has something to accept. WS.N11"},
	}
}

func brokenWithTwoQueues() []broken {
	return []broken{
		{reservesAtSyn, likeLinux, "reserves a place at the SYN", "a half-open connection reserves no place. K8"},
		{resetsPhantoms, likeLinux, "resets phantoms", "a final ACK that finds the queue full is ignored. K4"},
		{forgetsPhantoms, likeLinux, "forgets phantoms", "the half-open connection stays when its ACK is ignored. K4"},
		{countsHalfOpenAtAck, likeLinux, "counts half-open ones at the ACK", "only complete connections count. K4"},
		{admitsOneMore, likeLinux, "admits one more", "the accept queue holds backlog + 1 connections. K1"},
		{looksAtSynQueueOnly, likeLinux, "looks at the SYN queue only", "a full accept queue turns the SYN away. K2"},
		{keepsNoRoomForOneMore, withoutCookie, "tests the SYN queue with >=", "backlog + 1 connections may be half-open. K3"},
		{cookiesAreSentAgain, likeLinux, "sends cookies again", "a cookie leaves no state, so it is not sent again. K7"},
		{prunesAlways, likeLinux, "prunes always", "nothing is pruned while half the SYN queue is free. K6"},
		{prunesNever, withoutCookie, "prunes never", "old half-open connections expire early when they take more than half the SYN queue. K6"},
		{ordersBySyn, likeLinux, "orders by SYN", "the connection that is complete first is accepted first. K5"},
		{letsEverybodyIn, likeLinux43, "keeps the young exception for ever", "the exception ends at two young connections. ST.6"},
		{oldOnesAreYoung, likeLinux43, "takes old ones for young", "a connection is not young after its SYN-ACK was sent again. ST.6"},
		{abortRefusesSyn, withAbort, "abort refuses the SYN", "tcp_abort_on_overflow does not change the answer to a SYN. K2"},
		{abortResetsCookies, withAbort, "abort resets cookies", "tcp_abort_on_overflow does not change the answer to a cookie. K4"},
		{trimsOnListen, likeLinux, "trims on listen", "queued connections stay. K10"},
		{cookiesLastForEver, likeLinux, "accepts old cookies", "a cookie is valid for two periods. K7"},
		{cookiesAreForgotten, likeLinux, "accepts no cookie", "an ACK with a valid cookie is admitted while there is room. K7"},
		{ignoredAckStopsSynAck, likeLinux, "an ignored ACK stops the SYN-ACK", "the SYN-ACK is sent again all the same. K4"},
		{phantomsGetOneTry, likeLinux, "phantoms get one try", "each repeated ACK is tried again. K4"},
		{roomLetsPhantomsIn, likeLinux, "room lets phantoms in", "only a further ACK or data promotes the connection. K4"},
		{expiryResets, likeLinux, "expiry resets", "a half-open connection expires in silence. K6"},
		{looksBeforeTheDescriptor, likeLinux, "looks before it takes the descriptor", "accept without a free descriptor fails with EMFILE, even when nothing waits. K9"},
		{losesConnectionOnEMFILE, likeLinux, "loses without a descriptor", "an accept without a descriptor changes nothing. K9"},
		{closeResetsHalfOpen, likeLinux, "close resets half-open ones", "half-open connections are forgotten in silence. K11"},
		{repeatedSynKeepsTimer, likeLinux, "a repeated SYN keeps the timer", "a repeated SYN restarts the timer of the SYN-ACK."},
		{abortedLeavesAtOnce, likeLinux, "a reset gives the place back", "a connection that its client reset keeps its place. K12"},
	}
}

// profileOf returns the profile of the head of a case.
func profileOf(head string) netmodel.Profile {
	c, err := lockstep.ParseCase(head + ":")
	if err != nil {
		panic("netmodeltest: " + err.Error())
	}
	return c.Profile
}

// impostors returns real hosts that follow another profile than they claim.
func impostors() []BrokenSystem {
	change := func(name, why, setting, value string) BrokenSystem {
		followed := profileOf(wsp + " " + setting + "=" + value)
		return BrokenSystem{name, why, profiles.WSP(), func(_ netmodel.Profile, descriptors int) lockstep.System {
			return lockstep.NewHost(followed, descriptors)
		}}
	}
	return []BrokenSystem{
		change("trims half-open first", "the order of arrival decides what is trimmed. WS.R7", "trim", "half-open"),
		change("pending owns a descriptor", "admission needs no descriptor. WS.D3", "slots", "own-descriptor"),
		change("slots are free", "accept fills only while descriptors are free. WS.D5", "slots", "free"),
		change("aborted shows at receive", "accept reports a connection that its client reset. WS.X6", "aborted", "at-receive"),
		change("close forgets half-open", "half-open connections are reset too. WS.X2", "close", "forgets-half-open"),
		change("pause resets", "a pause leaves the queue alone. WS.Q9", "pause-resets", "yes"),
		change("condition first", "without a free descriptor the condition function is not called. WS.C11", "condition-first", "yes"),
		change("defer hides", "a deferred request keeps the listener readable. WS.N13", "defer-hides", "yes"),
		change("nests", "socket calls inside a condition function fail. E3, WS.S3", "nesting", "yes"),
		change("slot comes late", "accept gives the slot back before it returns. WS.Q5", "late-slot", "2s"),
		change("children block", "connections of an earlier listener do not matter. WS.X5", "children-block", "yes"),
		change("close holds", "a closed descriptor is free. WS.D11", "close-holds", "yes"),
	}
}
