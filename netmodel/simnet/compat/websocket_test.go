package compat

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

// serveGorilla sends every message back, with gorilla/websocket.
func (s scene) serveGorilla() {
	up := gorilla.Upgrader{}
	s.serveHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return // Upgrade has answered
		}
		defer c.Close()
		for {
			kind, b, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, b) != nil {
				return
			}
		}
	}))
}

func (s scene) dialGorilla() *gorilla.Conn {
	s.Helper()
	d := gorilla.Dialer{NetDialContext: s.client.DialContext}
	c, _, err := d.DialContext(s.Context(), "ws://server:80/", nil)
	s.must("Dial", err)
	s.Cleanup(func() { _ = c.Close() })
	return c
}

func TestGorillaMessagesComeBackAndAPingIsAnswered(t *testing.T) {
	in(t, everywhere, func(s scene) {
		s.serveGorilla()
		c := s.dialGorilla()
		pong := ""
		c.SetPongHandler(func(data string) error { pong = data; return nil })
		s.must("a ping", c.WriteControl(gorilla.PingMessage, []byte("ping"), time.Now().Add(time.Second)))
		for _, want := range []string{"a message", strings.Repeat("long ", window)} { // five windows
			began := time.Now()
			s.must("WriteMessage", c.WriteMessage(gorilla.TextMessage, []byte(want)))
			_, got, err := c.ReadMessage()
			if err != nil || string(got) != want {
				s.Errorf("ReadMessage: got %d bytes, %v, want the %d that were sent", len(got), err, len(want))
			}
			s.tookAtLeast("a message and its answer", began, roundTrip)
		}
		checkValue(s.T, "the pong, which came before the messages", pong, "ping")
	})
}

func TestAGorillaReadEndsAtItsDeadline(t *testing.T) {
	const patience = 20 * time.Millisecond
	in(t, everywhere, func(s scene) {
		s.serveGorilla()
		c := s.dialGorilla()
		began := time.Now()
		s.must("SetReadDeadline", c.SetReadDeadline(began.Add(patience)))
		_, _, err := c.ReadMessage()
		var timeout interface{ Timeout() bool }
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			s.Errorf("ReadMessage of nothing: got %v, want a timeout", err)
		}
		s.tookAtLeast("waiting", began, patience)
	})
}

// serveCoder sends every message back, with coder/websocket.
func (s scene) serveCoder() {
	s.serveHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := coder.Accept(w, r, &coder.AcceptOptions{CompressionMode: coder.CompressionDisabled})
		if err != nil {
			return // Accept has answered
		}
		defer func() { _ = c.CloseNow() }()
		c.SetReadLimit(8 * window)
		for {
			kind, b, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, b) != nil {
				return
			}
		}
	}))
}

func (s scene) dialCoder() *coder.Conn {
	s.Helper()
	c, _, err := coder.Dial(s.Context(), "ws://server:80/", &coder.DialOptions{HTTPClient: s.httpClient(s.client)})
	s.must("Dial", err)
	s.Cleanup(func() { _ = c.CloseNow() })
	c.SetReadLimit(8 * window)
	return c
}

func TestCoderMessagesComeBackAndAGoodbyeIsAnswered(t *testing.T) {
	in(t, everywhere, func(s scene) {
		s.serveCoder()
		c := s.dialCoder()
		for i, want := range []string{"a message", strings.Repeat("long ", window)} {
			began := time.Now()
			s.must("Write", c.Write(s.Context(), coder.MessageText, []byte(want)))
			_, got, err := c.Read(s.Context())
			if err != nil || string(got) != want {
				s.Errorf("Read %d: got %d bytes, %v, want the %d that were sent", i, len(got), err, len(want))
			}
			s.tookAtLeast("a message and its answer", began, roundTrip)
		}
		s.must("Close", c.Close(coder.StatusNormalClosure, "bye"))
		if _, _, err := c.Read(s.Context()); coder.CloseStatus(err) != coder.StatusNormalClosure && !errors.Is(err, context.Canceled) && err == nil {
			s.Errorf("Read after the goodbye: got %v, want an error", err)
		}
	})
}

func TestACoderReadEndsWithItsContext(t *testing.T) {
	const patience = 20 * time.Millisecond
	in(t, everywhere, func(s scene) {
		s.serveCoder()
		c := s.dialCoder()
		began := time.Now()
		ctx, cancel := context.WithTimeout(s.Context(), patience)
		defer cancel()
		if _, _, err := c.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("Read of nothing: got %v, want %v", err, context.DeadlineExceeded)
		}
		s.tookAtLeast("waiting", began, patience)
		s.wantClosed(c)
	})
}

// wantClosed: the library closes a connection whose read was given up.
func (s scene) wantClosed(c *coder.Conn) {
	s.Helper()
	if err := c.Write(s.Context(), coder.MessageText, []byte("x")); err == nil {
		s.Error("Write after a read that was given up: got nil, want an error")
	}
}
