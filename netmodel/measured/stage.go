package measured

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// stage is a server with one listener and clients of the same kernel, as in the
// experiments: each client is a program that connects once, by its number.
type stage struct {
	net     *netmodel.Network
	server  netmodel.HostID
	crowd   netmodel.HostID
	profile netmodel.Profile
	fd      netmodel.FD // the listener
	to      netmodel.Addr
	first   netmodel.ClientID
	clients int
	records []netmodel.Record // all so far
}

// kernel returns the profile of the release of Linux that a trial was made on, with
// its settings; without a version it is the current one. Settings that the model
// has no use for are left out.
func (t *Trial) kernel() (netmodel.Profile, error) {
	p := profiles.Linux()
	if t.Version != "" {
		var err error
		if p, err = profiles.LinuxOf(t.Version); err != nil {
			return p, err
		}
	}
	for _, full := range slices.Sorted(maps.Keys(t.Sysctl)) {
		var err error
		if p, err = t.tuned(p, full); err != nil {
			return p, err
		}
	}
	return p, nil
}

// tuned returns a profile with one setting of the trial, by its full name.
func (t *Trial) tuned(p netmodel.Profile, full string) (netmodel.Profile, error) {
	name := full[strings.LastIndexByte(full, '.')+1:]
	value := fmt.Sprint(t.Sysctl[full])
	if n, ok := t.Sysctl[full].(float64); ok {
		value = shortened(strconv.FormatFloat(n, 'f', -1, 64))
	}
	tuned, err := profiles.Set(p, name, value)
	switch {
	case errors.Is(err, profiles.ErrNoSuchSetting):
		return p, nil
	case err != nil:
		return p, fmt.Errorf("sysctl: %w", err)
	}
	return tuned, nil
}

// fewClients is up to how many every step of a replay ends in a check of all.
const fewClients = 64

func errTooMany(clients, most int) error {
	return fmt.Errorf("%d clients: want 0 to %d", clients, most)
}

// newStage opens a listener and makes clients that have not begun. latency is
// that of one way.
func newStage(p netmodel.Profile, backlog, clients int, latency time.Duration) (*stage, error) {
	if clients < 0 || clients > mostClients {
		return nil, errTooMany(clients, mostClients)
	}
	s := &stage{net: netmodel.NewNetwork(1), profile: p, clients: clients}
	s.server = s.net.AddHost("server", netmodel.HostConfig{Profile: p})
	s.crowd = s.net.AddHost("clients", netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{netmodel.HostAddr(2, 1), netmodel.HostAddr(2, 2), netmodel.HostAddr(2, 3)}})
	s.net.SetLink(s.server, s.crowd, netmodel.Link{Latency: latency})
	h := s.net.Host(s.server)
	var err error
	if s.fd, err = h.Socket(netmodel.Stream); err != nil {
		return nil, err
	}
	if err := h.Bind(s.fd, netmodel.Addr{Port: 80}); err != nil {
		return nil, err
	}
	if err := h.Listen(s.fd, backlog); err != nil {
		return nil, err
	}
	s.to = netmodel.Addr{IP: netmodel.HostAddr(s.server, 1), Port: 80}
	if clients > 0 {
		s.first = s.net.AddClients(netmodel.ClientConfig{Name: "c", Host: s.crowd, To: s.to}, clients)
	}
	return s, nil
}

// host returns the server.
func (s *stage) host() *netmodel.Host { return s.net.Host(s.server) }

// begin lets a client connect at an instant.
func (s *stage) begin(client int, at time.Duration) {
	s.net.Start(s.first+netmodel.ClientID(client), at-time.Duration(s.net.Now()))
}

// run lets time pass.
func (s *stage) run(until time.Duration) error {
	s.net.Run(sim.Time(until))
	s.records = s.net.DrainRecords(s.records)
	if err := s.net.Err(); err != nil {
		return err
	}
	return s.check(s.clients)
}

// check checks what must always hold of so many clients.
func (s *stage) check(clients int) error {
	if clients > fewClients {
		return nil
	}
	return s.net.Check()
}

// client returns the number of the client of an attempt.
func (s *stage) client(c netmodel.ConnID) int {
	s.net.Settle()
	return int(s.net.Result(c).Client - s.first)
}

// queue returns what ss shows of the listener: Recv-Q and Send-Q.
func (s *stage) queue() (recvq, sendq int) {
	q, _ := s.host().Queue(s.fd)
	return q.Complete, q.Effective
}

// accept takes everything that waits and returns the clients in order.
func (s *stage) accept() []int {
	var order []int
	for {
		a, err := s.host().Accept(s.fd)
		if err != nil {
			return order
		}
		order = append(order, s.client(a.Conn))
	}
}

// connected returns the clients whose connect has succeeded, in that order.
func (s *stage) connected() []int {
	var order []int
	for _, r := range s.records {
		if r.Kind == netmodel.Connected && r.Host == s.crowd {
			order = append(order, s.client(r.Conn))
		}
	}
	return order
}
