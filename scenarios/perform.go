package scenarios

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Every action performs itself on a run. The records say what a call returns. A run
// goes on after a call that fails.

func (a Bind) perform(r *run) {
	h := r.host()
	fd, err := h.Socket(winsock.SOCK_STREAM)
	if err != nil {
		return
	}
	for _, set := range []struct {
		on     bool
		option winsock.Option
	}{{a.Reuse, winsock.SO_REUSEADDR}, {a.Exclusive, winsock.SO_EXCLUSIVEADDRUSE}, {a.Conditional, winsock.SO_CONDITIONAL_ACCEPT}, {a.ReusePort, winsock.SO_REUSEPORT}} {
		if set.on {
			_ = h.SetSockOpt(fd, set.option, 1)
		}
	}
	if a.DeferAccept > 0 {
		_ = h.SetSockOpt(fd, winsock.TCP_DEFER_ACCEPT, int(a.DeferAccept/time.Second))
	}
	to := netmodel.Addr{Port: serverPort}
	if a.Address > 0 {
		to.IP = netmodel.HostAddr(r.server, a.Address)
	}
	_ = h.Bind(fd, to)
	r.sockets = append(r.sockets, namedFD{a.Socket, fd})
}

func (a Listen) perform(r *run) {
	if _, ok := r.socket(a.Socket); !ok {
		Bind{Socket: a.Socket}.perform(r)
	}
	fd, ok := r.socket(a.Socket)
	if !ok {
		return // no descriptor was left for it
	}
	err := r.host().Listen(fd, a.Backlog)
	if err == nil && r.sockets[0].fd == fd {
		q, _ := r.host().Queue(fd)
		r.result.Listener.Backlog, r.result.Listener.EffectiveBacklog = q.Asked, q.Effective
		r.result.Listener.Limit, r.result.Listener.LimitAtSYN = q.Limit, min(q.Limit, r.profile.AtSyn.Of(q.Effective))
		r.result.Listener.Listened = true
	}
}

func (a Accept) perform(r *run) {
	fd, _ := r.socket(a.Socket)
	var condition func(netmodel.Request) winsock.Decision
	if a.Decision != winsock.CF_ACCEPT {
		condition = func(netmodel.Request) winsock.Decision { return a.Decision }
	}
	got, err := r.host().AcceptIf(fd, condition)
	if err == nil {
		r.net.Settle()
		r.accepted = append(r.accepted, namedFD{r.net.ClientName(r.net.Result(got.Conn).Client), got.FD})
	}
}

func (a CloseListener) perform(r *run) {
	if fd, ok := r.socket(a.Socket); ok {
		_ = r.host().CloseSocket(fd)
		i := slices.IndexFunc(r.sockets, func(s namedFD) bool { return s.fd == fd })
		r.sockets[i].fd = 0 // the descriptor may soon be another socket's
	}
}

func (a CloseAccepted) perform(r *run) {
	i := slices.IndexFunc(r.accepted, func(c namedFD) bool { return c.name == a.Client })
	if i >= 0 {
		_ = r.host().CloseSocket(r.accepted[i].fd)
		r.accepted = slices.Delete(r.accepted, i, i+1)
	}
}

func (a OpenFiles) perform(r *run) {
	for range a.Count {
		fd, err := r.host().OpenFile()
		if err != nil {
			return
		}
		r.files = append(r.files, fd)
	}
}

func (a CloseFiles) perform(r *run) {
	for range min(a.Count, len(r.files)) {
		last := len(r.files) - 1
		_ = r.host().CloseFile(r.files[last])
		r.files = r.files[:last]
	}
}

func (a Pause) perform(r *run) {
	fd, _ := r.socket(a.Socket)
	on := 0
	if a.On {
		on = 1
	}
	_ = r.host().SetSockOpt(fd, winsock.SO_PAUSE_ACCEPT, on)
}

func (a Request) perform(r *run) {
	id, ok := r.net.ClientByName(a.Client)
	if !ok {
		id = r.net.AddClients(r.clientConfig(a.Client, r.clientHost, a.To), 1)
	}
	r.net.Start(id, 0)
}

func (a Flood) perform(r *run) {
	c := r.clientConfig(a.Name, r.floodHost, 0)
	// No host has these addresses, so no SYN is sent again.
	c.TCP = &netmodel.Client{Syn: netmodel.Schedule{First: sendOnce}}
	first := r.net.AddClients(c, a.Count)
	for i := range a.Count {
		r.net.Start(first+netmodel.ClientID(i), 0)
	}
}

func (a CloseClient) perform(r *run) {
	if id, ok := r.net.ClientByName(a.Client); ok {
		r.net.CloseClient(id, a.Reset)
	}
}

func (a Send) perform(r *run) {
	if id, ok := r.net.ClientByName(a.Client); ok {
		_ = r.net.SendClient(id, a.Bytes)
	}
}

func (a Stall) perform(r *run) {
	r.idle-- // below zero, the next worker that is done does not accept
	r.net.After(a.For, tagStalled)
}

func (a Shutdown) perform(r *run) {
	if fd, ok := r.socket(a.Socket); ok {
		_ = r.host().Shutdown(fd, a.How)
	}
}

func (a CutLink) perform(r *run) {
	if a.ToServer {
		r.net.CutOneWay(r.clientHost, r.server, !a.Healed)
		return
	}
	r.net.Cut(r.server, r.clientHost, !a.Healed)
}

func (a SetFault) perform(r *run) { r.host().SetFault(a.Fault, a.On) }
