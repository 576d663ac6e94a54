package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
)

type unixsockObserved struct {
	Connected int    `json:"connected"`
	Then      string `json:"then"`
	After     string `json:"after_one_accept"`
}

// playUnixsock: clients connect to a listening AF_UNIX stream socket until a connect
// fails. One more connects after an accept. K16
func playUnixsock(profile netmodel.Profile, p *backlogParams, o *unixsockObserved, c *Comparison) error {
	s := newClients(profile, p.Backlog)
	connected, then := 0, ""
	for ; ; connected++ {
		s.connect(s.now() + time.Microsecond)
		if then = s.connectResult(connected); then != "OK" {
			break
		}
	}
	c.equal("connected", o.Connected, connected)
	c.equal("then", o.Then, then)
	if _, _, err := s.accept(); err != nil {
		return s.firstError(fmt.Errorf("accept: %w", err))
	}
	s.connectAll(1, s.now(), 0)
	c.equal("after_one_accept", o.After, s.connectResult(len(s.fds)-1))
	return s.err
}
