package acceptcheck_test

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel/simnet/acceptcheck"
)

// serveHTTP is the loop of the standard library.
func serveHTTP(l net.Listener) error {
	s := http.Server{ErrorLog: log.New(io.Discard, "", 0)}
	return s.Serve(l)
}

// good gets over everything: it pauses after an error, and ends when the listener is
// closed.
func good(l net.Listener) error {
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			time.Sleep(50 * time.Millisecond)
		default:
			go c.Close()
		}
	}
}

func TestAGoodServerPassesTheBattery(t *testing.T) {
	report := acceptcheck.Run(t, good)
	for _, r := range report.Failed() {
		t.Errorf("a server that pauses after every error: %v, want it to recover", r)
	}
	if got, want := len(report), len(acceptcheck.Troubles()); got != want {
		t.Errorf("%d results, want one for each of %d troubles", got, want)
	}
}

// Its weaknesses are real: Serve goes on only after errors that call themselves
// temporary, which of all these are EMFILE and ENFILE (Go 1.26).
func TestNetHTTPDiesOfWhatIsNotTemporary(t *testing.T) {
	report := acceptcheck.Run(t, serveHTTP)
	died := []string{"ENOBUFS", "ENOMEM", "ECONNABORTED", "WSAEMFILE", "WSAENOBUFS", "WSAENETDOWN", "WSAECONNRESET"}
	for _, r := range report {
		want := acceptcheck.Recovered
		if slices.Contains(died, r.Trouble) {
			want = acceptcheck.Died
		}
		if r.Verdict != want {
			t.Errorf("http.Server.Serve in %s: %v, want %v: %v", r.Trouble, r.Verdict, want, r)
		}
	}
}

// 5, 10, 20 ... 640 ms, 1 s, 1 s: ten failures in three seconds.
func TestNetHTTPBacksOffFrom5MillisecondsToASecond(t *testing.T) {
	r, _ := acceptcheck.Run(t, serveHTTP).Result("EMFILE")
	if r.Fails != 10 || r.Rate != 8 || r.After > time.Second {
		t.Errorf("http.Server without descriptors for 3 s: %d failed accepts, %d in one second, recovered after %v; want 10, 8, within 1s", r.Fails, r.Rate, r.After)
	}
}

// WSAEMFILE is not among what they are caught in: on Windows an accept that waits has
// its socket already, so a server that closes each connection at once never meets it.
func TestBadServersAreCaught(t *testing.T) {
	for _, x := range []struct {
		name  string
		serve func(net.Listener) error
		want  map[string]acceptcheck.Verdict
		why   string
	}{
		{"asks again at once", func(l net.Listener) error {
			for {
				c, err := l.Accept()
				if errors.Is(err, net.ErrClosed) {
					return err
				}
				if err == nil {
					c.Close()
				}
			}
		}, verdicts(acceptcheck.Spun, "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "WSAENOBUFS", "WSAENETDOWN"),
			"no pause after an error that lasts"},
		{"asks for ever", func(l net.Listener) error {
			for {
				if c, err := l.Accept(); err == nil {
					c.Close()
				} else {
					time.Sleep(100 * time.Microsecond)
				}
			}
		}, verdicts(acceptcheck.Spun, "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "WSAENOBUFS", "WSAENETDOWN", "close with full queue", "shutdown under load", "listen again"),
			"does not end when its listener is closed, and pauses for too short"},
		{"gives up", func(l net.Listener) error {
			for {
				c, err := l.Accept()
				if err != nil {
					return err
				}
				c.Close()
			}
		}, verdicts(acceptcheck.Died, "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ECONNABORTED", "WSAENOBUFS", "WSAENETDOWN", "WSAECONNRESET"),
			"the loop of most examples"},
		{"waits too long", func(l net.Listener) error {
			for {
				c, err := l.Accept()
				switch {
				case errors.Is(err, net.ErrClosed):
					return err
				case err != nil:
					time.Sleep(time.Minute)
				default:
					c.Close()
				}
			}
		}, verdicts(acceptcheck.Stuck, "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ECONNABORTED", "WSAENOBUFS", "WSAENETDOWN", "WSAECONNRESET"),
			"a minute after each error"},
		{"forgets", func(l net.Listener) error {
			for {
				if _, err := l.Accept(); err != nil {
					return err
				}
			}
		}, verdicts(acceptcheck.Stuck, "overflow", "slow accept"),
			"accepts and does nothing with the connection"},
		{"one at a time", func(l net.Listener) error {
			for {
				c, err := l.Accept()
				if err != nil {
					return err
				}
				time.Sleep(10 * time.Second)
				c.Close()
			}
		}, verdicts(acceptcheck.Lost, "overflow", "slow accept"),
			"ten seconds for each, and all others wait"},
	} {
		t.Run(x.name, func(t *testing.T) {
			report := acceptcheck.Run(t, x.serve)
			for trouble, want := range x.want {
				if r, ok := report.Result(trouble); !ok || r.Verdict != want {
					t.Errorf("a server that %s, in %s: %v, want %v: %s", x.name, trouble, r, want, x.why)
				}
			}
		})
	}
}

func verdicts(v acceptcheck.Verdict, troubles ...string) map[string]acceptcheck.Verdict {
	m := map[string]acceptcheck.Verdict{}
	for _, x := range troubles {
		m[x] = v
	}
	return m
}

func TestAReportSaysWhatHappened(t *testing.T) {
	text := acceptcheck.Run(t, serveHTTP).String()
	for _, want := range []string{
		"EMFILE                 recovered 10 failed accepts, at most 8 in one second; served again ",
		"ENOBUFS                died      Serve returned: accept tcp 10.1.0.1:80: accept4: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report of http.Server lacks %q:\n%s", want, text)
		}
	}
}
