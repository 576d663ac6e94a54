package profiles_test

import (
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// allCauses returns every cause that there is.
func allCauses() []netmodel.Cause {
	var all []netmodel.Cause
	for c := netmodel.NoCause + 1; c.String() != ""; c++ {
		all = append(all, c)
	}
	return all
}

func TestEverySystemGivesEveryDecisionARuleOfTheTable(t *testing.T) {
	for _, p := range profiles.All() {
		for _, c := range allCauses() {
			for kind := netmodel.Called; kind <= netmodel.ProbeSent; kind++ {
				text, id := profiles.Reason(&p, netmodel.Record{Kind: kind, Cause: c})
				if text == "" {
					t.Errorf("%s: Reason of %v, kind %d: no text", p.Name, c, kind)
				}
				if id == "" || strings.HasPrefix(id, "RFC ") || id == "SO_LINGER" || id == "WSPShutdown" {
					continue
				}
				if _, ok := profiles.RuleByID(id); !ok {
					t.Errorf("%s: Reason of %v, kind %d: rule %q, which the table does not know", p.Name, c, kind, id)
				}
			}
		}
	}
}

func TestADecisionHasTheWordsAndTheRuleOfItsSystem(t *testing.T) {
	for _, row := range []struct {
		profile, why string
		kind         netmodel.Kind
		cause        netmodel.Cause
		text, rule   string
	}{
		{"wsp", "a slot is taken at the SYN", netmodel.RequestQueued, netmodel.Queued, "queued", "R3"},
		{"linux", "the SYN queue takes it", netmodel.RequestQueued, netmodel.Queued, "half-open", "K3"},
		{"freebsd", "the SYN cache takes it", netmodel.RequestQueued, netmodel.Queued, "half-open", "ST.12"},
		{"bsd4.4", "one queue holds both", netmodel.RequestQueued, netmodel.Queued, "queued, half-open", "ST.1"},
		{"unix", "connect is the whole handshake", netmodel.RequestQueued, netmodel.Queued, "queued", "K16"},

		{"windows", "a full backlog refuses", netmodel.RequestRefused, netmodel.QueueFull, "queue full", "R4"},
		{"linux", "a SYN finds the accept queue full", netmodel.RequestIgnored, netmodel.QueueFull, "accept queue full", "K2"},
		{"openbsd", "the same, from its sources", netmodel.RequestIgnored, netmodel.QueueFull, "accept queue full", "ST.12"},
		{"bsd4.2", "one queue is full", netmodel.RequestIgnored, netmodel.QueueFull, "queue full", "ST.1"},
		{"unix", "EAGAIN answers", netmodel.RequestRefused, netmodel.QueueFull, "queue full, try again", "K16"},

		{"linux", "the final ACK is ignored", netmodel.AckIgnored, netmodel.AckOverflow, "accept queue full", "K4"},
		{"freebsd", "the final ACK is reset", netmodel.ResetPending, netmodel.AckOverflow, "accept queue full", "ST.7"},
		{"gvisor", "the final ACK is ignored", netmodel.AckIgnored, netmodel.AckOverflow, "accept queue full", "ST.13"},

		{"windows", "accept takes in the order of completion", netmodel.RequestAccepted, netmodel.AcceptedByProgram, "accepted", "WS.Q1"},
		{"linux", "as measured", netmodel.RequestAccepted, netmodel.AcceptedByProgram, "accepted", "K5"},
		{"linux2.2", "accept takes in the order of the SYNs", netmodel.RequestAccepted, netmodel.AcceptedByProgram, "accepted", "ST.11"},
		{"linux2.2", "and that is the order of the queue", netmodel.Completed, netmodel.HandshakeComplete, "handshake complete", "ST.11"},

		{"wsp", "the handshake times out", netmodel.Withdrawn, netmodel.HandshakeTimeout, "handshake never completed", "WS.T9"},
		{"linux", "the request socket expires", netmodel.Withdrawn, netmodel.HandshakeTimeout, "request expired", "K6"},
		{"wsp", "a further listen", netmodel.Called, netmodel.BacklogUpdated, "backlog updated", "R9"},
		{"linux", "a further listen", netmodel.Called, netmodel.BacklogUpdated, "limit set", "K10"},
		{"netbsd", "a further listen", netmodel.Called, netmodel.BacklogUpdated, "limit set", "ST.18"},

		{"windows", "receive tells of the RST", netmodel.AbortedPending, netmodel.ClientReset, "client reset it", "WS.X7"},
		{"linux", "receive tells of the RST", netmodel.AbortedPending, netmodel.ClientReset, "client reset it", "K12"},
		{"freebsd", "accept fails with ECONNABORTED", netmodel.AbortedPending, netmodel.ClientReset, "client reset it", "ST.4"},

		{"windows", "a SYN is sent again", netmodel.SynRetransmitted, netmodel.NoAnswer, "no answer yet", "WS.T2"},
		{"nt4server", "by the timers of its generation", netmodel.ConnectFailed, netmodel.NoAnswer, "no SYN was answered", "WS.T1"},
		{"linux", "connect fails", netmodel.ConnectFailed, netmodel.NoAnswer, "no SYN was answered", "K13"},
		{"linux", "data is sent again", netmodel.DataRetransmitted, netmodel.DataUnanswered, "not acknowledged yet", ""},
		{"linux", "the connection breaks", netmodel.Broken, netmodel.DataUnanswered, "data never acknowledged", "RFC 9293"},
	} {
		p, ok := profiles.ByName(row.profile)
		if !ok {
			t.Fatalf("no profile %q", row.profile)
		}
		text, rule := profiles.Reason(&p, netmodel.Record{Kind: row.kind, Cause: row.cause})
		if text != row.text || rule != row.rule {
			t.Errorf("%s, %s: Reason = %q, %q, want %q, %q", row.profile, row.why, text, rule, row.text, row.rule)
		}
	}
}

// The rule of a profile that the user has altered is that of what it does now.
func TestAnAlteredProfileIsShownWithTheRulesOfWhatItDoes(t *testing.T) {
	p := profiles.FreeBSD()
	p.OnAckFull = netmodel.ForgetAck
	if _, rule := profiles.Reason(&p, netmodel.Record{Kind: netmodel.Withdrawn, Cause: netmodel.AckOverflow}); rule != "ST.8" {
		t.Errorf("freebsd that forgets final ACKs: rule %q, want ST.8", rule)
	}
}

// A client learns a refusal from its server: the rule is the server's, whatever the client
// runs. What the client decides itself goes by the client's own timers.
func TestTheReasonOfARefusalIsTheServersOwn(t *testing.T) {
	slow := profiles.NT4Server().Client
	for _, row := range []struct {
		why            string
		server, client netmodel.Profile
		tcp            *netmodel.Client
		lost           bool
		text, rule     string
	}{
		{"a Windows server refuses a Linux client", profiles.Windows(), profiles.Linux(), nil, false, "queue full", "R4"},
		{"a Linux server ignores a Windows client", profiles.Linux(), profiles.Windows(), nil, false, "accept queue full", "K2"},
		{"no SYN reaches the server", profiles.Linux(), profiles.Windows(), nil, true, "no SYN was answered", "WS.T2"},
		{"no SYN reaches the server, and the client has timers of its own", profiles.Linux(), profiles.Windows(), &slow, true, "no SYN was answered", "WS.T1"},
	} {
		n := netmodel.NewNetwork(1)
		server := n.AddHost("server", netmodel.HostConfig{Profile: row.server})
		client := n.AddHost("client", netmodel.HostConfig{Profile: row.client})
		fd, _ := n.Host(server).Socket(winsock.SOCK_STREAM)
		_ = n.Host(server).Bind(fd, netmodel.Addr{Port: 80})
		_ = n.Host(server).Listen(fd, 1)
		n.Cut(server, client, row.lost)
		first := n.AddClients(netmodel.ClientConfig{Name: "c", Host: client, To: netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}, TCP: row.tcp}, 4)
		for i := range 4 {
			n.Start(first+netmodel.ClientID(i), time.Duration(i)*time.Millisecond)
		}
		n.Run(sim.Time(time.Hour))
		last := n.Results()[3]
		text, rule := profiles.ReasonOf(n, last)
		if text != row.text || rule != row.rule {
			t.Errorf("%s: ReasonOf(%v) = %q, %q, want %q, %q", row.why, last.Outcome, text, rule, row.text, row.rule)
		}
		for _, r := range n.DrainRecords(nil) {
			if r.Kind != netmodel.ConnectFailed || r.Conn != last.Conn || last.Outcome != netmodel.OutcomeRefused {
				continue
			}
			if _, rule := profiles.ReasonIn(n, r); rule != row.rule {
				t.Errorf("%s: ReasonIn(connect failed) has the rule %q, want %q", row.why, rule, row.rule)
			}
		}
	}
}

