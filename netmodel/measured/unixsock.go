package measured

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

type unixsockObserved struct {
	Connected int    `json:"connected"`
	Then      string `json:"then"`
	After     string `json:"after_one_accept"`
}

// replayUnixsock: connects to a listening AF_UNIX stream socket until one fails,
// and one more after an accept. K16
func replayUnixsock(t *Trial, c *Comparison) error {
	p, err := decode[emfileParams](t.Params)
	if err != nil {
		return err
	}
	o, err := decode[unixsockObserved](t.Observed)
	if err != nil {
		return err
	}
	profile, err := t.unixKernel()
	if err != nil {
		return err
	}
	c.leftovers("", t.Observed, "after_one_accept", "connected", "then")
	s, err := newCrew(profile, p.Backlog)
	if err != nil {
		return err
	}
	connected, then := 0, ""
	for ; ; connected++ {
		if err := s.dial(s.now() + time.Microsecond); err != nil {
			return err
		}
		if then = s.result(connected); then != "OK" {
			break
		}
	}
	c.equal("connected", o.Connected, connected)
	c.equal("then", o.Then, then)
	if _, _, err := s.take(); err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	err = s.dialAll(1, s.now(), 0)
	c.equal("after_one_accept", o.After, s.result(len(s.fds)-1))
	return err
}

// unixKernel returns the profile of AF_UNIX with somaxconn of the trial, the only
// setting that counts there.
func (t *Trial) unixKernel() (netmodel.Profile, error) {
	p := profiles.Unix()
	for _, full := range slices.Sorted(maps.Keys(t.Sysctl)) {
		if strings.HasSuffix(full, ".somaxconn") {
			return t.tuned(p, full)
		}
	}
	return p, nil
}
