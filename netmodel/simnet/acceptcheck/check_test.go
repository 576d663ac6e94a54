package acceptcheck_test

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet/acceptcheck"
	"wspsim/netmodel/winsock"
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
	if got, want := len(report), len(acceptcheck.Incidents()); got != want {
		t.Errorf("%d results, want one for each of %d incidents", got, want)
	}
}

// Its weaknesses are real: Serve goes on only after errors that call themselves
// temporary, which of all these are EMFILE and ENFILE (Go 1.26).
func TestNetHTTPDiesOfWhatIsNotTemporary(t *testing.T) {
	report := acceptcheck.Run(t, serveHTTP)
	hidden := []string{"ECONNABORTED", "WSAECONNRESET"}
	failed := []string{"ENOBUFS", "ENOMEM", "WSAEMFILE", "WSAENOBUFS", "WSAENETDOWN"}
	for _, r := range report {
		want := acceptcheck.Recovered
		if slices.Contains(failed, r.Incident) || slices.Contains(hidden, r.Incident) {
			want = acceptcheck.Died
		}
		if r.Verdict != want {
			t.Errorf("http.Server.Serve in %s: %v, want %v: %v", r.Incident, r.Verdict, want, r)
		}
		if got, want := r.Hidden, slices.Contains(hidden, r.Incident); got != want {
			t.Errorf("%s: Hidden: got %v, want %v (Go 1.26: internal/poll, FD.Accept)", r.Incident, got, want)
		}
	}
	var got []string
	for _, r := range report.Failed() {
		got = append(got, r.Incident)
	}
	if !slices.Equal(got, failed) {
		t.Errorf("Failed() of http.Server.Serve: got %q, want %q: what package net hides is no failure", got, failed)
	}
}

// Result.System says which of them a server for one system can leave out.
func TestAServerForOneSystemLeavesOutTheOthers(t *testing.T) {
	for _, r := range acceptcheck.Run(t, good) {
		want := profiles.Linux().Name
		if strings.HasPrefix(r.Incident, "WSA") || strings.HasSuffix(r.Incident, "on Windows") {
			want = profiles.Windows().Name
		}
		if r.System != want {
			t.Errorf("%s: System: got %q, want %q", r.Incident, r.System, want)
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
			for _, r := range report {
				checkReasons(t, r)
			}
			for incident, want := range x.want {
				if r, ok := report.Result(incident); !ok || r.Verdict != want {
					t.Errorf("a server that %s, in %s: %v, want %v: %s", x.name, incident, r, want, x.why)
				}
			}
		})
	}
}

// A server may end, or accept nobody, for a reason that has nothing to do with the incident.
func TestAReasonIsTheServersOwn(t *testing.T) {
	for _, x := range []struct {
		name     string
		serve    func(net.Listener) error
		verdict  acceptcheck.Verdict
		why, fix string // what they begin with
	}{
		{"returns at once", func(net.Listener) error { return nil }, acceptcheck.Died,
			"No call of Accept had failed", "Return from Serve only when"},
		{"returns at its own deadline", func(l net.Listener) error {
			if err := l.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(time.Millisecond)); err != nil {
				return err
			}
			_, err := l.Accept()
			return err
		}, acceptcheck.Died, "No call of Accept had failed, except at a deadline", "Return from Serve only when"},
		{"panics", func(net.Listener) error { panic("as this server is meant to") }, acceptcheck.Died,
			"A panic ends the whole program", "Fix the panic"},
		{"never accepts", func(net.Listener) error { select {} }, acceptcheck.Stuck,
			"A process runs out of descriptors", "Call Accept in a loop"},
		{"accepts one", func(l net.Listener) error {
			c, err := l.Accept()
			if err == nil {
				c.Close()
			}
			select {}
		}, acceptcheck.Stuck, "A process runs out of descriptors", "Call Accept in a loop"},
	} {
		t.Run(x.name, func(t *testing.T) {
			report := acceptcheck.Run(t, x.serve)
			for _, r := range report {
				checkReasons(t, r)
			}
			// On Windows, for there an accept that waits has its socket and does not fail.
			if r, _ := report.Result("WSAEMFILE"); r.Verdict != x.verdict || x.verdict == acceptcheck.Died && !strings.HasPrefix(r.Why, x.why) || !strings.HasPrefix(r.Fix, x.fix) {
				t.Errorf("a server that %s, in WSAEMFILE: got\n%v\nwant %v, because %q, and %q", x.name, r, x.verdict, x.why, x.fix)
			}
		})
	}
}

// A deadline is how a server looks after something else, and no incident.
func TestADeadlineOfTheServerIsNoFailedAccept(t *testing.T) {
	report := acceptcheck.Run(t, func(l net.Listener) error {
		deadline := l.(interface{ SetDeadline(time.Time) error }).SetDeadline
		for {
			if err := deadline(time.Now().Add(100 * time.Millisecond)); err != nil {
				return err
			}
			c, err := l.Accept()
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded):
			case errors.Is(err, net.ErrClosed):
				return nil
			case err != nil:
				time.Sleep(5 * time.Millisecond)
			default:
				go serveConn(c)
			}
		}
	})
	for _, r := range report.Failed() {
		t.Errorf("a server that looks up every 100 ms: %v, want it to recover", r)
	}
	for incident, want := range map[string]int{"overflow": 0, "ECONNABORTED": 1} {
		if r, _ := report.Result(incident); r.Fails != want {
			t.Errorf("a server that looks up every 100 ms, in %s: %d failed accepts, want %d", incident, r.Fails, want)
		}
	}
}

