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

// Burst calls the function Burst with the network of the test. Each call draws different
// instants.
func (t *T) Burst(n int, within time.Duration, f func(*simnet.Dialer) error) []error {
	t.Helper()
	if n < 0 || within < 0 {
		t.Fatalf("Burst(%d, %v): want at least 0 clients and a time of at least 0", n, within)
	}
	t.bursts++
	return burst(t.Net, t.bursts, n, within, f)
}

// Burst calls f n times, each time in a new goroutine with a new dialer. The instants of the
// calls are random within the given time, by the seed of the network. Burst returns when all
// calls have returned. It returns their errors, nil if there are none. Group shortens a long
// list of errors.
//
// The dialers are named client-1 to client-n and run on the host "clients". If there is no such
// host, Burst makes it without a limit of descriptors, because Config.Descriptors is for the
// server.
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
			defer func() { results <- r }() // also if f ends its goroutine with FailNow
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

// errEnded is the error of a client whose goroutine ended before f returned.
var errEnded = errors.New("its function did not return")

const purposeBurst sim.Purpose = 1 << 16

// clientError is the error of one client of a burst.
type clientError struct {
	client string
	err    error
}

func (e *clientError) Error() string { return e.client + ": " + e.err.Error() }
func (e *clientError) Unwrap() error { return e.err }

// Group joins similar errors into one: "26 times, the first client-1: dial tcp 10.1.0.1:80:
// connectex: errno 10061". Errors are similar if their texts differ only in the name of the
// client and the local port of a connection. errors.Is and errors.As find the first error of
// each group. Groups are in the order of their first errors.
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

// groupError is a group of similar errors.
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

// kindOf returns the text of an error without the name and local port of the client.
func kindOf(err error) string {
	var of *clientError
	if errors.As(err, &of) {
		err = of.err
	}
	text := err.Error()
	return localPort.ReplaceAllString(text, "->")
}

// localPort matches the local port and the arrow in an error of package net:
// "read tcp 10.1.0.2:49153->10.1.0.1:80: ...".
var localPort = regexp.MustCompile(`:\d+->`)
