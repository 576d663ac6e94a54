package acceptcheck_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"wspsim/netmodel/simnet/acceptcheck"
)

// An incident that a server has not met is no recovery: it says so by its verdict.
func TestAnIncidentThatIsNotMetIsNoRecovery(t *testing.T) {
	report := acceptcheck.Run(t, func(l net.Listener) error {
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			c.Close()
		}
	})
	for _, incident := range []string{"WSAEMFILE", "idle clients hold all"} {
		r, _ := report.Result(incident)
		if r.Verdict != acceptcheck.NotMet || !r.OK() || r.Fails > 0 {
			t.Errorf("a server that closes each connection at once, in %s: %v, OK %v, want not met, which is no failure", incident, r, r.OK())
		}
	}
	if got := report.String(); !strings.Contains(got, "WSAEMFILE                not met   the server made no call of Accept that could fail\n") {
		t.Errorf("the report does not say that WSAEMFILE was not met:\n%s", got)
	}
}

func TestTheReportSaysWhetherALimitWasReached(t *testing.T) {
	const said = "with 16 connections open it still accepted, so no limit of connections was reached"
	for _, x := range []struct {
		name   string
		places int // 0 = no limit
		want   bool
		why    string
	}{
		{"no limit", 0, true, "there is none to reach"},
		{"20 places", 20, true, "16 clients do not reach it"},
		{"17 places", 17, true, "one is free, for which an Accept waits"},
		{"16 places", 16, false, "the next waits for a place"},
		{"4 places", 4, false, "the fifth waits for a place"},
	} {
		wrap := func(l net.Listener) net.Listener {
			if x.places == 0 {
				return l
			}
			return newPlaced(l, x.places, true)
		}
		report := acceptcheck.RunWrapped(t, wrap, func(l net.Listener) error { return http.Serve(patient{l}, http.NotFoundHandler()) })
		r, _ := report.Result("close with idle clients")
		if got := strings.Contains(r.String(), said); got != x.want {
			t.Errorf("%s: %v\nit says that no limit was reached: %v, want %v: %s", x.name, r, got, x.want, x.why)
		}
	}
}