func TestAFunctionThatIsNilEndsTheTest(t *testing.T) {
	for name, want := range map[string]string{
		"serve":   "acceptcheck: a nil function",
		"wrap":    "acceptcheck: a nil function",
		"wrapped": "acceptcheck.RunWrapped: wrap returned nil",
	} {
		command := exec.Command(os.Args[0], "-test.run=^TestANilFunction$")
		command.Env = append(os.Environ(), nilFunction+"="+name)
		b, err := command.CombinedOutput()
		if got := string(b); err == nil || !strings.Contains(got, want) || strings.Contains(got, "goroutine") {
			t.Errorf("a %s that is nil: %v, want a failed test with %q, and no stack:\n%s", name, err, want, got)
		}
	}
}

const nilFunction = "ACCEPTCHECK_NIL"

// TestANilFunction is what the processes of the test above run.
func TestANilFunction(t *testing.T) {
	same := func(l net.Listener) net.Listener { return l }
	switch os.Getenv(nilFunction) {
	case "serve":
		acceptcheck.RunWrapped(t, same, nil)
	case "wrap":
		acceptcheck.RunWrapped(t, nil, good)
	case "wrapped":
		acceptcheck.RunWrapped(t, func(net.Listener) net.Listener { return nil }, good)
	default:
		t.Skip("it fails, and another test runs it in a process of its own")
	}
}

func verdicts(v acceptcheck.Verdict, incidents ...string) map[string]acceptcheck.Verdict {
	m := map[string]acceptcheck.Verdict{}
	for _, x := range incidents {
		m[x] = v
	}
	return m
}

func TestAReportSaysWhatHappened(t *testing.T) {
	text := acceptcheck.Run(t, serveHTTP).String()
	for _, want := range []string{
		"EMFILE                   recovered 10 failed accepts, at most 8 in one second; served again ",
		"ENOBUFS                  died      Serve returned: accept tcp 10.1.0.1:80: accept4: ",
		"\n\twhy:  The memory for sockets is limited for the whole system. After a short time it is free again. ",
		"The error is not temporary (net.Error.Temporary), so a loop like that of net/http ends.\n",
		"\n\tfix:  After an error of Accept that is not net.ErrClosed, pause ",
		"\n\tfix:  as for ENOBUFS\n",
		"package net hides this error",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report of http.Server lacks %q:\n%s", want, text)
		}
	}
}

// checkReasons checks that a result says why it matters and how to fix the server, in
// sentences of 25 words at most, unless there is nothing to fix.
func checkReasons(t *testing.T, r acceptcheck.Result) {
	t.Helper()
	for what, text := range map[string]string{"Why": r.Why, "Fix": r.Fix} {
		if got, want := text != "", r.Verdict != acceptcheck.Recovered && !(r.Verdict == acceptcheck.NotMet && what == "Fix"); got != want {
			t.Errorf("%s of %v in %s: got %q, want a text: %v", what, r.Verdict, r.Incident, text, want)
		}
		for sentence := range strings.SplitSeq(text, ". ") {
			if got := len(strings.Fields(sentence)); got > 25 {
				t.Errorf("%s of %v in %s: a sentence of %d words, want 25 at most: %q", what, r.Verdict, r.Incident, got, sentence)
			}
		}
	}
}

// The battery runs on any build, and a server meets the system of the profile. (Go 1.26:
// syscall/syscall_windows.go, Errno.Temporary and Errno.Timeout)
func TestNoErrorOfWindowsIsTemporaryOnThisBuild(t *testing.T) {
	for _, e := range winsock.Errnos() {
		if e == winsock.EPIPE {
			continue // not of Windows
		}
		if n := syscall.Errno(e); n.Temporary() || n.Timeout() {
			t.Errorf("syscall.Errno(%d), %v: Temporary: %v, Timeout: %v, want false as on Windows, where both ask for numbers that no call returns", n, e, n.Temporary(), n.Timeout())
		}
	}
}

// ENOBUFS stands for ENFILE on a build where that is not temporary.
func TestAnErrorOfUnixIsTemporaryOnEveryBuild(t *testing.T) {
	err := error(&net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", acceptcheck.AsOnUnix(syscall.ENOBUFS))})
	//lint:ignore SA1019 net/http asks for it, so it matters
	if ne, ok := err.(net.Error); !ok || !ne.Temporary() {
		t.Errorf("accept in %v: Temporary: got false, want true as that of ENFILE on Unix: syscall/syscall_unix.go", err)
	}
	if !errors.Is(err, syscall.ENOBUFS) {
		t.Errorf("errors.Is(%v, ENOBUFS): got false, want true", err)
	}
	if e := syscall.Errno(0); !errors.As(err, &e) || e != syscall.ENOBUFS {
		t.Errorf("errors.As(%v): got %v, want ENOBUFS", err, e)
	}
	if got := acceptcheck.AsOnUnix(syscall.EMFILE); got != error(syscall.EMFILE) {
		t.Errorf("EMFILE, which is temporary on every build: got %T, want the number itself", got)
	}
}

// The reports of two batteries are equal, whatever the scheduler does.
func TestABatteryRepeats(t *testing.T) {
	want := acceptcheck.Run(t, serveHTTP).String()
	for range 2 {
		if got := acceptcheck.Run(t, serveHTTP).String(); got != want {
			t.Errorf("a battery of http.Server for the second time: got\n%s\nwant\n%s", got, want)
		}
	}
}
