// Package twin plays the experiments of package kernel on the model, step by
// step as they are played at the kernel, and names what it observes as they do.
package twin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/cmd/wspsim/internal/kernel"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Play plays a trial on the model, under the settings of a kernel or, if the trial
// makes a namespace, under those that it has there. It returns false if the trial
// is unknown.
func Play(trial kernel.Trial, k kernel.Settings) ([]kernel.Observation, bool) {
	act, ok := acts()[trial.Name]
	if !ok {
		return nil, false
	}
	if trial.NeedsNamespace {
		release := k.Release
		k = kernel.Usual()
		k.Release = release
	}
	s := newStage(Profile(k))
	act(s)
	return s.seen, true
}

// Profile returns the profile of a kernel: that of its release with its settings.
// A setting that it does not have stays as it is. One beyond what the model can be
// set to becomes the nearest: no experiment lasts long enough to tell.
func Profile(k kernel.Settings) netmodel.Profile {
	p, err := profiles.LinuxOf(k.Release)
	if err != nil {
		p = profiles.Linux() // a kernel with a name of its own
	}
	values := map[string]int{
		"somaxconn": k.Somaxconn, "tcp_max_syn_backlog": k.MaxSynBacklog, "tcp_abort_on_overflow": k.AbortOnOverflow,
		"tcp_syncookies": k.Syncookies, "tcp_syn_retries": k.SynRetries, "tcp_synack_retries": k.SynackRetries,
		"tcp_syn_linear_timeouts": k.SynLinearTimeouts,
	}
	for _, t := range profiles.Settings(p) {
		value, ok := values[t.Name]
		if !ok || value < 0 {
			continue
		}
		tuned, err := profiles.Set(p, t.Name, strconv.FormatInt(max(t.Min, min(t.Max, int64(value))), 10))
		if err != nil {
			panic(err) // it is within the range that the tunable names
		}
		p = tuned
	}
	return p
}

// acts are the experiments by name.
func acts() map[string]func(*stage) {
	all := map[string]func(*stage){
		"fill-minus-1": fill(-1),
		"relisten-5-2": relistenDown(5, 2), "relisten-8-0": relistenDown(8, 0), "relisten-2-8": relistenUp,
		"emfile": exhausted, "close-listener": closeListener, "client-reset": clientGoes(true), "client-end": clientGoes(false),
		"believers": believers, "reuseport": reusePort, "defer-accept": deferAccept,
		"no-listener": noListener, "errnos": errnos, "expiry": expiry,
	}
	for _, n := range []int{0, 1, 2, 5, 14, 128} {
		all[fmt.Sprint("fill-", n)] = fill(n)
	}
	for _, n := range []int{0, 1, 2, 5} {
		all[fmt.Sprint("unix-", n)] = fillUnix(n)
	}
	for n := range 3 {
		all[fmt.Sprint("half-open-cookies-", n)] = tuned("tcp_syncookies", n, halfOpenLimit(3, 12))
	}
	for _, n := range []int{8, 64} {
		all[fmt.Sprint("half-open-backlog-", n)] = tuned("tcp_syncookies", 0, tuned("tcp_max_syn_backlog", n, halfOpenLimit(128, 80)))
	}
	for n := range 2 {
		all[fmt.Sprint("late-ack-abort-", n)] = tuned("tcp_abort_on_overflow", n, lateAck)
	}
	all["expiry"] = tuned("tcp_synack_retries", 1, expiry)
	return all
}

// tuned plays an experiment with a setting of its own.
func tuned(name string, value int, act func(*stage)) func(*stage) {
	return func(s *stage) {
		p, err := profiles.Set(s.profile, name, strconv.Itoa(value))
		if err != nil {
			s.observe("error", err)
			return
		}
		seen := newStage(p)
		act(seen)
		s.seen = append(s.seen, seen.seen...)
	}
}

// stage is a server and the host of its clients, and what was seen.
type stage struct {
	profile netmodel.Profile
	net     *netmodel.Network
	server  netmodel.HostID
	crowd   netmodel.HostID
	at      netmodel.Addr
	seen    []kernel.Observation
}

// client is a socket of the clients' host.
type client struct{ fd netmodel.FD }

func newStage(p netmodel.Profile) *stage { return newStageWith(p, 0) }

// newStageWith gives the server so many descriptors; 0 is without limit.
func newStageWith(p netmodel.Profile, descriptors int) *stage {
	s := &stage{profile: p, net: netmodel.NewNetwork(1)}
	s.server = s.net.AddHost("server", netmodel.HostConfig{Profile: p, Descriptors: descriptors})
	s.crowd = s.net.AddHost("clients", netmodel.HostConfig{Profile: p})
	s.net.SetLink(s.server, s.crowd, netmodel.Link{Latency: time.Microsecond})
	s.at = netmodel.Addr{IP: netmodel.HostAddr(s.server, 1), Port: 80}
	return s
}

func (s *stage) host() *netmodel.Host    { return s.net.Host(s.server) }
func (s *stage) clients() *netmodel.Host { return s.net.Host(s.crowd) }

func (s *stage) observe(name string, value any) {
	s.seen = append(s.seen, kernel.Observation{Name: name, Value: fmt.Sprint(value)})
}

