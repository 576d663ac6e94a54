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
	s, err := newClients(profile, p.Backlog)
	if err != nil {
		return err
	}
	connected, then := 0, ""
	for ; ; connected++ {
		if err := s.connect(s.now() + time.Microsecond); err != nil {
			return err
		}
		if then = s.connectResult(connected); then != "OK" {
			break
		}
	}
	c.equal("connected", o.Connected, connected)
	c.equal("then", o.Then, then)
	if _, _, err := s.accept(); err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	err = s.connectAll(1, s.now(), 0)
	c.equal("after_one_accept", o.After, s.connectResult(len(s.fds)-1))
	return err
}
