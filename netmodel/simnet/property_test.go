package simnet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// life is what one end of a connection does: a list of steps, drawn before.
type life struct {
	steps []step
	hard  bool // ends with a reset
}

type step struct {
	what  string
	bytes int
	pause time.Duration
}

func drawLife(t *rapid.T, who string) life {
	var l life
	for i := range rapid.IntRange(0, 12).Draw(t, who+" steps") {
		l.steps = append(l.steps, step{
			what:  rapid.SampledFrom([]string{"write", "write", "read", "read", "closewrite", "deadline", "pause"}).Draw(t, fmt.Sprint(who, " ", i)),
			bytes: rapid.IntRange(0, 3000).Draw(t, "bytes"),
			pause: time.Duration(rapid.IntRange(0, 3).Draw(t, "ms")) * time.Millisecond,
		})
	}
	l.hard = rapid.IntRange(0, 5).Draw(t, who+" hard") == 0
	return l
}

// end is one end of a connection after its life.
type end struct {
	wrote, read []byte
	eof, failed bool
	log         bytes.Buffer
}

// live leads a life. Every byte says where in the stream it belongs.
func (l life) live(c *simnet.Conn, e *end) {
	_ = c.SetDeadline(time.Now().Add(time.Minute)) // both may write, and neither read
	for _, s := range l.steps {
		switch s.what {
		case "write":
			b := make([]byte, s.bytes)
			for i := range b {
				b[i] = byte(7 * (len(e.wrote) + i))
			}
			n, err := c.Write(b)
			e.wrote = append(e.wrote, b[:n]...)
			fmt.Fprintln(&e.log, "write", n, err)
			e.note(err)
		case "read":
			e.take(c, make([]byte, s.bytes))
		case "closewrite":
			fmt.Fprintln(&e.log, "closewrite", c.CloseWrite())
		case "deadline":
			fmt.Fprintln(&e.log, "deadline", c.SetDeadline(time.Now().Add(s.pause)))
		case "pause":
			time.Sleep(s.pause)
		}
	}
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if l.hard {
		_ = c.SetLinger(0)
	} else {
		_ = c.CloseWrite() // it may be done already, or impossible
		for e.take(c, make([]byte, 4096)) {
		}
	}
	fmt.Fprintln(&e.log, "close", c.Close())
}

// note remembers that the connection broke.
func (e *end) note(err error) {
	e.failed = e.failed || err != nil && err != io.EOF && !errors.Is(err, os.ErrDeadlineExceeded)
}

// take reads once and reports whether there may be more.
func (e *end) take(c net.Conn, b []byte) bool {
	n, err := c.Read(b)
	e.read = append(e.read, b[:n]...)
	e.eof = e.eof || err == io.EOF && !e.failed // a connection that broke is at its end once it has said so
	e.note(err)
	fmt.Fprintln(&e.log, "read", n, err)
	return err == nil
}

// pairRun leads two lives at the ends of several connections, and returns the hash and
// what everybody saw.
func pairRun(t *testing.T, c simnet.Config, clients, servers []life) (hash uint64, ends []*end, err error) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(c)
		l, lerr := n.Listen("tcp", "server:80")
		if lerr != nil {
			t.Fatal(lerr)
		}
		var all sync.WaitGroup
		ends = make([]*end, 2*len(clients))
		for i := range clients {
			ends[2*i], ends[2*i+1] = new(end), new(end)
			d := n.Host("clients").Dialer(fmt.Sprint("c", i))
			all.Go(func() {
				conn, err := d.Dial("tcp", "server:80")
				if err != nil {
					fmt.Fprintln(&ends[2*i].log, err)
					return
				}
				clients[i].live(conn.(*simnet.Conn), ends[2*i])
			})
		}
		_ = l.SetDeadline(time.Now().Add(5 * time.Minute))
		for i := range clients {
			conn, err := l.Accept()
			if err != nil {
				break // the others were lost on their way
			}
			all.Go(func() { servers[i].live(conn.(*simnet.Conn), ends[2*i+1]) })
		}
		all.Wait()
		_ = l.Close()
		time.Sleep(10 * time.Minute)
		hash, err = n.Hash(), n.Check()
		_ = n.Close()
	})
	return hash, ends, err
}

// Whatever programs do at the two ends of connections, and whatever the link does to
// them: what is read is the beginning of what was written, all of it if the end was
// read; nobody waits for ever; and another run is the same, to the last error.
func TestStreamsAreWholeAndRunsRepeat(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		profile := rapid.SampledFrom([]netmodel.Profile{profiles.Linux(), profiles.Windows(), profiles.WSP(), profiles.FreeBSD(), profiles.OpenBSD()}).Draw(r, "profile")
		c := simnet.Config{
			Seed: 1, Profile: profile,
			Window: rapid.SampledFrom([]int{1, 100, 4096, 0}).Draw(r, "window"),
			Link: netmodel.Link{
				Latency: time.Duration(rapid.IntRange(0, 2).Draw(r, "latency")) * time.Millisecond,
				Loss:    sim.Ratio{Num: uint32(rapid.IntRange(0, 1).Draw(r, "loss")), Den: 8},
			},
		}
		if rapid.Bool().Draw(r, "jitter") {
			c.Link.Jitter = sim.Exponential{Mean: time.Millisecond}
		}
		if c.Window == 1 { // a byte at a time: keep it short
			c.Link.Loss = sim.Ratio{}
		}
		var clients, servers []life
		for range rapid.IntRange(1, 3).Draw(r, "connections") {
			clients, servers = append(clients, drawLife(r, "client")), append(servers, drawLife(r, "server"))
		}
		hash, ends, err := pairRun(t, c, clients, servers)
		if err != nil {
			r.Errorf("Check() = %v", err)
		}
		if len(clients) == 1 { // who is served by whom is certain
			wholeStream(r, ends[0], ends[1])
			wholeStream(r, ends[1], ends[0])
		}
		again, same, _ := pairRun(t, c, clients, servers)
		for i := range ends {
			if got, want := same[i].log.String(), ends[i].log.String(); got != want {
				r.Errorf("another run: end %d saw\n%s\nand at first\n%s", i, got, want)
			}
		}
		if again != hash {
			r.Errorf("another run: hash %016x, want %016x", again, hash)
		}
	})
}

func wholeStream(r *rapid.T, from, to *end) {
	if !bytes.HasPrefix(from.wrote, to.read) {
		r.Errorf("read %d bytes that are not the beginning of the %d that were written", len(to.read), len(from.wrote))
	}
	if to.eof && len(to.read) != len(from.wrote) {
		r.Errorf("read the end after %d of %d bytes", len(to.read), len(from.wrote))
	}
}
