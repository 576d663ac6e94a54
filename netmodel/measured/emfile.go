package measured

import (
	"encoding/json"
	"fmt"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// backlogParams is the parameters of an experiment that varies the backlog only.
type backlogParams struct {
	Backlog int `json:"backlog"`
}

type emfileObserved struct {
	AcceptEmpty string      `json:"accept_empty_queue_no_fd"`
	Accepts     []string    `json:"accepts"`
	CloseOne    afterClose  `json:"after_close_one"`
	CloseTwo    *afterClose `json:"after_close_two"`
	Arrivals    struct {
		Established int `json:"established_total"`
		Fired       int `json:"fired"`
		Q           int `json:"q"`
	} `json:"arrivals_while_exhausted"`
	DrainOrder     []int           `json:"drain_order_after"`
	NextAccept     string          `json:"next_accept"`
	OpenFails      string          `json:"open_fails_with"`
	Poll           json.RawMessage `json:"poll_after_emfile"`
	QBefore        int             `json:"q_before"`
	QAfter         int             `json:"q_after"`
	QAfterRelisten int             `json:"q_after_relisten"`
	Relisten       string          `json:"relisten_while_exhausted"`
	Socket         string          `json:"socket_no_fd"`
}

// afterClose is an accept after a descriptor was closed.
type afterClose struct {
	Accept string `json:"accept"`
	Client int    `json:"client"`
	Q      int    `json:"q"`
	Reused *bool  `json:"fd_reused"` // accept returned the number of the closed descriptor
}

// playEmfile: no descriptor is free while connections are pending and others arrive. K9
func playEmfile(profile netmodel.Profile, p *backlogParams, o *emfileObserved, c *Comparison) error {
	s, empty, err := newClientsOfPoorServer(profile, p.Backlog)
	if err != nil {
		return err
	}
	s.connectAll(o.QBefore, 0, connectGap)
	c.equal("q_before", o.QBefore, s.queue().Complete)
	files, err := s.openAllFiles()
	c.equal("open_fails_with", o.OpenFails, nameOf(err))
	_, err = s.serverHost().Socket(winsock.SOCK_STREAM)
	c.equal("socket_no_fd", o.Socket, nameOf(err))
	accepts := []string{}
	for range o.Accepts {
		_, _, err := s.accept()
		accepts = append(accepts, nameOf(err))
	}
	c.equal("accepts", o.Accepts, accepts)
	_, err = s.serverHost().Accept(empty)
	c.equal("accept_empty_queue_no_fd", o.AcceptEmpty, nameOf(err))
	c.equal("q_after", o.QAfter, s.queue().Complete)
	ready, _ := s.serverHost().Select(s.fd)
	c.equal("poll_after_emfile", string(o.Poll), map[bool]string{false: "0", true: "1"}[ready.Read]) // POLLIN is 1
	s.connectAll(o.Arrivals.Fired-o.QBefore, s.now()+connectGap, connectGap)
	c.equal("arrivals q", o.Arrivals.Q, s.queue().Complete)
	c.equal("arrivals established_total", o.Arrivals.Established, s.connectedCount())
	c.equal("relisten_while_exhausted", o.Relisten, nameOf(s.serverHost().Listen(s.fd, p.Backlog)))
	c.equal("q_after_relisten", o.QAfterRelisten, s.queue().Complete)
	return s.closeFilesAndAccept(o, files, c)
}

// closeFilesAndAccept closes files one by one and accepts after each close.
func (s *clients) closeFilesAndAccept(o *emfileObserved, files []netmodel.FD, c *Comparison) error {
	for i, step := range []*afterClose{&o.CloseOne, o.CloseTwo} {
		if step == nil {
			continue
		}
		name := [...]string{"after_close_one ", "after_close_two "}[i]
		last := files[len(files)-1-i]
		if err := s.serverHost().CloseFile(last); err != nil {
			return err
		}
		client, fd, err := s.accept()
		c.equal(name+"accept", step.Accept, nameOf(err))
		c.equal(name+"client", step.Client, client)
		c.equal(name+"q", step.Q, s.queue().Complete)
		if step.Reused != nil {
			c.equal(name+"fd_reused", *step.Reused, fd == last)
		}
		if i == 0 {
			_, _, err := s.accept()
			c.equal("next_accept", o.NextAccept, nameOf(err))
		}
	}
	for _, fd := range files[:len(files)-2] {
		if err := s.serverHost().CloseFile(fd); err != nil {
			return err
		}
	}
	order, _ := s.acceptAll()
	c.equal("drain_order_after", o.DrainOrder, order)
	return nil
}

// newClientsOfPoorServer is newClients with few descriptors for the server's program: enough
// for all pending connections. The server has a second listener without clients.
func newClientsOfPoorServer(p netmodel.Profile, backlog int) (s *clients, empty netmodel.FD, err error) {
	fits := fitting(p, backlog)
	if fits < 0 || fits > maxSockets {
		return nil, 0, fmt.Errorf("params.backlog is %d and lets %d connections wait: want 0 to %d", backlog, fits, maxSockets)
	}
	s = clientsOn(newTestbed(p, fits+8))
	if s.fd, err = openListener(s.serverHost(), netmodel.Addr{Port: 80}, backlog); err != nil {
		return nil, 0, err
	}
	empty, err = openListener(s.serverHost(), netmodel.Addr{Port: 81}, backlog)
	return s, empty, err
}

// openAllFiles opens files until an error. It returns the files and the error.
func (s *clients) openAllFiles() (files []netmodel.FD, err error) {
	for {
		fd, err := s.serverHost().OpenFile()
		if err != nil {
			return files, err
		}
		files = append(files, fd)
	}
}
