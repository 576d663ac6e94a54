// Package stevens measures the model for Figure 4.10 of W. R. Stevens, B. Fenner,
// A. M. Rudoff, UNIX Network Programming, volume 1, 3rd edition.
package stevens

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Filled is what became of clients that connect one after the other to a server
// whose program never accepts.
type Filled struct {
	Connected int // clients whose connect has succeeded
	Queued    int // those that accept could take
	Phantom   int // clients that are connected where the server is not. K4
	Reset     int // those that were reset afterwards. ST.7
}

// Fill lets clients connect one by one to a server that listens with the backlog and
// never accepts, and counts them. All connect before a first retransmission. The
// clients run on the same profile.
func Fill(p netmodel.Profile, backlog, clients int) Filled {
	const apart = 100 * time.Microsecond
	n := netmodel.NewNetwork(0)
	addrs := []netmodel.IP{netmodel.HostAddr(1, 1)}
	server := n.AddHost("server", netmodel.HostConfig{Profile: p, Addrs: addrs})
	clientHost := n.AddHost("clients", netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{netmodel.HostAddr(2, 1)}})
	n.SetLink(server, clientHost, netmodel.Link{Latency: time.Microsecond})
	h := n.Host(server)
	fd, _ := h.Socket(winsock.SOCK_STREAM) // a fresh host has descriptors and ports
	_ = h.Bind(fd, netmodel.Addr{Port: 80})
	_ = h.Listen(fd, backlog)
	to := netmodel.Addr{IP: addrs[0], Port: 80}
	first := n.AddClients(netmodel.ClientConfig{Name: "c", Host: clientHost, To: to}, clients)
	for i := range clients {
		n.Start(first+netmodel.ClientID(i), time.Duration(i)*apart)
	}
	n.Run(sim.Time(time.Duration(clients) * apart))
	n.Run(n.Now().Add(10 * time.Millisecond)) // the last one's handshake
	var f Filled
	for _, r := range n.DrainRecords(nil) {
		if r.Kind == netmodel.Connected {
			f.Connected++
		}
	}
	for _, result := range n.Results() {
		switch {
		case result.Progress == netmodel.ProgressQueued:
			f.Queued++
		case result.Progress == netmodel.ProgressPhantom:
			f.Phantom++
		case result.Outcome == netmodel.OutcomeReset:
			f.Reset++
		}
	}
	return f
}

// Row is a row of Figure 4.10 of W. R. Stevens, B. Fenner, A. M. Rudoff,
// UNIX Network Programming, volume 1, 3rd edition: how many clients connect to a
// server that listens with a backlog and never accepts.
type Row struct {
	Backlog     int
	Book, Model [5]int // by Systems
}

// Systems are the columns of the figure, by the profiles that model them.
// The first stands for AIX 5.1 too (aix5), the last for Solaris 2.9.
func Systems() [5]string {
	return [5]string{"macosx10.2", "linux2.4", "hpux11", "freebsd4", "solaris9"}
}

// Outlier says why one cell of the book differs from the model: the only
// one of 75.
const Outlier = "Solaris 9 with backlog 4: the book has 6, every other cell of the column is 3/2 of the backlog and one more, " +
	"rounded down, which is 7, and so does the source of illumos. A slip of measurement or print, so it is not modelled."

// Table measures the model for the whole figure.
func Table() []Row {
	book := [15][5]int{
		{1, 3, 1, 1, 1}, {2, 4, 1, 2, 2}, {4, 5, 3, 3, 4}, {5, 6, 4, 4, 5}, {7, 7, 6, 5, 6},
		{8, 8, 7, 6, 8}, {10, 9, 9, 7, 10}, {11, 10, 10, 8, 11}, {13, 11, 12, 9, 13}, {14, 12, 13, 10, 14},
		{16, 13, 15, 11, 16}, {17, 14, 16, 12, 17}, {19, 15, 18, 13, 19}, {20, 16, 19, 14, 20}, {22, 17, 21, 15, 22},
	}
	rows := make([]Row, len(book))
	for backlog := range rows {
		rows[backlog] = Row{Backlog: backlog, Book: book[backlog]}
		for i, name := range Systems() {
			p, _ := profiles.ByName(name)
			rows[backlog].Model[i] = Fill(p, backlog, 30).Connected
		}
	}
	return rows
}
