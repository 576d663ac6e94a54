package compat

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// serveNames starts a server of miekg/dns for TCP that knows one name.
func (s scene) serveNames() {
	mux := dns.NewServeMux()
	mux.HandleFunc("slow.test.", func(dns.ResponseWriter, *dns.Msg) {}) // never an answer
	mux.HandleFunc("test.", func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetReply(r)
		m.Answer = []dns.RR{&dns.A{
			Hdr: dns.RR_Header{Name: r.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60},
			A:   net.IPv4(192, 0, 2, byte(len(r.Question[0].Name))),
		}}
		_ = w.WriteMsg(m) // the client tells
	})
	server := &dns.Server{Listener: s.listener, Net: "tcp", Handler: mux, ReadTimeout: 10 * time.Second}
	started := make(chan struct{})
	server.NotifyStartedFunc = func() { close(started) }
	s.serve(func(net.Listener) error { return server.ActivateAndServe() }, func() { _ = server.Shutdown() })
	<-started
}

func question(name string) *dns.Msg {
	m := new(dns.Msg).SetQuestion(name, dns.TypeA)
	m.Id = 1 // not a random one
	return m
}

func TestDNSOverTCPAnswersManyQuestionsOnOneConnection(t *testing.T) {
	in(t, everywhere, func(s scene) {
		s.serveNames()
		client := &dns.Client{Net: "tcp", Timeout: 50 * time.Millisecond}
		c := &dns.Conn{Conn: s.connect()}
		began := time.Now()
		for i := range 10 {
			name := fmt.Sprintf("host%0*d.test.", i, 1)
			got, _, err := client.ExchangeWithConn(question(name), c)
			s.must("a question", err)
			checkValue(s.T, "the answer", got.Answer[0].(*dns.A).A.String(), fmt.Sprint("192.0.2.", len(name)))
		}
		s.tookAtLeast("ten questions", began, 10*roundTrip)
		got, _, err := client.ExchangeWithConn(question("example.com."), c)
		s.must("a question for another domain", err)
		checkValue(s.T, "its answer", got.Rcode, dns.RcodeRefused)
		began = time.Now()
		var timeout net.Error
		if _, _, err = client.ExchangeWithConn(question("slow.test."), c); !errors.As(err, &timeout) || !timeout.Timeout() {
			s.Errorf("a question without an answer: got %v, want a timeout", err)
		}
		s.tookAtLeast("waiting for it", began, client.Timeout)
	})
}

// The server closes a connection on which nothing is asked for its ReadTimeout.
func TestADNSServerClosesAConnectionOnWhichNothingIsAsked(t *testing.T) {
	in(t, []place{bubble}, func(s scene) {
		s.serveNames()
		c := s.connect()
		began := time.Now()
		if n, err := c.Read(make([]byte, 1)); err == nil {
			s.Errorf("Read: got %d, nil, want the end of the connection", n)
		}
		s.tookAtLeast("the server's patience", began, 10*time.Second)
	})
}
