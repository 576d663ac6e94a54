package compat

import (
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	socks5armon "github.com/armon/go-socks5"
	imap1 "github.com/emersion/go-imap/server"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-smtp"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	"github.com/miekg/dns"
	"github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/soheilhy/cmux"
	socks5things "github.com/things-go/go-socks5"
	"github.com/valyala/fasthttp"
	"golang.org/x/net/netutil"
	"google.golang.org/grpc"

	"wspsim/netmodel/simnet/acceptcheck"
)

// quiet takes what servers log.
var quiet = log.New(io.Discard, "", 0)

func unwrapped(l net.Listener) net.Listener { return l }

func serveGin(l net.Listener) error {
	gin.SetMode(gin.ReleaseMode)
	log.SetOutput(io.Discard) // RunListener makes an http.Server that logs to it
	defer log.SetOutput(os.Stderr)
	return gin.New().RunListener(l)
}

func serveHTTP(l net.Listener) error {
	return (&http.Server{Handler: http.NotFoundHandler(), ErrorLog: quiet}).Serve(l)
}

func serveSMTP(l net.Listener) error {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return nil, smtp.ErrAuthUnsupported }))
	s.ErrorLog = quiet
	return s.Serve(l)
}

func serveIMAP1(l net.Listener) error {
	s := imap1.New(nil) // nobody logs in
	s.ErrorLog = quiet
	return s.Serve(l)
}

func serveIMAP2(l net.Listener) error {
	return imapserver.New(&imapserver.Options{
		Logger: quiet,
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return nobody{}, nil, nil
		},
	}).Serve(l)
}

// nobody is a session that is never logged in.
type nobody struct{ imapserver.Session }

func (nobody) Close() error { return nil }

func serveFiber(l net.Listener) error {
	return fiber.New(fiber.Config{DisableStartupMessage: true}).Listener(l)
}

func serveFastHTTP(l net.Listener) error {
	return (&fasthttp.Server{Handler: echo, Logger: quiet}).Serve(l)
}

func serveSocksArmon(l net.Listener) error {
	s, err := socks5armon.New(&socks5armon.Config{Logger: quiet})
	if err != nil {
		return err
	}
	return s.Serve(l)
}

func serveSocksThings(l net.Listener) error {
	return socks5things.NewServer(socks5things.WithLogger(socks5things.NewLogger(quiet))).Serve(l)
}

// serveMQTT calls what Server.Serve of mochi starts for each listener, and which alone
// tells when the loop ends.
func serveMQTT(l net.Listener) error {
	logger := slog.New(slog.DiscardHandler)
	s, n := mqtt.New(&mqtt.Options{Logger: logger}), listeners.NewNet("mqtt", l)
	if err := n.Init(logger); err != nil {
		return err
	}
	n.Serve(s.EstablishConnection)
	return errors.New("the loop of mochi is over")
}

func serveDNS(l net.Listener) error { return (&dns.Server{Listener: l}).ActivateAndServe() }

func serveMux(l net.Listener) error {
	m := cmux.New(l)
	go serveHTTP(m.Match(cmux.HTTP1Fast()))
	return m.Serve()
}

// temporary are the errors after which a server continues if it calls net.Error.Temporary:
// EMFILE and ENFILE (Go 1.26: syscall/syscall_unix.go, Errno.Temporary).
var temporary = []string{"EMFILE", "ENFILE", "idle clients hold all"}

// lasting are the errors of accept that are not temporary.
var lasting = []string{"ENOBUFS", "ENOMEM", "ECONNABORTED", "WSAEMFILE", "WSAENOBUFS", "WSAENETDOWN", "WSAECONNRESET"}