func named(what, name string) string {
	if what == "" {
		return name
	}
	return what + ": " + name
}

// pass lets time pass.
func (s *stage) pass(d time.Duration) { s.net.Run(s.net.Now().Add(d)) }

// soon is enough for everything on the wire to arrive, and less than any timer.
const soon = time.Millisecond

// bound returns a socket of the server with the address of the experiment.
func (s *stage) bound() netmodel.FD {
	fd, _ := s.host().Socket(winsock.SOCK_STREAM)
	_ = s.host().Bind(fd, s.at)
	return fd
}

func (s *stage) listen(backlog int) netmodel.FD {
	fd := s.bound()
	_ = s.host().Listen(fd, backlog)
	return fd
}

// arrive connects n clients one after the other.
func (s *stage) arrive(n int) []client {
	var all []client
	for range n {
		all = append(all, s.connect())
		s.pass(20 * time.Microsecond)
	}
	return all
}

// connect begins to connect a client.
func (s *stage) connect() client {
	h := s.clients()
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Connect(fd, s.at)
	return client{fd}
}

// giveUp closes those that have not got in.
func (s *stage) giveUp(all []client) {
	for _, c := range all {
		if s.state(c) != "ESTABLISHED" {
			_ = s.clients().CloseSocket(c.fd)
		}
	}
}

// state names the state of a client's socket as ss does.
func (s *stage) state(c client) string {
	ready, err := s.clients().Select(c.fd)
	switch {
	case err != nil || ready.Except || ready.Read && s.broken(c):
		return "CLOSE"
	case ready.Write:
		return "ESTABLISHED"
	}
	return "SYN_SENT"
}

// broken reports whether a connection is over: nothing can be sent any more.
func (s *stage) broken(c client) bool {
	clone := s.clients().Clone()
	_, err := clone.Send(c.fd, 1)
	return err != nil
}

func (s *stage) count(all []client, state string) int {
	n := 0
	for _, c := range all {
		if s.state(c) == state {
			n++
		}
	}
	return n
}

func (s *stage) observeClients(what string, all []client) {
	between := ": "
	if what == "" {
		between = ""
	}
	s.observe(what+between+"ESTABLISHED", s.count(all, "ESTABLISHED"))
	s.observe(what+between+"SYN_SENT", s.count(all, "SYN_SENT"))
}

func (s *stage) queue(l netmodel.FD) netmodel.Queue {
	q, _ := s.host().Queue(l)
	return q
}

func (s *stage) observeQueue(what string, l netmodel.FD) {
	s.observe(named(what, "Recv-Q"), s.queue(l).Complete)
	s.observe(named(what, "Send-Q"), s.queue(l).Effective)
}

// accept accepts one connection and says what the call said.
func (s *stage) accept(l netmodel.FD) (netmodel.Accepted, string) {
	a, err := s.host().Accept(l)
	return a, result(err)
}

// take accepts up to n connections.
func (s *stage) take(l netmodel.FD, n int) []netmodel.Accepted {
	var all []netmodel.Accepted
	for len(all) < n {
		a, err := s.host().Accept(l)
		if err != nil {
			break
		}
		all = append(all, a)
	}
	return all
}

// drain accepts everything.
func (s *stage) drain(l netmodel.FD) ([]netmodel.Accepted, string) {
	all := s.take(l, netmodel.MaxBacklog)
	_, says := s.accept(l)
	return all, says
}

// order says in which order clients were accepted. Ports ascend with clients.
func order(accepted []netmodel.Accepted) string {
	if slices.IsSortedFunc(accepted, func(a, b netmodel.Accepted) int { return int(a.Peer.Port) - int(b.Peer.Port) }) {
		return "first in, first out"
	}
	var ports []string
	for _, a := range accepted {
		ports = append(ports, strconv.Itoa(int(a.Peer.Port)))
	}
	return strings.Join(ports, " ")
}

// whom names the client of an accepted connection, the first that connected 1.
func (s *stage) whom(a netmodel.Accepted) string {
	return fmt.Sprint("client ", int(a.Peer.Port)-int(s.profile.PortMin)+1)
}

// result is what a call said: OK, or the name of the error.
func result(err error) string {
	e, ok := err.(winsock.Errno)
	switch {
	case err == nil:
		return "OK"
	case ok:
		return e.Unix()
	}
	return err.Error()
}

// read reads one byte and says what came.
func read(h *netmodel.Host, fd netmodel.FD) string {
	n, err := h.Receive(fd, 1)
	switch {
	case err != nil:
		return result(err)
	case n == 0:
		return "EOF"
	}
	return fmt.Sprint(n, " bytes")
}

func write(h *netmodel.Host, fd netmodel.FD) string {
	_, err := h.Send(fd, 1)
	return result(err)
}

func wholeSeconds(t sim.Time) string { return fmt.Sprint(int64(t)/int64(time.Second), " s") }

// Known says why the model shows something else than the kernel in a place where
// that is known, "" elsewhere.
func Known(trial, observation string) string {
	if trial == "no-listener" && observation == "the same socket again: connect" {
		return "after a non-blocking connect that failed, Linux spends one more call on saying so"
	}
	return ""
}
