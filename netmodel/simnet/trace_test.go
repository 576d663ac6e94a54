package simnet_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
)

// A trace of which the beginning was not kept says so, and counts queues right whose
// entries it never saw come.
func TestATraceThatBeginsLateSaysOnlyWhatIsSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Profile: profiles.WSP(), Backlog: 7, Trace: 10})
		l, err := n.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Fill(context.Background()); err != nil {
			t.Fatal(err)
		}
		for range 1000 { // each is refused
			_, _ = n.Host("client").Dial("tcp", "server:80")
		}
		var b strings.Builder
		if err := n.WriteTrace(&b, false); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if !strings.Contains(lines[0], "earlier records are not kept") {
			t.Errorf("the first line of a trace that begins late is %q", lines[0])
		}
		for _, line := range lines[1:] {
			if strings.Contains(line, "SYN ") && !strings.Contains(line, "[7 of 7]") {
				t.Fatalf("a refused SYN is shown as %q, want a queue of [7 of 7]", line)
			}
		}
		_ = n.Close()
	})
}

func TestHashAndRecordsAgreeWithTheTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(simnet.Config{Link: netmodel.Link{Latency: time.Millisecond}})
		if _, err := n.Listen("tcp", "server:80"); err != nil {
			t.Fatal(err)
		}
		c, err := n.Host("client").Dialer("alice").Dial("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("hello"))
		time.Sleep(time.Second)
		records, gone := n.Records()
		var hash uint64
		for _, r := range records {
			hash = r.Mix(hash)
		}
		if gone != 0 || hash != n.Hash() {
			t.Errorf("the hash of %d records, %d gone, is %x, and Hash() = %x", len(records), gone, hash, n.Hash())
		}
		var b strings.Builder
		if err := n.WriteTrace(&b, true); err != nil || strings.Count(b.String(), "\n") != len(records) {
			t.Errorf("WriteTrace of %d records, in full: %v, %d lines", len(records), err, strings.Count(b.String(), "\n"))
		}
		if !strings.Contains(b.String(), "send(fd 3, 5)            = 5") {
			t.Errorf("the trace of five bytes sent:\n%s\nwant send(fd 3, 5) = 5 in it", b.String())
		}
		results := n.Results()
		if len(results) != 1 || n.ClientName(results[0].Client) != "alice" || results[0].Progress != netmodel.ProgressQueued {
			t.Errorf("Results() = %v, want one, of alice, who is queued", results)
		}
		_ = c.Close()
		_ = n.Close()
	})
}

func TestFillLeavesNoPlace(t *testing.T) {
	for _, p := range profiles.All() {
		if p.AtSyn.None && p.AtAck.None || p.Backlog.Max > 100 && p.Backlog.Min > 50 {
			continue // a queue without end, or one that takes long to fill
		}
		t.Run(p.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := simnet.New(simnet.Config{Profile: p, Link: netmodel.Link{Latency: time.Millisecond}})
				l, err := n.Host("server").ListenBacklog("tcp", ":80", 3)
				if err != nil {
					t.Fatal(err)
				}
				if err := l.Fill(context.Background()); err != nil {
					t.Errorf("Fill: %v, %s", err, fmt.Sprintf("%+v", l.Queue()))
				}
				_ = n.Close()
				time.Sleep(time.Hour)
			})
		})
	}
}
