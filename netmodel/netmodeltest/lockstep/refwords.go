package lockstep

import "wspsim/netmodel"

// meaning returns the cause for which a host's cause stands. Systems decide the
// same thing by rules of their own, and their causes name the rule: to the model
// here they are one, the Winsock one if there is one. Which rule a system names
// is tested beside the host.
func meaning(why netmodel.Cause) netmodel.Cause {
	switch why {
	case netmodel.SlotTaken, netmodel.HalfOpened, netmodel.StackHalfOpened, netmodel.UnixQueued:
		return netmodel.Queued
	case netmodel.PoolFull, netmodel.AcceptQueueFull, netmodel.StackQueueFull, netmodel.UnixFull:
		return netmodel.QueueFull
	case netmodel.StackAckReset, netmodel.StackAckForgotten, netmodel.StackAckIgnored:
		return netmodel.AckOverflow
	case netmodel.JoinedQueue, netmodel.StackJoined, netmodel.JoinedByArrival:
		return netmodel.HandshakeComplete
	case netmodel.AcceptedInOrder, netmodel.StackAccepted, netmodel.AcceptedByArrival:
		return netmodel.AcceptedByProgram
	case netmodel.RequestExpired, netmodel.StackExpired:
		return netmodel.HandshakeOver
	case netmodel.ListenerGone, netmodel.StackClosed:
		return netmodel.ListenerClosed
	case netmodel.ClientResetKept, netmodel.StackResetKept:
		return netmodel.ClientResetQuietly
	case netmodel.ClientResetAborts:
		return netmodel.ClientReset
	}
	return why
}
