package report

import (
	"bufio"
	"fmt"
	"strconv"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/scenarios"
)

// box prints what the tools of the server's system would show at the end, in
// their words: ss and nstat on Linux, netstat on Windows.
func (r *Run) hostTools(w *bufio.Writer) {
	if !r.Done.Listener.Listened {
		return
	}
	c := &r.Done.Counters
	switch r.Done.Prepared.Server.System {
	case "linux":
		linuxTools(w, r.Done.Result)
	case "windows":
		windowsTools(w, c, r.Done.Listener.RefusedSYNs)
	}
}

// linuxBox prints the line of ss and the counters of nstat that are not zero.
func linuxTools(w *bufio.Writer, d *scenarios.Result) {
	fmt.Fprintln(w, "on the server itself:")
	fmt.Fprintf(w, "  $ ss -ltn\n    State   Recv-Q  Send-Q  Local Address:Port\n")
	for _, s := range d.Sockets {
		address := "0.0.0.0"
		if s.Address.IP != netmodel.AnyIP {
			address = s.Address.IP.String()
		}
		fmt.Fprintf(w, "    LISTEN  %-6d  %-6d  %13s:%d\n", s.Complete, s.EffectiveBacklog, address, s.Address.Port)
	}
	shown := false
	for _, n := range d.Counters.List() {
		if n.Value == 0 {
			continue
		}
		if !shown {
			fmt.Fprintln(w, "  $ nstat")
			shown = true
		}
		fmt.Fprintf(w, "    %-30s  %s\n", n.Name, words.Count(n.Value))
	}
	fmt.Fprintln(w)
}

// windowsBox prints the lines of netstat that the model can speak of. No counter
// of Windows counts the SYNs that a full queue refuses.
func windowsTools(w *bufio.Writer, c *trace.Counters, refused int) {
	fmt.Fprintf(w, "on the server itself:\n  > netstat -s -p tcp\n    TCP Statistics for IPv4\n\n")
	for _, line := range []struct {
		label string
		n     int
	}{
		{"Active Opens", c.ActiveOpens}, {"Passive Opens", c.PassiveOpens}, {"Failed Connection Attempts", c.AttemptFails},
		{"Reset Connections", c.EstabResets}, {"Segments Retransmitted", c.RetransSegs},
	} {
		fmt.Fprintf(w, "      %-36s= %s\n", line.label, strconv.Itoa(line.n))
	}
	if refused > 0 {
		fmt.Fprintf(w, "    (no counter tells of the %s refused)\n", words.Counted(refused, "SYN"))
	}
	fmt.Fprintln(w)
}
