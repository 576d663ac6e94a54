package simnet_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
)

// What any net.Conn must do. It runs on the real clock: nettest starts goroutines
// that end only when the connection does, and measures with time.AfterFunc.
func TestConnectionsPassNettest(t *testing.T) {
	for _, x := range []struct {
		profile netmodel.Profile
		latency time.Duration
		why     string
	}{
		{profiles.Linux(), 0, "calls return on the goroutine that makes them"},
		{profiles.Linux(), 200 * time.Microsecond, "bytes are under way, and a timer brings them"},
		{profiles.Windows(), 0, "a reset connection forgets what had arrived"},
		{profiles.Windows(), 200 * time.Microsecond, "and with bytes under way"},
	} {
		t.Run(fmt.Sprintf("%s/%v", x.profile.Name, x.latency), func(t *testing.T) {
			nettest.TestConn(t, func() (client, server net.Conn, stop func(), err error) {
				n := simnet.New(simnet.Config{Seed: 1, Profile: x.profile, Link: netmodel.Link{Latency: x.latency}})
				client, server, err = connected(n)
				stop = func() {
					if err := n.Check(); err != nil {
						t.Errorf("Check() after nettest (%s): got %v, want nil", x.why, err)
					}
					_ = n.Close()
				}
				return client, server, stop, err
			})
		})
	}
}

// connected returns both ends of a connection from a host "client" to server:80.
func connected(n *simnet.Network) (client, server *simnet.Conn, err error) {
	l, err := n.Listen("tcp", "server:80")
	if err != nil {
		return nil, nil, err
	}
	c, err := n.Host("client").Dial("tcp", "server:80")
	if err != nil {
		return nil, nil, err
	}
	s, err := l.Accept()
	if err != nil {
		return nil, nil, err
	}
	return c.(*simnet.Conn), s.(*simnet.Conn), nil
}
