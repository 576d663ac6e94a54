package compat

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/armon/go-socks5"
	"golang.org/x/crypto/ssh"
	"golang.org/x/net/proxy"
)

// signer returns a key of x/crypto/ssh that is the same in every run.
func (s scene) signer(seed byte) ssh.Signer {
	s.Helper()
	key, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	s.must("NewSignerFromKey", err)
	return key
}

// serveShell starts a server of x/crypto/ssh, whose one command is to send its input
// back in upper case and to exit with status 3.
func (s scene) serveShell(c ssh.Config) {
	s.Helper()
	config := &ssh.ServerConfig{
		Config: c,
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() != "gopher" || string(password) != "secret" {
				return nil, errors.New("who are you?")
			}
			return nil, nil
		},
	}
	config.AddHostKey(s.signer(1))
	s.serve(func(l net.Listener) error {
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			go shell(c, config)
		}
	}, func() { _ = s.listener.Close() })
}

func shell(c net.Conn, config *ssh.ServerConfig) {
	defer c.Close()
	_, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return // the client tells
	}
	go ssh.DiscardRequests(requests)
	for open := range channels {
		channel, requests, err := open.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				_ = r.Reply(r.Type == "exec", nil) // the client tells
				if r.Type == "exec" {
					b, _ := io.ReadAll(channel)
					_, _ = channel.Write(bytes.ToUpper(b))
					_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{3}))
					_ = channel.Close()
				}
			}
		}()
	}
}

// login connects as the user gopher.
func (s scene) login(c ssh.Config, password string) (*ssh.Client, error) {
	conn := s.connect()
	sc, channels, requests, err := ssh.NewClientConn(conn, "server:80", &ssh.ClientConfig{
		Config:          c,
		User:            "gopher",
		Auth:            []ssh.AuthMethod{ssh.Password(password)},
		HostKeyCallback: ssh.FixedHostKey(s.signer(1).PublicKey()),
	})
	if err != nil {
		return nil, err
	}
	client := ssh.NewClient(sc, channels, requests)
	s.Cleanup(func() { _ = client.Close() })
	return client, nil
}

// shout runs the command with some input.
func (s scene) shout(client *ssh.Client, input string) {
	s.Helper()
	session, err := client.NewSession()
	s.must("NewSession", err)
	defer session.Close()
	session.Stdin = strings.NewReader(input)
	got, err := session.Output("shout")
	var status *ssh.ExitError
	if !errors.As(err, &status) || status.ExitStatus() != 3 {
		s.Errorf("a command: got %v, want exit status 3", err)
	}
	checkValue(s.T, "its output", string(got), strings.ToUpper(input))
}

func TestSSHRunsCommandsAndRefusesAWrongPassword(t *testing.T) {
	in(t, everywhere, func(s scene) {
		s.serveShell(ssh.Config{})
		began := time.Now()
		client, err := s.login(ssh.Config{}, "secret")
		s.must("login", err)
		s.shout(client, "hello")
		s.shout(client, strings.Repeat("long ", window)) // five windows
		s.tookAtLeast("a connect, the keys, the login and two commands", began, 8*roundTrip)
		if _, err := s.login(ssh.Config{}, "wrong"); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
			s.Errorf("login with a wrong password: got %v, want to be refused", err)
		}
	})
}

// names resolves the names of hosts for a proxy that looks them up itself.
type names struct{ s scene }

func (n names) Resolve(ctx context.Context, name string) (context.Context, net.IP, error) {
	return ctx, n.s.net.Host(name).Addr().AsSlice(), nil
}

func TestSOCKS5ConnectsForItsClientAndSaysThatItWasRefused(t *testing.T) {
	in(t, everywhere, socks5Proxy)
}

func socks5Proxy(s scene) {
	middle := s.net.Host("middle")
	l, err := middle.Listen("tcp", ":1080")
	s.must("Listen", err)
	server, err := socks5.New(&socks5.Config{Dial: middle.DialContext, Resolver: names{s}, Logger: quiet})
	s.must("New", err)
	behind := s
	behind.listener = l
	behind.serve(server.Serve, func() { _ = l.Close() })
	s.serve(func(l net.Listener) error {
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			go func() {
				defer c.Close()
				_, _ = fmt.Fprint(c, "you are ", c.RemoteAddr().(*net.TCPAddr).IP)
			}()
		}
	}, func() { _ = s.listener.Close() })
	dialer, err := proxy.SOCKS5("tcp", "middle:1080", nil, s.client)
	s.must("SOCKS5", err)
	began := time.Now()
	c, err := dialer.Dial("tcp", "server:80")
	s.must("Dial through the proxy", err)
	got, err := io.ReadAll(c)
	_ = c.Close()
	if want := fmt.Sprint("you are ", middle.Addr()); err != nil || string(got) != want {
		s.Errorf("ReadAll: got %q, %v, want %q", got, err, want)
	}
	s.tookAtLeast("two connects, two questions", began, 4*roundTrip)
	if _, err := dialer.Dial("tcp", "server:81"); err == nil || !strings.Contains(err.Error(), syscall.ECONNREFUSED.Error()) {
		s.Errorf("Dial of a port where nobody listens: got %v, want %q", err, syscall.ECONNREFUSED)
	}
}
