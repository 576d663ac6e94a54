package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel/trace/page"
)

const host = "127.0.0.1:8642"

// get asks a new server, and returns the status and the body.
func get(t *testing.T, method, target string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Host = host
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	New(host).Handler().ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func named(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }

func TestHostileRequestsAreRefused(t *testing.T) {
	for _, tt := range []struct {
		method, target string
		change         func(*http.Request)
		want           int
		why            string
	}{
		{"GET", "/", nil, 200, "the catalogue"},
		{"GET", "/", named("localhost:8642"), 200, "another name of the loopback address"},
		{"GET", "/", named("[::1]:8642"), 200, "and another"},
		{"GET", "/", named("evil.example:8642"), 421, "a name that was made to lead here"},
		{"GET", "/", named("127.0.0.1"), 421, "the right name without the port"},
		{"GET", "/", named("127.0.0.1:80"), 421, "another port"},
		{"GET", "/", named("127.0.0.1:8642.evil.example"), 421, "a name that begins like ours"},
		{"GET", "/", named(""), 421, "no name"},
		{"GET", "/run/overflow", named("192.168.1.7:8642"), 421, "an address where it does not listen"},
		{"POST", "/run/overflow", nil, 405, "a method that changes"},
		{"POST", "/", header("Origin", "https://evil.example"), 405, "a form of another page"},
		{"DELETE", "/", nil, 405, "DELETE"},
		{"CONNECT", "/", nil, 405, "CONNECT"},
		{"TRACE", "/", nil, 405, "TRACE"},
		{"OPTIONS", "/", header("Access-Control-Request-Method", "GET"), 405, "a question of another page"},
		{"GET", "/run/overflow", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Mode", "no-cors")
		}, 403, "a picture or script of another page"},
		{"GET", "/run/../../etc/passwd", nil, 307, "a path that climbs"},
		{"GET", "/run/..%2f..%2fetc%2fpasswd", nil, 404, "a path that climbs in disguise"},
		{"GET", "/etc/passwd", nil, 404, "a file of the machine"},
		{"GET", "/run/" + strings.Repeat("a", 5000), nil, 414, "a huge path"},
		{"GET", "/run/overflow?set=" + strings.Repeat("a", 5000), nil, 414, "a huge query"},
		{"GET", "/run/nosuch", nil, 404, "no such scenario"},
		{"GET", "/run/<script>alert(1)</script>", nil, 404, "markup as a name"},
		{"GET", "/run/overflow?profile=<script>", nil, 400, "markup as a profile"},
		{"GET", "/run/overflow?profile=wsp,windows,linux,freebsd", nil, 400, "four systems"},
		{"GET", "/run/overflow?seed=-1", nil, 400, "a seed below zero"},
		{"GET", "/run/overflow?seed=1&seed=2", nil, 400, "two seeds"},
		{"GET", "/run/overflow?set=backlog", nil, 400, "a setting without a value"},
		{"GET", "/run/overflow?what=1", nil, 400, "an unknown parameter"},
		{"GET", "/run/overflow?a=%zz", nil, 400, "a query that cannot be read"},
		{"GET", "/run/overflow?lesson=1", nil, 400, "a lesson that does not exist"},
		{"GET", "/run/burst?lesson=zz", nil, 400, "a lesson by a name that does not exist"},
		{"GET", "/run/burst?lesson=syn-flood", nil, 400, "a lesson about another scenario"},
		{"GET", "/run/burst?lesson=the-bench", nil, 200, "a lesson by its name"},
		{"GET", "/run/overflow?set=a=1" + strings.Repeat("&set=a=1", 60), nil, 400, "too many settings"},
		{"GET", "/run/burst?set=clients=4000000", nil, 400, "a run that is too large for a page"},
		{"GET", "/run/overflow?profile=linux&seed=7&set=backlog=2", nil, 200, "a run"},
		{"GET", "/course", nil, 200, "all lessons"},
		{"GET", "/run/overflow?do=5ms:knock&do=6ms:listen=3", nil, 200, "a run in which somebody acts"},
		{"GET", "/run/overflow?do=5ms:jump", nil, 400, "an action that does not exist"},
		{"GET", "/run/overflow?do=5ms:burst=10001", nil, 400, "a burst that is too large"},
		{"GET", "/run/overflow?do=-5ms:knock", nil, 400, "an instant before the run"},
		{"HEAD", "/run/overflow", nil, 200, "HEAD runs nothing"},
	} {
		res, body := get(t, tt.method, tt.target, tt.change)
		if res.StatusCode != tt.want {
			t.Errorf("%s: %s %.60s = %d, want %d: %.100s", tt.why, tt.method, tt.target, res.StatusCode, tt.want, body)
		}
		if strings.Contains(body, "<script>alert") || tt.want != 200 && strings.Contains(res.Header.Get("Content-Type"), "html") && res.StatusCode != 307 {
			t.Errorf("%s: an answer of status %d is markup: %.100s", tt.why, res.StatusCode, body)
		}
		policy := res.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(strings.ReplaceAll(policy, "'wasm-unsafe-eval'", ""), "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: the answer has the headers %v", tt.why, res.Header)
		}
	}
}

