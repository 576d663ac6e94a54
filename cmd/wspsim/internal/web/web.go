// Package web answers a browser: a catalogue of the scenarios, and the page of each under
// chosen profiles. The page holds the simulator; the server runs nothing. It trusts nobody.
package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/cmd/wspsim/internal/bundle"
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios"
	"wspsim/scenarios/lessons"
)

// The limits of a server.
const (
	atOnce    = 8           // pages that are written at one time, 1.2 MB each
	inLine    = 32          // requests that wait for one of them; further ones get 503
	longest   = time.Minute // for a request, the wait included
	maxBody   = 4 << 10     // bytes
	maxHeader = 16 << 10
	maxQuery  = 4 << 10
)

//go:embed catalogue.html
var catalogueText string

//go:embed catalogue.css
var style string

var catalogue = template.Must(template.New("catalogue").Parse(catalogueText))

// Server answers requests whose Host header is one of Hosts.
type Server struct {
	Hosts []string // with the port; without it too if it is 80
	port  string   // set if every IP address is a name of the server, as it listens on all
	run   chan struct{}
	line  chan struct{}
}

// New returns a server for an address such as 127.0.0.1:8080. It answers to the names of
// that address only, so that a page elsewhere cannot reach it by a name of its own.
func New(addr string) *Server {
	host, port, err := net.SplitHostPort(addr)
	s := &Server{run: make(chan struct{}, atOnce), line: make(chan struct{}, inLine)}
	if err != nil {
		return s
	}
	names := []string{host}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		s.port = port
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || host == "localhost" {
		names = append(names, "localhost", "127.0.0.1", "::1")
	}
	for _, name := range names {
		s.Hosts = append(s.Hosts, net.JoinHostPort(name, port))
		if port == "80" {
			s.Hosts = append(s.Hosts, name)
		}
	}
	return s
}

// HTTP returns the HTTP server with all its limits.
func (s *Server) HTTP() *http.Server { return limited(s.Handler()) }

// OnePage returns an HTTP server that answers / with a page under its policy, and refuses all
// else. It has the guards and limits of HTTP.
func (s *Server) OnePage(html []byte, policy string) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, html, policy+"; frame-ancestors 'none'")
	})
	return limited(s.guard(http.NewCrossOriginProtection().Handler(mux)))
}

func limited(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: longest + 30*time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: maxHeader,
	}
}

// Handler returns what answers: / is the catalogue, /course all lessons, /run/NAME a page. Its query is that of a
// play.Moment, with lesson besides.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.catalogue)
	mux.HandleFunc("GET /course", s.course)
	mux.HandleFunc("GET /run/{name}", s.page)
	return s.guard(http.NewCrossOriginProtection().Handler(mux))
}

// known reports whether a Host header is a name of the server. Names of the DNS that lead
// here are not: a page elsewhere could use them.
func (s *Server) known(host string) bool {
	if slices.Contains(s.Hosts, host) {
		return true
	}
	name, port, err := net.SplitHostPort(host)
	return err == nil && s.port != "" && port == s.port && net.ParseIP(name) != nil
}

// guard refuses what no browser of the user's own sends, and sets the headers of all answers.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		site := r.Header.Get("Sec-Fetch-Site")
		switch {
		case !s.known(strings.ToLower(r.Host)):
			http.Error(w, "this server does not go by that name", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		case site == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			http.Error(w, "not for other pages", http.StatusForbidden)
		case len(r.URL.RawQuery) > maxQuery || len(r.URL.Path) > maxQuery:
			http.Error(w, "the address is too long", http.StatusRequestURITooLong)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			next.ServeHTTP(w, r)
		}
	})
}

// entry is a scenario in the catalogue.
type entry struct {
	Name, Summary, Question string
	Profiles                string
	Lesson                  string // the title of the lesson about it
}

