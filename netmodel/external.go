package netmodel

import (
	"fmt"

	"wspsim/netmodel/winsock"
)

// AddExternalClient adds a client whose program is the caller's own. The program connects
// with Dial, at any time and as often as it likes. For everything else it calls its host.
// The network follows the attempts of the program under the given name. AddExternalClient
// panics if no host has the id.
func (r RealTime) AddExternalClient(name string, host HostID) ClientID {
	n := r.n
	n.mustExist(host)
	if n.clients.len > maxClients {
		panic(fmt.Sprintf("netmodel: AddExternalClient: more than %d clients", maxClients))
	}
	id := ClientID(n.clients.len)
	n.configs = append(n.configs, clientGroup{ClientConfig: ClientConfig{Name: name, Host: host}, first: id, count: 1, external: true,
		stream: n.newStreamID(n.nodes[host].streamID, name, drawsExternal)})
	n.clients.add().config = uint32(len(n.configs) - 1)
	return id
}

// Dial begins an attempt of an external client: Connect on a new socket. The trace names the
// attempt. tcp says how the socket connects; nil means as the profile of the host. The
// caller closes the socket, also when the attempt fails later. After an error there is no
// socket. Errors are those of Socket and Connect, except WSAEWOULDBLOCK.
//
// Each attempt has its own stream of random numbers. The host, the client and the number of
// earlier attempts of that client name the stream. Other clients do not change it. Clients
// with one name on one host differ by the order in which they were added.
func (r RealTime) Dial(id ClientID, to Addr, tcp *Client) (FD, ConnID, error) {
	n := r.n
	n.mustClient(id)
	c := n.clients.at(int(id))
	from := n.configs[c.config].Host
	conn := n.newAttempt(id)
	h := n.advancedHost(from)
	fd, err := h.Socket(winsock.SOCK_STREAM)
	if err == nil {
		h.SetConn(fd, conn)
		if tcp != nil {
			if h.SetClient(fd, *tcp) == nil { // else the socket connects as the profile does
				n.attempts.at(int(conn)).firstWait = uint32(tcp.Syn.First.Milliseconds())
			}
		}
		if err = h.Connect(fd, to); err == error(winsock.WSAEWOULDBLOCK) {
			return fd, conn, nil
		}
	}
	n.failToBegin(conn, from, err)
	if fd != 0 {
		_ = h.CloseSocket(fd) // never fails: Socket has just opened it
	}
	return 0, conn, err
}

// newAttempt adds an attempt of a client.
func (n *Network) newAttempt(id ClientID) ConnID {
	c := n.clients.at(int(id))
	c.attempt++
	conn := ConnID(n.attempts.len)
	a := n.attempts.add()
	a.result.Conn, a.result.Client, a.result.Attempt, a.result.Began = conn, id, int(c.attempt), n.Now()
	n.offered++
	return conn
}

// failToBegin decides the outcome of an attempt that could not send a SYN.
func (n *Network) failToBegin(conn ConnID, from HostID, err error) {
	n.flush() // the records that led to it come first
	why := n.nodes[from].host.connectErrorCause(errnoOf(err))
	n.record(&Record{At: n.Now(), Host: from, Kind: ConnectFailed, Conn: conn, Errno: errnoOf(err), Cause: why})
	n.decide(conn, OutcomeGaveUp, why)
}

// followExternal decides the outcome of an external client's attempt from a record of the
// client's host. The caller decides what the client does next.
func (n *Network) followExternal(a *attempt, r *Record) {
	switch {
	case r.Kind == Connected:
		a.connected = true
	case r.Kind == ConnectFailed, r.Kind == Broken && r.FD != 0:
		n.fail(a, r)
	case r.Kind == Finished && r.FD != 0 && a.place == placeNone && a.ended != NoCause && a.result.Outcome == OutcomePending:
		n.decide(r.Conn, OutcomeReset, a.ended) // the listener ended the connection before accept returned it
	case r.Kind == Called && r.Call == CallClose && r.Errno == 0:
		a.finished = true
		if !a.connected {
			n.decide(r.Conn, OutcomeGaveUp, ClientGaveUp)
		}
	}
}

func (n *Network) isExternal(a *attempt) bool {
	return n.configs[n.clients.at(int(a.result.Client)).config].external
}
