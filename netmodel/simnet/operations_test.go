//go:build linux

package simnet_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/profiles"
)

// exchange is a connection at both ends; c is what the operations are done to.
type exchange struct {
	w    *world
	l    listener
	c, s conn
}

// befores are what can have happened to a connection.
var befores = []struct {
	name string
	do   func(x *exchange)
}{
	{"nothing", func(*exchange) {}},
	{"bytes have arrived", func(x *exchange) { _, _ = io.WriteString(x.s, "0123456789") }},
	{"peer has sent its end", func(x *exchange) { _ = x.s.CloseWrite() }},
	{"peer has sent bytes and its end", func(x *exchange) { _, _ = io.WriteString(x.s, "01234"); _ = x.s.CloseWrite() }},
	{"peer has closed", func(x *exchange) { _ = x.s.Close() }},
	{"peer has closed after bytes", func(x *exchange) { _, _ = io.WriteString(x.s, "01234"); _ = x.s.Close() }},
	{"peer has closed with bytes unread", func(x *exchange) { _, _ = io.WriteString(x.c, "01234"); time.Sleep(soon); _ = x.s.Close() }},
	{"peer has reset", func(x *exchange) { _ = x.s.SetLinger(0); _ = x.s.Close() }},
	{"peer has reset after bytes", func(x *exchange) {
		_, _ = io.WriteString(x.s, "01234")
		time.Sleep(soon)
		_ = x.s.SetLinger(0)
		_ = x.s.Close()
	}},
	{"peer has closed, and something was written", func(x *exchange) { _ = x.s.Close(); time.Sleep(soon); _, _ = io.WriteString(x.c, "x") }},
	{"CloseWrite", func(x *exchange) { _ = x.c.CloseWrite() }},
	{"CloseWrite at both ends", func(x *exchange) { _ = x.c.CloseWrite(); _ = x.s.CloseWrite() }},
	{"CloseRead", func(x *exchange) { _ = x.c.CloseRead() }},
	{"CloseRead with bytes that have arrived", func(x *exchange) { _, _ = io.WriteString(x.s, "01234"); time.Sleep(soon); _ = x.c.CloseRead() }},
	{"CloseRead before bytes arrive", func(x *exchange) { _ = x.c.CloseRead(); _, _ = io.WriteString(x.s, "01234") }},
	{"CloseRead and CloseWrite", func(x *exchange) { _ = x.c.CloseRead(); _ = x.c.CloseWrite() }},
	{"CloseWrite, then CloseRead with bytes that have arrived", func(x *exchange) {
		_ = x.c.CloseWrite()
		_, _ = io.WriteString(x.s, "01234")
		time.Sleep(soon)
		_ = x.c.CloseRead()
	}},
	{"CloseRead and CloseWrite before bytes arrive", func(x *exchange) {
		_ = x.c.CloseRead()
		_ = x.c.CloseWrite()
		time.Sleep(soon)
		_, _ = io.WriteString(x.s, "01234")
	}},
	{"a deadline has passed", func(x *exchange) { _ = x.c.SetDeadline(time.Now().Add(-time.Second)) }},
	{"a deadline has passed, bytes have arrived", func(x *exchange) {
		_, _ = io.WriteString(x.s, "0123456789")
		_ = x.c.SetDeadline(time.Now().Add(-time.Second))
	}},
	{"Close", func(x *exchange) { _ = x.c.Close() }},
}

// operations are what a program does then, twice.
var operations = []struct {
	name string
	do   func(x *exchange) (n int, err error)
}{
	{"Read", func(x *exchange) (int, error) { return x.c.Read(make([]byte, 3)) }},
	{"Read of nothing", func(x *exchange) (int, error) { return x.c.Read(nil) }},
	{"Write", func(x *exchange) (int, error) { return x.c.Write([]byte("abc")) }},
	{"Write of nothing", func(x *exchange) (int, error) { return x.c.Write(nil) }},
	{"CloseRead", func(x *exchange) (int, error) { return 0, x.c.CloseRead() }},
	{"CloseWrite", func(x *exchange) (int, error) { return 0, x.c.CloseWrite() }},
	{"Close", func(x *exchange) (int, error) { return 0, x.c.Close() }},
	{"SetLinger", func(x *exchange) (int, error) { return 0, x.c.SetLinger(1) }},
	{"SetNoDelay", func(x *exchange) (int, error) { return 0, x.c.SetNoDelay(false) }},
	{"SetKeepAlive", func(x *exchange) (int, error) { return 0, x.c.SetKeepAlive(true) }},
	{"SetDeadline", func(x *exchange) (int, error) { return 0, x.c.SetDeadline(time.Now().Add(time.Hour)) }},
	{"SetReadBuffer", func(x *exchange) (int, error) { return 0, x.c.SetReadBuffer(1 << 16) }},
	{"Write of the peer", func(x *exchange) (int, error) { return x.s.Write([]byte("abc")) }},
	{"what the peer reads", func(x *exchange) (int, error) { // after a Close, say, and a CloseWrite
		_ = x.c.CloseWrite()
		_ = x.c.Close()
		time.Sleep(soon)
		_ = x.s.SetReadDeadline(time.Now().Add(soon))
		return x.s.Read(make([]byte, 100))
	}},
}

// converse makes a connection and does something to it, then an operation twice. It
// returns what the program saw.
func converse(w *world, before, operation int) string {
	x := &exchange{w: w, l: w.listening()}
	x.c = w.connect(x.l)
	s, err := x.l.Accept()
	if err != nil {
		w.Fatal(err)
	}
	x.s = s.(conn)
	w.Cleanup(func() { _ = s.Close() })
	befores[before].do(x)
	time.Sleep(soon)
	if !strings.Contains(befores[before].name, "deadline") {
		_ = x.c.SetReadDeadline(time.Now().Add(3 * soon)) // a Read of nothing that comes must end
	}
	var saw []string
	for range 2 {
		n, err := operations[operation].do(x)
		time.Sleep(soon)
		saw = append(saw, fmt.Sprintf("%d %v", n, accountOf(err)))
	}
	return strings.Join(saw, "\n\tand then ")
}

// Every operation on a connection in every state, on the kernel that the test runs on
// and on the virtual network. A program cannot tell them apart.
func TestOperationsAreThoseOfTheRealKernel(t *testing.T) {
	skipUnlessTheKernelIsTheProfiles(t)
	for b := range befores {
		t.Run(befores[b].name, func(t *testing.T) {
			for o := range operations {
				t.Run(operations[o].name, func(t *testing.T) {
					t.Parallel()
					var got string
					synctest.Test(t, func(t *testing.T) { got = converse(virtual(t, profiles.Linux()), b, o) })
					want := ""
					for range 3 { // on a busy machine a deadline of the kernel may pass between two calls
						if want = converse(actual(t), b, o); got == want {
							break
						}
					}
					if got != want {
						t.Errorf("%s, then %s twice:\nsimnet %s\nkernel %s", befores[b].name, operations[o].name, got, want)
					}
				})
			}
		})
	}
}
