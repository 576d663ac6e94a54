package simnettest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/hooks"
	"wspsim/sim"
)

// Burst is the function Burst on the network of the test. Each call draws other
// instants.
func (t *T) Burst(n int, within time.Duration, f func(*simnet.Dialer) error) []error {
	t.Helper()
	if n < 0 || within < 0 {
		t.Fatalf("Burst(%d, %v): want 0 clients or more, and no negative time", n, within)
	}
	t.bursts++
	return burst(t.Net, t.bursts, n, within, f)
}

// Burst calls f n times, each in a goroutine of its own and with a dialer of its
// own. The instants of the calls are spread over a time at random, by the seed of the
// network.
// It returns when all have returned, with the errors that they gave, nil for none; Group
// makes a few lines of many.
//
// A dialer has a name, client-1 to client-n, and runs on the host "clients". Burst makes
// that host if there is none, and without a limit of descriptors: Config.Descriptors is
// for the server.
func Burst(net *simnet.Network, n int, within time.Duration, f func(*simnet.Dialer) error) []error {
	return burst(net, 1, n, within, f)
}

func burst(net *simnet.Network, number uint64, n int, within time.Duration, f func(*simnet.Dialer) error) []error {
	type result struct {
		client int
		err    error
	}
	host := hooks.UnlimitedHost(net, "clients").(*simnet.Host)
	results := make(chan result)
	for i := range n {
		d := host.Dialer(clientName(i))
		draw := sim.Stream(net.Config().Seed, number<<32|uint64(i), purposeBurst)
		wait := draw.Duration(within + 1)
		go func() {
			r := result{i, errEnded}
			defer func() { results <- r }() // also if f ends its goroutine, as FailNow does
			time.Sleep(wait)
			r.err = f(d)
		}()
	}
	failed := make([]error, n)
	for range n {
		r := <-results
		if r.err != nil {
			failed[r.client] = &clientError{clientName(r.client), r.err}
		}
	}
	if failed = slices.DeleteFunc(failed, func(err error) bool { return err == nil }); len(failed) == 0 {
		return nil
	}
	return failed
}

func clientName(i int) string { return "client-" + strconv.Itoa(i+1) }

// errEnded is what a client of Burst gives whose goroutine was ended.
var errEnded = errors.New("it did not return")

const purposeBurst sim.Purpose = 1 << 16

// clientError is the error of one client of a burst.
type clientError struct {
	client string
	err    error
}

func (e *clientError) Error() string { return e.client + ": " + e.err.Error() }
func (e *clientError) Unwrap() error { return e.err }

// Group makes one error of those that are alike, as a crowd gives them: "26 times, the
// first client-1: dial tcp 10.1.0.1:80: connectex: errno 10061". Errors are alike if they
// have the same text, but for the name of the client and the local port of a connection.
// errors.Is and errors.As find the first of each kind. The order is that of the first.
//
//	for _, err := range simnettest.Group(t.Burst(300, time.Second, request)) {
//		t.Error(err)
//	}
func Group(errs []error) []error {
	var groups []*groupError
	for _, err := range errs {
		if err == nil {
			continue
		}
		kind := kindOf(err)
		i := slices.IndexFunc(groups, func(g *groupError) bool { return g.kind == kind })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &groupError{kind: kind, first: err})
		}
		groups[i].count++
	}
	grouped := make([]error, len(groups))
	for i, g := range groups {
		grouped[i] = g
	}
	return grouped
}

// groupError is some errors that are alike.
type groupError struct {
	kind  string
	first error
	count int
}

func (e *groupError) Error() string {
	if e.count == 1 {
		return e.first.Error()
	}
	return fmt.Sprintf("%d times, the first %v", e.count, e.first)
}

func (e *groupError) Unwrap() error { return e.first }

// kindOf is the text of an error without what tells one client from another.
func kindOf(err error) string {
	var of *clientError
	if errors.As(err, &of) {
		err = of.err
	}
	text := err.Error()
	return localPort.ReplaceAllString(text, "->")
}

// localPort is what the two ends of a connection stand around in an error of package net:
// "read tcp 10.1.0.2:49153->10.1.0.1:80: ...".
var localPort = regexp.MustCompile(`:\d+->`)