// What a server decides of an attempt that it accepts goes by the server's rules, in the
// record and in the result.
func TestTheReasonOfAnAcceptIsTheServersOwn(t *testing.T) {
	for _, row := range []struct {
		server, client netmodel.Profile
		rule           string
	}{
		{profiles.Linux(), profiles.Windows(), "K5"},
		{profiles.FreeBSD(), profiles.Windows(), "ST.14"},
		{profiles.Windows(), profiles.Linux(), "WS.Q1"},
	} {
		n := netmodel.NewNetwork(1)
		server := n.AddHost("server", netmodel.HostConfig{Profile: row.server})
		client := n.AddHost("client", netmodel.HostConfig{Profile: row.client})
		fd, _ := n.Host(server).Socket(winsock.SOCK_STREAM)
		_ = n.Host(server).Bind(fd, netmodel.Addr{Port: 80})
		_ = n.Host(server).Listen(fd, 1)
		n.Start(n.AddClients(netmodel.ClientConfig{Name: "c", Host: client, To: netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}}, 1), 0)
		n.Run(sim.Time(time.Second))
		_, _ = n.Host(server).Accept(fd)
		n.Run(sim.Time(2 * time.Second))
		if _, rule := profiles.ReasonOf(n, n.Results()[0]); rule != row.rule {
			t.Errorf("a %s server, a %s client: ReasonOf(accepted) has the rule %q, want %q", row.server.Name, row.client.Name, rule, row.rule)
		}
		for _, r := range n.DrainRecords(nil) {
			if _, rule := profiles.ReasonIn(n, r); r.Kind == netmodel.RequestAccepted && rule != row.rule {
				t.Errorf("a %s server, a %s client: ReasonIn(accepted) has the rule %q, want %q", row.server.Name, row.client.Name, rule, row.rule)
			}
		}
	}
}

// The timers of an external client are those that it dialed with.
func TestTheReasonOfSilenceGoesByTheTimersThatAnExternalClientDialedWith(t *testing.T) {
	slow := profiles.NT4Server().Client
	for rule, tcp := range map[string]*netmodel.Client{"WS.T2": nil, "WS.T1": &slow} {
		n := netmodel.NewNetwork(1)
		server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.Windows()})
		client := n.AddHost("client", netmodel.HostConfig{Profile: profiles.Windows()})
		n.Cut(server, client, true)
		id := n.RealTime().AddExternalClient("c", client)
		if _, _, err := n.RealTime().Dial(id, netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}, tcp); err != error(winsock.WSAEWOULDBLOCK) && err != nil {
			t.Fatal(err)
		}
		n.Run(sim.Time(time.Hour))
		if _, got := profiles.ReasonOf(n, n.Results()[0]); got != rule {
			t.Errorf("ReasonOf(timed out) has the rule %q, want %q", got, rule)
		}
	}
}
