package netmodel_test

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// A host is a passive state machine: the program calls it, and the network delivers
// segments to it. Here two requests arrive at a queue with one slot.
func ExampleHost() {
	h := netmodel.NewHost(netmodel.HostConfig{Profile: profiles.WSP(), Addrs: []netmodel.IP{netmodel.IPv4(10, 0, 0, 1)}})
	h.Startup()
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	h.Bind(fd, netmodel.Addr{Port: 80})
	h.Listen(fd, 1)

	for i, client := range []netmodel.IP{netmodel.IPv4(10, 0, 0, 2), netmodel.IPv4(10, 0, 0, 3)} {
		h.Deliver(netmodel.Segment{
			Src:   netmodel.Addr{IP: client, Port: 5000},
			Dst:   netmodel.Addr{IP: netmodel.IPv4(10, 0, 0, 1), Port: 80},
			Flags: netmodel.SYN,
			Conn:  netmodel.ConnID(i + 1),
		})
	}
	for _, answer := range h.Drain(nil) {
		fmt.Println(answer.Kind(), "to", answer.Dst)
	}
	_, err := h.Accept(fd)
	fmt.Println(err) // the handshake is not complete yet
	// Output:
	// SYN-ACK to 10.0.0.2:5000
	// RST to 10.0.0.3:5000
	// WSAEWOULDBLOCK
}

// A network drives hosts and virtual clients in virtual time.
func ExampleNetwork() {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	n.SetLink(server, crowd, netmodel.Link{Latency: time.Millisecond})

	fd, _ := n.Host(server).Socket(winsock.SOCK_STREAM)
	n.Host(server).Bind(fd, netmodel.Addr{Port: 80})
	n.Host(server).Listen(fd, 2)

	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	first := n.AddClients(netmodel.ClientConfig{Name: "client", Host: crowd, To: to}, 3)
	for i := range 3 {
		n.Start(first+netmodel.ClientID(i), time.Duration(i)*10*time.Millisecond)
	}
	n.Run(sim.Time(time.Second))
	n.Host(server).Accept(fd)
	n.Run(sim.Time(time.Second))

	for _, result := range n.Results() {
		why, rule := profiles.ReasonOf(n, result)
		fmt.Printf("%s: %v (%s, rule %q)\n", n.ConnName(result.Conn), result.Outcome, why, rule)
	}
	// Output:
	// client1: accepted (accepted, rule "WS.Q1")
	// client2: pending (, rule "")
	// client3: refused (queue full, rule "R4")
}

// A copy of a network answers "what if": the same clients from the same instant on, with a
// program that accepts and with a program that does not.
func ExampleNetwork_Clone() {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	fd, _ := n.Host(server).Socket(winsock.SOCK_STREAM)
	n.Host(server).Bind(fd, netmodel.Addr{Port: 80})
	n.Host(server).Listen(fd, 2)

	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	first := n.AddClients(netmodel.ClientConfig{Name: "client", Host: crowd, To: to}, 4)
	for i := range 4 {
		n.Start(first+netmodel.ClientID(i), time.Duration(i)*time.Second)
	}
	n.Run(sim.Time(1500 * time.Millisecond)) // two have come

	other := n.Clone()
	other.Host(server).Accept(fd) // the host of the copy
	other.Host(server).Accept(fd)

	for _, w := range []*netmodel.Network{n, other} {
		w.Run(sim.Time(time.Minute))
		_, by := w.Tally()
		fmt.Println(by[netmodel.OutcomeAccepted], "accepted,", by[netmodel.OutcomeRefused], "refused,", by[netmodel.OutcomePending], "pending")
	}
	// Output:
	// 0 accepted, 2 refused, 2 pending
	// 2 accepted, 0 refused, 2 pending
}

// A condition function sees a request before accept takes it.
func ExampleHost_AcceptIf() {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	h := n.Host(server)
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	h.Bind(fd, netmodel.Addr{Port: 80})
	h.Listen(fd, 5)
	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	for _, name := range []string{"anna", "bert"} {
		n.Start(n.AddClients(netmodel.ClientConfig{Name: name, Host: crowd, To: to}, 1), 0)
	}
	n.Run(sim.Time(time.Second))

	notBert := func(r netmodel.Request) winsock.Decision {
		if n.ConnName(r.Conn) == "bert" {
			return winsock.CF_REJECT
		}
		return winsock.CF_ACCEPT
	}
	for range 3 {
		a, err := n.Host(server).AcceptIf(fd, notBert)
		fmt.Printf("%q %v\n", n.ConnName(a.Conn), err)
	}
	// Output:
	// "anna" <nil>
	// "bert" WSAECONNREFUSED
	// "" WSAEWOULDBLOCK
}

// A printer turns records into lines: time, client or host, event, result with its reason,
// the queue afterwards, and the rule that decided.
func ExamplePrinter() {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	n.SetLink(server, crowd, netmodel.Link{Latency: time.Millisecond})
	h := n.Host(server)
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	h.Bind(fd, netmodel.Addr{Port: 80})
	h.Listen(fd, 2)
	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	for i, name := range []string{"a", "b", "c"} {
		id := n.AddClients(netmodel.ClientConfig{Name: name, Host: crowd, To: to}, 1)
		n.Start(id, time.Duration(i)*10*time.Millisecond)
	}
	n.Run(sim.Time(time.Second))
	n.Host(server).Listen(fd, 1)
	n.Host(server).Accept(fd)

	p := trace.NewPrinter(n)
	var text []byte
	for _, r := range n.DrainRecords(nil) {
		text = p.Append(text, r)
	}
	fmt.Printf("seed 1, profile wsp:\n%s", text)
	// Output:
	// seed 1, profile wsp:
	//     0.000 ms  = server  bind(fd 3, *:80)         = 0
	//     0.000 ms  = server  listen(fd 3, backlog 2)  = 0                                    [. .]
	//     1.000 ms  > a       SYN                      queued                                 [(a) .]              R3
	//     2.000 ms  * a       connect                  = 0 after 2ms
	//     3.000 ms  + a       ACK                      handshake complete                     [a .]                R3
	//    11.000 ms  > b       SYN                      queued                                 [a (b)]              R3
	//    12.000 ms  * b       connect                  = 0 after 2ms
	//    13.000 ms  + b       ACK                      handshake complete                     [a b]                R3
	//    21.000 ms  ! c       SYN                      refused: queue full                    [a b]                R4
	//    22.000 ms  * c       connect                  WSAECONNREFUSED: queue full                                 R4
	//  1000.000 ms  = server  listen(fd 3, backlog 1)  = 0: backlog updated                   [a b]                R9
	//  1000.000 ms  x b       pending                  reset: trimmed                         [a]                  R10
	//  1000.000 ms  - server  accept(fd 3)             = a, fd 4, waited 999ms                [.]                  WS.Q1
}
