package netmodel_test

import (
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

func BenchmarkProgramConnection(b *testing.B) {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.Linux()})
	client := n.AddHost("client", netmodel.HostConfig{Profile: profiles.Linux()})
	s, c := n.Host(server), n.Host(client)
	ln, _ := s.Socket(winsock.SOCK_STREAM)
	_ = s.Bind(ln, netmodel.Addr{Port: 80})
	_ = s.Listen(ln, 128)
	id := n.RealTime().AddExternalClient("p", client)
	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	n.RealTime().DeliverDirectly()
	var records []netmodel.Record
	b.ReportAllocs()
	for b.Loop() {
		fd, _, err := n.RealTime().Dial(id, to, nil)
		if err != nil {
			b.Fatal(err)
		}
		n.Run(n.Now() + 1)
		a, err := s.Accept(ln)
		if err != nil {
			b.Fatal(err)
		}
		_ = s.CloseSocket(a.FD)
		n.Run(n.Now() + 1)
		_ = c.CloseSocket(fd)
		n.Run(n.Now() + 1)
		records = n.DrainRecords(records[:0])
	}
}
