package compat

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/yamux"
	"github.com/xtaci/smux"

	"wspsim/netmodel"
	"wspsim/sim"
)

// muxer is a library that carries many streams over one connection.
type muxer struct {
	name   string
	window int // of the network, bytes; 0 = the default
	server func(net.Conn) (session, error)
	client func(net.Conn) (session, error)
}

// session is one such connection.
type session interface {
	Open() (io.ReadWriteCloser, error)
	Accept() (io.ReadWriteCloser, error)
	Close() error
}

type smuxSession struct{ *smux.Session }

type yamuxSession struct{ *yamux.Session }

func (y yamuxSession) Open() (io.ReadWriteCloser, error)   { return y.Session.Open() }
func (y yamuxSession) Accept() (io.ReadWriteCloser, error) { return y.Session.Accept() }

// atDefaults is yamux's default settings, but for where it writes its log.
func atDefaults() *yamux.Config {
	c := yamux.DefaultConfig()
	c.LogOutput = io.Discard
	return c
}

var muxers = []muxer{
	{"smux", window,
		func(c net.Conn) (session, error) { s, err := smux.Server(c, nil); return smuxSession{s}, err },
		func(c net.Conn) (session, error) { s, err := smux.Client(c, nil); return smuxSession{s}, err }},
	{"yamux", 0,
		func(c net.Conn) (session, error) {
			s, err := yamux.Server(c, atDefaults())
			return yamuxSession{s}, err
		},
		func(c net.Conn) (session, error) {
			s, err := yamux.Client(c, atDefaults())
			return yamuxSession{s}, err
		}},
}

func (s smuxSession) Open() (io.ReadWriteCloser, error)   { return s.Session.OpenStream() }
func (s smuxSession) Accept() (io.ReadWriteCloser, error) { return s.Session.AcceptStream() }

// serveStreams sends back what comes on each stream of each connection, and returns a
// client's session.
func (s scene) serveStreams(m muxer) session {
	s.Helper()
	s.serve(func(l net.Listener) error {
		var over sync.WaitGroup
		defer over.Wait()
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			over.Go(func() { echoStreams(m, c) })
		}
	}, func() { _ = s.listener.Close() })
	client, err := m.client(s.connect())
	s.must("a client's session", err)
	s.Cleanup(func() { _ = client.Close() })
	return client
}

func echoStreams(m muxer, c net.Conn) {
	defer c.Close()
	server, err := m.server(c)
	if err != nil {
		return // the client tells
	}
	defer server.Close()
	for {
		stream, err := server.Accept()
		if err != nil {
			return
		}
		go func() {
			defer stream.Close()
			_, _ = io.Copy(stream, stream)
		}()
	}
}

// ask sends a message over a stream of its own, and wants it back.
func (s scene) ask(client session, message string) {
	stream, err := client.Open()
	if err != nil {
		s.Errorf("Open: got %v, want a stream", err)
		return
	}
	defer stream.Close()
	var both sync.WaitGroup
	defer both.Wait()
	both.Go(func() { _, _ = io.WriteString(stream, message) }) // or nobody reads what comes back meanwhile
	b := make([]byte, len(message))
	if n, err := io.ReadFull(stream, b); err != nil || string(b) != message {
		s.Errorf("a stream: got %d bytes, %v, want the %d that were sent", n, err, len(message))
	}
}

func TestStreamsOverOneConnectionDoNotMixUp(t *testing.T) {
	const streams = 8
	for _, m := range muxers {
		t.Run(m.name, func(t *testing.T) {
			inWindow(t, everywhere, m.window, func(s scene) {
				client := s.serveStreams(m)
				began := time.Now()
				var all sync.WaitGroup
				for i := range streams {
					all.Go(func() { s.ask(client, strings.Repeat(fmt.Sprint(i), 1+i*10_000)) })
				}
				all.Wait()
				s.tookAtLeast("a message and its answer", began, roundTrip)
			})
		})
	}
}

// yamux holds a stream's mutex while it reads a frame of that stream from the connection
// (stream.go, readData holds recvLock; Read and sendWindowUpdate want it). In a bubble a
// goroutine that waits for a mutex stops time. So a frame that has begun must have come
// whole: what sendLoop writes at one instant, a header and a body, arrives as one
// segment, if the window has room for all that the streams may send. The default in a bubble
// has room for MaxStreamWindowSize of each of AcceptBacklog streams.
func TestYamuxAtDefaultSettingsWorksOverALinkWithJitter(t *testing.T) {
	const streams, size = 64, 512 << 10
	shaky := place{"in a bubble, with jitter", true, netmodel.Link{
		Latency: time.Millisecond, Jitter: sim.Exponential{Mean: time.Millisecond}, Loss: sim.Ratio{Num: 1, Den: 50},
	}, "segments that are sent at one instant would arrive at different ones"}
	inWindow(t, []place{shaky}, 0, func(s scene) {
		client := s.serveStreams(muxers[1])
		message := strings.Repeat("x", size) // two windows of a stream
		began := time.Now()
		atOnce(streams, func(int) { s.ask(client, message) })
		s.tookAtLeast("two windows and their answers", began, 2*roundTrip)
	})
}

// Keep-alive is the libraries' own: it notices a server that is gone without a word.
func TestAMultiplexerNoticesThatALinkIsCut(t *testing.T) {
	for _, m := range muxers {
		t.Run(m.name, func(t *testing.T) {
			inWindow(t, []place{bubble}, m.window, func(s scene) {
				client := s.serveStreams(m)
				s.ask(client, "hello")
				began := time.Now()
				s.net.Cut(s.client, s.net.Host("server"))
				_, err := client.Accept() // returns when the session ends
				if err == nil || errors.Is(err, net.ErrClosed) {
					s.Errorf("Accept on a link that is cut: got %v, want the library's own error", err)
				}
				s.tookAtLeast("noticing", began, 10*time.Second)
				s.net.Heal(s.client, s.net.Host("server"))
			})
		})
	}
}