// TestWhatRealServersDo wants the verdict that follows from the accept loop of each server. Each
// server recovers in all incidents that are neither temporary nor lasting.
func TestWhatRealServersDo(t *testing.T) {
	new(fasthttp.ResponseHeader).Header() // starts its clock, as inFast does
	const (
		recovered = acceptcheck.Recovered
		died      = acceptcheck.Died
		spun      = acceptcheck.Spun
		stuck     = acceptcheck.Stuck
	)
	for _, x := range []struct {
		name      string
		wrap      func(net.Listener) net.Listener
		serve     func(net.Listener) error
		temporary acceptcheck.Verdict // in EMFILE and its like
		lasting   acceptcheck.Verdict // in errors that are not temporary
		idle      acceptcheck.Verdict // when closed with idle clients
		waits     bool                // until they have left
		source    string
		why       string
	}{
		{"net/http", unwrapped, serveHTTP, recovered, died, recovered, false, "net/http/server.go, Server.Serve", "sleeps 5 ms to 1 s if the error is Temporary, returns any other"},
		{"gin", unwrapped, serveGin, recovered, died, recovered, false, "gin.go, Engine.RunListener", "calls http.Server.Serve"},
		{"gRPC", unwrapped, func(l net.Listener) error { return grpc.NewServer().Serve(l) }, recovered, died, recovered, false, "server.go, Server.Serve", "waits 5 ms to 1 s if the error is Temporary"},
		{"go-smtp", unwrapped, serveSMTP, recovered, died, recovered, false, "server.go, Server.Serve", "sleeps 5 ms to 1 s if the error is Temporary"},
		{"go-imap v2", unwrapped, serveIMAP2, recovered, died, recovered, false, "imapserver/server.go, Server.Serve", "sleeps 5 ms to 1 s if the error is Temporary; v1 does not"},
		{"LimitListener", func(l net.Listener) net.Listener { return netutil.LimitListener(l, 4) }, serveHTTP, recovered, died, recovered, false, "netutil/listen.go, limitListener.acquire", "its Close wakes those that wait for a place"},
		{"LimitListener, closed below", unwrapped, func(l net.Listener) error { return serveHTTP(netutil.LimitListener(l, 4)) }, recovered, died, stuck, false, "netutil/listen.go, limitListener.acquire", "only its own Close wakes those that wait"},
		{"fasthttp", unwrapped, serveFastHTTP, died, died, recovered, false, "server.go, acceptConn", "sleeps 1 s if the error is a Timeout, returns any other"},
		{"fiber", unwrapped, serveFiber, died, died, recovered, false, "listen.go, App.Listener", "calls fasthttp.Server.Serve"},
		{"go-imap v1", unwrapped, serveIMAP1, died, died, recovered, false, "server/server.go, Server.Serve", "returns any error"},
		{"armon/go-socks5", unwrapped, serveSocksArmon, died, died, recovered, false, "socks5.go, Server.Serve", "returns any error"},
		{"things-go/go-socks5", unwrapped, serveSocksThings, died, died, recovered, false, "server.go, Server.Serve", "returns any error"},
		{"mochi-mqtt", unwrapped, serveMQTT, died, died, recovered, false, "listeners/net.go, Net.Serve", "returns upon any error"},
		{"miekg/dns", unwrapped, serveDNS, spun, died, recovered, false, "server.go, Server.serveTCP", "asks again at once if the error is Temporary; connections have a read timeout of 2 s"},
		{"cmux", unwrapped, serveMux, spun, died, recovered, true, "cmux.go, cMux.Serve and handleErr", "asks again at once if the error is Temporary; waits for those whose first bytes it reads"},
	} {
		t.Run(x.name, func(t *testing.T) {
			report := acceptcheck.RunWrapped(t, x.wrap, x.serve)
			want := map[string]acceptcheck.Verdict{"close with idle clients": x.idle}
			for _, incident := range temporary {
				want[incident] = x.temporary
			}
			for _, incident := range lasting {
				want[incident] = x.lasting
			}
			if strings.HasPrefix(x.name, "LimitListener") {
				want["idle clients hold all"] = acceptcheck.NotMet // four connections do not use up 20 descriptors
			}
			for _, r := range report {
				if r.Verdict != want[r.Incident] {
					t.Errorf("%s: got\n%v\nwant %v: %s: %s", x.name, r, want[r.Incident], x.source, x.why)
				}
			}
			if r, _ := report.Result("close with idle clients"); r.Waited != x.waits {
				t.Errorf("%s: Waited: got %v, want %v: %s: %s", x.name, r.Waited, x.waits, x.source, x.why)
			}
		})
	}
}

const clockServer = "COMPAT_CLOCK"

// TestAServerWithAClock is what the process of the next test runs: the clock is to begin
// in a bubble, and begins once in a process.
func TestAServerWithAClock(t *testing.T) {
	if os.Getenv(clockServer) == "" {
		t.Skip("another test runs it in a process of its own")
	}
	t.Logf("\n%v", acceptcheck.Run(t, serveFiber))
}

func TestTheClockOfFastHTTPIsNamed(t *testing.T) {
	command := exec.Command(os.Args[0], "-test.run=^TestAServerWithAClock$", "-test.v", "-test.timeout=30s")
	command.Env = append(os.Environ(), clockServer+"=1")
	b, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("fiber with a clock that begins in a bubble: got %v, want the battery to end\n%s", err, b)
	}
	if want := "left behind, waits or sleeps for ever: github.com/valyala/fasthttp."; !strings.Contains(string(b), want) {
		t.Errorf("fiber with a clock that begins in a bubble: the report lacks %q\n%s", want, b)
	}
}
