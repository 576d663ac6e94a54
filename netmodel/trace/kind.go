package trace

import "wspsim/netmodel"

// KindName names a kind of record in lower case, words joined by underscores, as every
// machine-readable view does. It returns "" for what is no kind.
func KindName(k netmodel.Kind) string {
	names := [...]string{
		netmodel.Called: "called", netmodel.RequestQueued: "request_queued", netmodel.RequestOffered: "request_offered",
		netmodel.RequestRefused: "request_refused", netmodel.RequestIgnored: "request_ignored", netmodel.Completed: "completed",
		netmodel.RequestAccepted: "request_accepted", netmodel.ResetPending: "reset_pending", netmodel.Deferred: "deferred",
		netmodel.AbortedPending: "aborted_pending", netmodel.Withdrawn: "withdrawn", netmodel.SlotFilled: "slot_filled",
		netmodel.SynSent: "syn_sent", netmodel.SynRetransmitted: "syn_sent_again", netmodel.SynAckRetransmitted: "syn_ack_again",
		netmodel.Connected: "connected", netmodel.ConnectFailed: "connect_failed", netmodel.Broken: "broken",
		netmodel.Finished: "finished", netmodel.Closed: "closed", netmodel.GaveUp: "gave_up", netmodel.Retries: "retries",
		netmodel.Lost: "lost", netmodel.Duplicated: "duplicated",
		netmodel.LinkChanged: "link_changed", netmodel.FaultChanged: "fault_changed",
		netmodel.CookieSent: "cookie_sent", netmodel.AckIgnored: "ack_ignored", netmodel.AckDeferred: "ack_put_off",
		netmodel.RequestHeld: "request_held", netmodel.SynAckHeld: "syn_ack_held", netmodel.DataRetransmitted: "data_sent_again",
		netmodel.ProbeSent: "probe_sent",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return ""
}
