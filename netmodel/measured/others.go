package measured

import (
	"fmt"
	"strings"

	"wspsim/netmodel"
)

// otherReplayers play what was measured elsewhere than at a Linux kernel: gVisor's
// netstack as a library, Go's package net on Linux and in its own fake network, and
// Windows Sockets calls under Wine.
func otherReplayers() []replayer {
	return []replayer{
		{"fill", "gvisor", replayNetstackFill},
		{"relisten", "gvisor", replayNetstackRelisten},
		{"client_gone", "gvisor", replayNetstackGone},
		{"close", "gvisor", replayNetstackClose},
		{"syn_schedule", "gvisor", replayNetstackSyns},
		{"errors", "go-net", replayGoErrors},
		{"fill", "go-net", replayGoFill},
		{"drain3", "go-net", replayGoDrain},
		{"close", "go-net", replayGoClose},
		{"winsock", "wine", replayWine},
	}
}

// knock connects from a socket of its own to an address and returns how that
// ended, once nothing more is due now: "" if it goes on.
func (c *crew) knock(to netmodel.Addr) (string, error) {
	home := c.to
	c.to = to
	defer func() { c.to = home }()
	if err := c.dial(c.now()); err != nil {
		return "", err
	}
	return c.result(len(c.fds) - 1), nil
}

// closedPort is an address of the server at which nobody listens.
func (c *crew) closedPort() netmodel.Addr { return netmodel.Addr{IP: c.to.IP, Port: c.to.Port + 1} }

// bestOf plays a trial with one guess after the other about what the measurement
// does not tell, and keeps the comparison that agrees in most fields: the first of
// them, if there are several.
func (c *Comparison) bestOf(guesses int, play func(guess int, try *Comparison) error) error {
	var best *Comparison
	most := -1
	for guess := range guesses {
		try := &Comparison{Trial: c.Trial}
		if err := play(guess, try); err != nil {
			return err
		}
		agree, of := try.Agrees()
		if agree > most {
			best, most = try, agree
		}
		if agree == of {
			break
		}
	}
	if best != nil {
		c.Fields = append(c.Fields, best.Fields...)
	}
	return nil
}

// openAt opens a socket and binds it.
func openAt(h *netmodel.Host, a netmodel.Addr) (netmodel.FD, error) {
	fd, err := h.Socket(netmodel.Stream)
	if err != nil {
		return 0, fmt.Errorf("socket for %v: %w", a, err)
	}
	return fd, h.Bind(fd, a)
}

// lastPart returns what stands behind the last colon of a message, in lower case.
func lastPart(message string) string {
	return strings.ToLower(strings.TrimSpace(message[strings.LastIndex(message, ":")+1:]))
}
