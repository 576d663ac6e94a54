package measured

import (
	"strings"

	"wspsim/netmodel"
)

// knock connects from a socket of its own to an address and returns how that
// ended, once nothing more is due now: "" if it goes on.
func (c *clients) connectTo(to netmodel.Addr) (string, error) {
	home := c.to
	c.to = to
	defer func() { c.to = home }()
	if err := c.connect(c.now()); err != nil {
		return "", err
	}
	return c.connectResult(len(c.fds) - 1), nil
}

// closedPort is an address of the server at which nobody listens.
func (c *clients) closedPort() netmodel.Addr { return netmodel.Addr{IP: c.to.IP, Port: c.to.Port + 1} }

// lastPart returns what stands behind the last colon of a message, in lower case.
func lastPart(message string) string {
	return strings.ToLower(strings.TrimSpace(message[strings.LastIndex(message, ":")+1:]))
}
