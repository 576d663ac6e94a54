package kernel

import (
	"context"
	"fmt"
	"syscall"
)

// An init function, because what is for Linux only has to put itself into
// what is compiled everywhere: a variable cannot be declared there and given
// its value here.
func init() {
	available = canObserve
	trials = allTrials()
}

// canObserve tries whether this kernel shows the queue of a listener; some
// sandboxes call themselves Linux and do not.
func canObserve() error {
	if _, err := readSettings(); err != nil {
		return fmt.Errorf("the settings of this kernel cannot be read: %w", err)
	}
	s := newStage(context.Background())
	defer s.curtain()
	l := s.listen(1)
	s.queue(l)
	s.connect(s.tcp(), l)
	if s.err != nil {
		return fmt.Errorf("a listener on 127.0.0.1 cannot be observed here: %w", s.err)
	}
	return nil
}

func allTrials() []Trial {
	var all []Trial
	for _, backlog := range []int{-1, 0, 1, 2, 5, 14, 128} {
		name := fmt.Sprintf("fill-%d", backlog)
		if backlog == -1 {
			name = "fill-minus-1"
		}
		what := fmt.Sprintf("listen(%d); %d more connects than fit, one after the other; then accept all", backlog, excess)
		all = append(all, plain(name, what, fill(backlog)))
	}
	all = append(all,
		plain("relisten-5-2", "listen(5), full; listen(2); accept until there is room again", relistenDown(5, 2)),
		plain("relisten-8-0", "listen(8), full; listen(0); accept until there is room again", relistenDown(8, 0)),
		plain("relisten-2-8", "listen(2), full, 5 more clients wait; listen(8)", relistenUp),
		plain("emfile", "listen(5), 3 pending, no descriptor free: accept, more connects, listen; then close one descriptor", exhausted),
		plain("close-listener", "listen(1), 2 pending, 3 more clients wait; close the listener", closeListener),
		plain("client-reset", "listen(1), full; a pending client resets; another connects; accept", clientResets),
		plain("client-end", "listen(1), full; a pending client closes; another connects; accept", clientEnds),
		plain("believers", "listen(5), full, 10 more clients wait; accept 3, and when the clients have sent SYN again accept all", believers),
		plain("reuseport", "two listeners with SO_REUSEPORT and listen(3); 40 connects", reusePort),
		plain("defer-accept", "TCP_DEFER_ACCEPT and listen(3); 10 clients connect and send nothing", deferAccept),
	)
	for _, backlog := range []int{0, 1, 2, 5} {
		what := fmt.Sprintf("listen(%d) on a stream socket of AF_UNIX; connect until it fails; accept one; connect", backlog)
		all = append(all, plain(fmt.Sprintf("unix-%d", backlog), what, fillUnix(backlog)))
	}
	all = append(all,
		plain("no-listener", "connect to a port where nobody listens, before and after listen", noListener),
		plain("errnos", "listen, accept and connect on sockets that are in no state for it", errnos),
	)
	return append(all, namespaceTrials()...)
}

// turn is held by the trial that is being played: one of them takes all
// descriptors away, and the others measure time.
var turn = make(chan struct{}, 1)

// plain is an experiment under the settings of the machine.
func plain(name, what string, act func(*stage)) Trial {
	return Trial{Name: name, What: what, Play: func(ctx context.Context) ([]Observation, error) {
		return inTurn(ctx, func() ([]Observation, error) { return play(ctx, act) })
	}}
}

func inTurn(ctx context.Context, play func() ([]Observation, error)) ([]Observation, error) {
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
		return play()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func play(ctx context.Context, act func(*stage)) ([]Observation, error) {
	s := newStage(ctx)
	defer s.curtain()
	act(s)
	if !s.going() {
		return nil, s.err
	}
	return s.seen, nil
}

// descriptorsFree ends the experiment if this process cannot open so many.
func (s *stage) descriptorsFree(n int) {
	var limit syscall.Rlimit
	s.check("getrlimit", syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	s.need(limit.Cur > uint64(n), "it opens %d descriptors, and this process may have %d", n, limit.Cur)
}
