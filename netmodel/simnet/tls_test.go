package simnet_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// serveTLS accepts one connection and sends back what comes until it ends, then says
// goodbye. The channel has the first error, nil for none.
func (s scene) serveTLS(config *tls.Config, goodbye string) <-chan error {
	ended := make(chan error, 1)
	l := tls.NewListener(s.listener, config)
	go func() {
		ended <- func() error {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := io.Copy(c, c); err != nil {
				return err
			}
			_, err = io.WriteString(c, goodbye)
			return err
		}()
	}()
	s.Cleanup(func() { _ = l.Close() })
	return ended
}

func TestTLSCarriesBytesBothWaysUntilEachSideEnds(t *testing.T) {
	const size, goodbye = 200_000, "goodbye"
	body := someBytes(size)
	in(t, everywhere, func(s scene) {
		ended := s.serveTLS(serverTLS(), goodbye)
		c := tls.Client(s.connect(), clientTLS())
		defer c.Close()
		// Or both goroutines below begin it, of which one waits for the mutex of the other.
		if err := c.Handshake(); err != nil {
			s.Fatalf("Handshake: got %v, want nil", err)
		}
		sent := make(chan error, 1)
		go func() {
			_, err := c.Write(body)
			sent <- errors.Join(err, c.CloseWrite())
		}()
		got, err := io.ReadAll(c) // ends only if the server's close_notify arrives
		if err != nil {
			s.Errorf("ReadAll of the client: got %v, want nil", err)
		}
		checkBytes(s.T, "what came back", got, append(body[:size:size], goodbye...))
		if err := <-sent; err != nil {
			s.Errorf("Write and CloseWrite of the client: got %v, want nil", err)
		}
		if err := <-ended; err != nil {
			s.Errorf("the server: got %v, want nil", err)
		}
	})
}

func TestTLSAsksBothSidesForACertificate(t *testing.T) {
	for _, test := range []struct {
		name                   string
		client                 func(*tls.Config)
		clientFails, srvrFails bool
		why                    string
	}{
		{"both show theirs", func(*tls.Config) {}, false, false, "each trusts the pool that the other's is in"},
		{"the client has none", func(c *tls.Config) { c.Certificates = nil }, true, true, "the server's alert reaches the client in its first read"},
		{"the server is somebody else", func(c *tls.Config) { c.ServerName = "other" }, true, true, "the client's alert reaches the server in the handshake"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, []place{bubble, realTime}, func(s scene) {
				server, client := serverTLS(), clientTLS()
				server.ClientAuth = tls.RequireAndVerifyClientCert
				test.client(client)
				ended := s.serveTLS(server, "goodbye")
				c := tls.Client(s.connect(), client)
				defer c.Close()
				_, err := io.WriteString(c, "hello")
				if err == nil {
					_, err = io.ReadFull(c, make([]byte, len("hello")))
				}
				_ = c.Close()
				if (err != nil) != test.clientFails {
					s.Errorf("the client: got %v, want an error: %v (%s)", err, test.clientFails, test.why)
				}
				if err := <-ended; (err != nil) != test.srvrFails {
					s.Errorf("the server: got %v, want an error: %v (%s)", err, test.srvrFails, test.why)
				}
			})
		})
	}
}

func TestAHandshakeWithAListenerThatNobodyServesTimesOut(t *testing.T) {
	const limit = 50 * time.Millisecond
	for _, test := range []struct {
		name      string
		handshake func(s scene) error
		want      error // nil: any that is a time-out
		why       string
	}{
		{"a context", func(s scene) error {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			c := tls.Client(s.connect(), clientTLS())
			defer c.Close()
			return c.HandshakeContext(ctx)
		}, context.DeadlineExceeded, "package tls closes the connection under the handshake"},
		{"a deadline", func(s scene) error {
			c := tls.Client(s.connect(), clientTLS())
			defer c.Close()
			if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
				return err
			}
			return c.Handshake()
		}, os.ErrDeadlineExceeded, "the read of the handshake ends"},
		{"a transport", func(s scene) error {
			tr := &http.Transport{DialContext: s.dial, TLSClientConfig: clientTLS(), TLSHandshakeTimeout: limit}
			defer tr.CloseIdleConnections()
			_, err := (&http.Client{Transport: tr}).Get("https://server:80/")
			return err
		}, nil, "package http has a time-out of its own"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, []place{bubble, realTime}, func(s scene) {
				began := time.Now()
				err := test.handshake(s)
				connecting := 2 * s.link.Latency // of which the context knows nothing
				if test.name == "a context" {
					connecting = 0
				}
				s.took("the handshake", began, connecting+limit)
				if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() || test.want != nil && !errors.Is(err, test.want) {
					s.Errorf("handshake with nobody: got %v, want a time-out like %v (%s)", err, test.want, test.why)
				}
				queue := s.listener.Queue()
				checkValue(s.T, "connections in the accept queue", queue.Pending(), 1)
				if err := s.listener.Close(); err != nil {
					s.Errorf("Close of the listener: got %v, want nil", err)
				}
			})
		})
	}
}
