package netmodel

import "fmt"

// AddProgram adds a client whose program is the caller's own: it connects by
// Dial, when and as often as it likes, and calls its host for everything else. The
// network follows what becomes of its attempts, under the given name. It panics
// if no host has the id.
func (n *Network) AddProgram(name string, host HostID) ClientID {
	n.known(host)
	if n.clients.len > maxClients {
		panic(fmt.Sprintf("netmodel: AddProgram: more than %d clients", maxClients))
	}
	id := ClientID(n.clients.len)
	n.configs = append(n.configs, crowd{ClientConfig: ClientConfig{Name: name, Host: host}, first: id, count: 1, program: true,
		who: n.named(n.nodes[host].who, name, drawsProgram)})
	n.clients.add().config = uint32(len(n.configs) - 1)
	return id
}

// Dial begins an attempt of a program: Connect on a new socket, named in the
// trace. The socket is the caller's, who closes it, also when the attempt fails
// later on; after an error there is none. Errors are those of Socket and Connect.
//
// An attempt draws from a stream of its own. The names of the host and of the program
// name that stream, and how many attempts of that program came before. Who else dials,
// and when, changes nothing. Programs of one name on one host are told apart by the
// order in which they were added. tcp says how the socket connects, if not as the profile of its host does.
func (n *Network) Dial(id ClientID, to Addr, tcp *Client) (FD, ConnID, error) {
	n.knownClient(id)
	c := n.clients.at(int(id))
	from := n.configs[c.config].Host
	conn := n.newAttempt(id)
	h := n.present(from)
	fd, err := h.Socket(Stream)
	if err == nil {
		h.SetConn(fd, conn)
		if tcp != nil {
			_ = h.SetClient(fd, *tcp) // else it connects as the profile does
		}
		if err = h.Connect(fd, to); err == error(WSAEWOULDBLOCK) {
			return fd, conn, nil
		}
	}
	n.notBegun(conn, from, err)
	if fd != 0 {
		_ = h.CloseSocket(fd) // it was opened a few lines above
	}
	return 0, conn, err
}

// newAttempt remembers a further attempt of a client.
func (n *Network) newAttempt(id ClientID) ConnID {
	c := n.clients.at(int(id))
	c.attempt++
	conn := ConnID(n.attempts.len)
	a := n.attempts.add()
	a.result.Conn, a.result.Client, a.result.Attempt, a.result.Began = conn, id, int(c.attempt), n.Now()
	n.offered++
	return conn
}

// notBegun settles an attempt for which not even a SYN could be sent.
func (n *Network) notBegun(conn ConnID, from HostID, err error) {
	n.flush() // what led to it comes first
	why := n.nodes[from].host.whyNotConnect(errnoOf(err))
	n.record(&Record{At: n.Now(), Host: from, Kind: ConnectFailed, Conn: conn, Errno: errnoOf(err), Cause: why})
	n.decide(conn, OutcomeGaveUp, why)
}

// follow decides the fate of a program's attempt by what its host recorded. What
// the program does next is its own affair.
func (n *Network) follow(a *attempt, r *Record) {
	switch {
	case r.Kind == Connected:
		a.connected = true
	case r.Kind == ConnectFailed, r.Kind == Broken && r.FD != 0:
		n.fail(a, r)
	case r.Kind == Finished && r.FD != 0 && a.place == placeNone && a.ended != NoCause && a.result.Outcome == StillPending:
		n.decide(r.Conn, OutcomeReset, a.ended) // the listener ended it before anybody accepted it
	case r.Kind == Called && r.Call == CallClose && r.Errno == 0:
		a.finished = true
		if !a.connected {
			n.decide(r.Conn, OutcomeGaveUp, PatienceEnded)
		}
	}
}

func (n *Network) isProgram(a *attempt) bool {
	return n.configs[n.clients.at(int(a.result.Client)).config].program
}
