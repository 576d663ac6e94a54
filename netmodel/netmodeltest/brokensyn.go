package netmodeltest

import (
	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
)

// brokenSynToy is a toy with two queues, a mistake, and the profile that it
// claims to follow, as the head of a line that lockstep.ParseCase reads.
type brokenSynToy struct {
	bug                synBug
	profile, name, why string
}

// What the toys with two queues claim to be: Linux with timers that ring exactly.
const (
	likeLinux     = "linux max=3 times=short timers=exact"
	withAbort     = "linux max=3 times=short timers=exact ack-full=reset"
	likeLinux43   = "linux4.3 max=3 times=short timers=exact"
	withoutCookie = "linux max=200 times=short timers=exact cookies=never"
)

func brokenSynToys() []brokenSynToy {
	return []brokenSynToy{
		{reservesAtSyn, likeLinux, "reserves a place at the SYN", "a half-open connection reserves none. K8"},
		{resetsBelievers, likeLinux, "resets believers", "a final ACK that finds the queue full is ignored. K4"},
		{forgetsBelievers, likeLinux, "forgets believers", "the half-open connection stays when its ACK is ignored. K4"},
		{countsHalfOpenAtAck, likeLinux, "counts half-open ones at the ACK", "complete connections alone count. K4"},
		{admitsOneMore, likeLinux, "admits one more", "one more than the backlog waits, not two. K1"},
		{looksAtSynQueueOnly, likeLinux, "looks at the SYN queue only", "a full accept queue turns the SYN away. K2"},
		{keepsNoRoomForOneMore, withoutCookie, "tests the SYN queue with >=", "one more than the backlog may be half-open. K3"},
		{cookiesAreSentAgain, likeLinux, "sends cookies again", "a cookie leaves nothing that could be sent again. K7"},
		{prunesAlways, likeLinux, "prunes always", "half the room is for everybody. K6"},
		{prunesNever, withoutCookie, "prunes never", "old ones give way when they take more than half the room. K6"},
		{ordersBySyn, likeLinux, "orders by SYN", "who is complete first is accepted first. K5"},
		{letsEverybodyIn, likeLinux43, "keeps the young exception for ever", "two young ones end it. ST.6"},
		{oldOnesAreYoung, likeLinux43, "takes old ones for young", "whose SYN-ACK was sent again is not young. ST.6"},
		{abortRefusesSyn, withAbort, "abort refuses the SYN", "tcp_abort_on_overflow does not touch it. K2"},
		{abortResetsCookies, withAbort, "abort resets cookies", "tcp_abort_on_overflow does not touch them. K4"},
		{trimsOnListen, likeLinux, "trims on listen", "what is queued stays. K10"},
		{cookiesLastForEver, likeLinux, "believes old cookies", "a cookie counts for two periods. K7"},
		{cookiesAreForgotten, likeLinux, "believes no cookie", "an ACK with a cookie gets in while there is room. K7"},
		{ignoredAckStopsSynAck, likeLinux, "an ignored ACK stops the SYN-ACK", "it is sent again all the same. K4"},
		{believersGetOneTry, likeLinux, "believers get one try", "each repeated ACK is a new one. K4"},
		{roomLetsBelieversIn, likeLinux, "room lets believers in", "only a further ACK, or data, does. K4"},
		{expiryResets, likeLinux, "expiry resets", "a half-open connection is forgotten in silence. K6"},
		{looksBeforeTheDescriptor, likeLinux, "looks before it takes the descriptor", "no descriptor, EMFILE, even when nothing waits. K9"},
		{losesWithoutDescriptor, likeLinux, "loses without a descriptor", "the queue stays as it is. K9"},
		{closeResetsHalfOpen, likeLinux, "close resets half-open ones", "they are forgotten. K11"},
		{repeatedSynKeepsTimer, likeLinux, "a repeated SYN keeps the timer", "it begins anew from there. stacks.md, section 3"},
		{resetGivesThePlaceBack, likeLinux, "a reset gives the place back", "the place stays taken. K12"},
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