func TestOnePageHasTheSameGuards(t *testing.T) {
	html := []byte("<!doctype html><title>page</title>")
	h := New(host).OnePage(html, page.Document{}.Policy())
	if h.ReadHeaderTimeout == 0 || h.WriteTimeout == 0 || h.MaxHeaderBytes == 0 {
		t.Errorf("a limit is missing: %+v", h)
	}
	for _, tt := range []struct {
		method, target, host string
		want                 int
		why                  string
	}{
		{"GET", "/", host, 200, "the page"},
		{"HEAD", "/", host, 200, "its header"},
		{"GET", "/run/burst", host, 404, "no catalogue, and no run"},
		{"GET", "/", "evil.example:8642", 421, "a name that was made to lead here"},
		{"POST", "/", host, 405, "a method that changes"},
		{"GET", "/?" + strings.Repeat("a", 5000), host, 414, "a huge query"},
	} {
		r := httptest.NewRequest(tt.method, tt.target, nil)
		r.Host = tt.host
		w := httptest.NewRecorder()
		h.Handler.ServeHTTP(w, r)
		if w.Code != tt.want || tt.want == 200 && w.Body.String() != string(html) {
			t.Errorf("%s: %s %.40s = %d with %d bytes, want %d", tt.why, tt.method, tt.target, w.Code, w.Body.Len(), tt.want)
		}
		if p := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'") || !strings.Contains(p, "frame-ancestors 'none'") {
			t.Errorf("%s: the policy is %q", tt.why, p)
		}
	}
}

func TestAServerOnAllAddressesAnswersToNumbersOnly(t *testing.T) {
	s := New("0.0.0.0:80")
	for host, want := range map[string]bool{"10.0.0.1:80": true, "[fe80::1]:80": true, "evil.example:80": false, "10.0.0.1:81": false} {
		if got := s.known(host); got != want {
			t.Errorf("known(%q) = %v, want %v", host, got, want)
		}
	}
}

func TestAtMostTwoRunAndTheLineIsShort(t *testing.T) {
	s := New(host)
	for range atOnce {
		s.run <- struct{}{}
	}
	gone, leave := context.WithCancel(t.Context())
	waiting := make(chan bool)
	for range inLine {
		go func() { waiting <- s.enter(gone) }()
	}
	for len(s.line) < inLine {
		time.Sleep(time.Millisecond)
	}
	r := httptest.NewRequest("GET", "/run/overflow", nil)
	r.Host = host
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one request too many = %d, want 503 with Retry-After", w.Code)
	}
	leave()
	for range inLine {
		if <-waiting {
			t.Error("a request whose reader left runs all the same")
		}
	}
	<-s.run
	if !s.enter(t.Context()) {
		t.Error("a free place is not given")
	}
}

func TestASlowHeaderAndAHugeOneEndTheConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := New(l.Addr().String()).HTTP()
	if server.ReadHeaderTimeout == 0 || server.IdleTimeout == 0 || server.WriteTimeout == 0 {
		t.Errorf("a limit of time is missing: %+v", server)
	}
	server.ReadHeaderTimeout = 100 * time.Millisecond
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	for _, tt := range []struct{ send, want, why string }{
		{"GET / HTTP/1.1\r\nHost: x", "", "a header that never ends"},
		{"GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", "431", "a huge header"},
	} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(c, tt.send)
		b, err := io.ReadAll(c)
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Errorf("%s: the connection stays open", tt.why)
		}
		if !strings.Contains(string(b), tt.want) {
			t.Errorf("%s: the server says %.60q, want %s", tt.why, b, tt.want)
		}
		c.Close()
	}
}