func (s *Server) catalogue(w http.ResponseWriter, _ *http.Request) {
	var view struct {
		Entries  []entry
		Profiles []string
		Lessons  int
		Style    template.CSS
	}
	view.Lessons, view.Style, view.Profiles = len(lessons.All()), template.CSS(style), scenarios.ProfileNames()
	for _, sc := range scenarios.All() {
		e := entry{sc.Name, sc.Summary, sc.Question, strings.Join(sc.Profiles[:min(len(sc.Profiles), page.MostSystems)], ","), ""}
		if l, ok := lessons.About(sc.Name); ok {
			e.Lesson = l.Title
		}
		view.Entries = append(view.Entries, e)
	}
	var b bytes.Buffer
	if err := catalogue.Execute(&b, view); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256([]byte(style))
	answer(w, b.Bytes(), "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
}

// answer writes a page with its policy.
func answer(w http.ResponseWriter, body []byte, policy string) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // who went away misses nothing
}

// asked is a request for a page.
type asked struct {
	play   *play.Play
	names  []string
	lesson *page.Lesson
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	a, err := read(r.PathValue("name"), r.URL.RawQuery)
	switch {
	case errors.Is(err, errUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		s.send(w, r, a.document)
	}
}

// course sends all lessons as one page.
func (s *Server) course(w http.ResponseWriter, r *http.Request) {
	s.send(w, r, func() (page.Document, error) {
		d := page.Document{Title: "The accept queue", Simulator: bundle.Simulator()}
		for _, l := range lessons.All() {
			part, err := stored.LiveLesson(l, play.Play{Seed: play.DefaultSeed})
			if err != nil {
				return d, err
			}
			d.Parts = append(d.Parts, part)
		}
		return d, nil
	})
}

// send writes a page, after those that other requests asked for before.
func (s *Server) send(w http.ResponseWriter, r *http.Request, document func() (page.Document, error)) {
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), longest)
	defer stop()
	if !s.enter(ctx) {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many pages at once; try again", http.StatusServiceUnavailable)
		return
	}
	defer func() { <-s.run }()
	d, err := document()
	var body bytes.Buffer
	if err == nil {
		err = d.Write(&body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer(w, body.Bytes(), d.Policy()+"; frame-ancestors 'none'")
}

// enter waits for the right to write a page. It returns false if too many wait, or the reader left.
func (s *Server) enter(ctx context.Context) bool {
	select {
	case s.line <- struct{}{}:
	default:
		return false
	}
	defer func() { <-s.line }()
	select {
	case s.run <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

var errUnknown = errors.New("no such scenario")

// read takes a request apart. It refuses what it does not know. Its query is that of a
// play.Moment, with lesson besides.
func read(name, query string) (*asked, error) {
	m, err := play.ReadMoment(name, query)
	if err != nil {
		return nil, err
	}
	a := &asked{names: m.Profiles}
	if a.play, err = m.Play(); err != nil {
		return nil, fmt.Errorf("%w; the catalogue is at /", errUnknown)
	}
	if a.names == nil {
		a.names = a.play.Scenario.Profiles[:min(len(a.play.Scenario.Profiles), page.MostSystems)]
	}
	if q, err := url.ParseQuery(query); err == nil && q.Get("lesson") != "" {
		l, ok := lessons.About(name)
		if asked := q.Get("lesson"); ok && asked != "1" {
			l, ok = lessons.ByName(asked)
			ok = ok && l.Scenario == name
		}
		if !ok {
			return nil, fmt.Errorf("there is no lesson about %s", name)
		}
		a.lesson, a.names = &l, []string{l.Runs[0].Profile} // a lesson is about its own
	}
	a.play.Profile = a.names[0]
	return a, nil
}

// document returns the page, which plays by itself.
func (a *asked) document() (page.Document, error) {
	part, err := page.Part{}, error(nil)
	if a.lesson != nil {
		part, err = stored.LiveLesson(*a.lesson, *a.play)
	} else {
		part, err = stored.Live(a.play, a.names)
	}
	return page.Document{Parts: []page.Part{part}, Simulator: bundle.Simulator()}, err
}
