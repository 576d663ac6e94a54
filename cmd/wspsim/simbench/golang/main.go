// Command golang drives the alternatives for a Go programmer: an event list on container/heap,
// the kernel's TCP over loopback, and gVisor's TCP in the process.
//
//	golang heap|kernel|gvisor LOAD N COUNT
package main

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"wspsim/cmd/wspsim/simbench/drive"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: golang heap|kernel|gvisor LOAD N COUNT")
		os.Exit(2)
	}
	if err := run(os.Args[1], drive.Asked(2)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(peer string, job drive.Job) error {
	switch {
	case peer == "heap" && job.Load == "hold":
		hold(job)
	case peer == "heap" && job.Load == "timers":
		timers(job)
	case peer == "kernel" && job.Load == "connect":
		return kernel(job)
	case peer == "gvisor" && job.Load == "connect":
		return gvisor(job)
	}
	return nil
}

// list is the event list of the textbooks: a heap of pointers.
type list struct {
	now    time.Duration
	serial int
	items  []*item
}

type item struct {
	at     time.Duration
	serial int
	index  int
	who    int
	guard  bool
}

func (l *list) Len() int { return len(l.items) }

func (l *list) Less(i, j int) bool {
	a, b := l.items[i], l.items[j]
	return a.at < b.at || a.at == b.at && a.serial < b.serial
}

func (l *list) Swap(i, j int) {
	l.items[i], l.items[j] = l.items[j], l.items[i]
	l.items[i].index, l.items[j].index = i, j
}

func (l *list) Push(x any) {
	it := x.(*item)
	it.index = len(l.items)
	l.items = append(l.items, it)
}

func (l *list) Pop() any {
	last := len(l.items) - 1
	it := l.items[last]
	l.items[last] = nil
	l.items = l.items[:last]
	it.index = -1
	return it
}

func (l *list) after(d time.Duration, who int, guard bool) *item {
	l.serial++
	it := &item{at: l.now + d, serial: l.serial, who: who, guard: guard}
	heap.Push(l, it)
	return it
}

func (l *list) next() *item {
	it := heap.Pop(l).(*item)
	l.now = it.at
	return it
}

const heapName = "container/heap, a pointer an event"

func hold(job drive.Job) {
	var l list
	in := drive.NewIncrements()
	for i := range job.N {
		l.after(in.Next(), i, false)
	}
	start := drive.CPU()
	for range job.Count {
		l.after(in.Next(), l.next().who, false)
	}
	job.Report(heapName, drive.CPU()-start, fmt.Sprintf("clock %.3f", l.now.Seconds()))
}

func timers(job drive.Job) {
	var l list
	in := drive.NewIncrements()
	guards := make([]*item, job.N)
	for i := range guards {
		guards[i] = l.after(drive.GuardAfter, i, true)
		l.after(in.Next(), i, false)
	}
	cycles, cancelled := 0, 0
	start := drive.CPU()
	for cycles < job.Count {
		it := l.next()
		if it.guard {
			continue
		}
		if g := guards[it.who]; g.index >= 0 {
			heap.Remove(&l, g.index)
			cancelled++
		}
		cycles++
		guards[it.who] = l.after(drive.GuardAfter, it.who, true)
		l.after(in.Next(), it.who, false)
	}
	job.Report(heapName, drive.CPU()-start, fmt.Sprintf("cancelled %.4f", float64(cancelled)/float64(cycles)))
}

// kernel connects over the loopback interface of the machine.
func kernel(job drive.Job) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return connect(job, "the kernel's TCP, loopback", l, func() (net.Conn, error) {
		c, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			err = c.(*net.TCPConn).SetLinger(0) // otherwise TIME_WAIT uses up the ports
		}
		return c, err
	})
}

// gvisor connects over the loopback link of a gVisor stack in this process.
func gvisor(job drive.Job) error {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	if err := s.CreateNIC(1, loopback.New()); err != nil {
		return errors.New(err.String())
	}
	here := tcpip.AddrFrom4([4]byte{127, 0, 0, 1})
	at := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: here.WithPrefix()}
	if err := s.AddProtocolAddress(1, at, stack.AddressProperties{}); err != nil {
		return errors.New(err.String())
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	to := tcpip.FullAddress{NIC: 1, Addr: here, Port: 80}
	l, err := gonet.ListenTCP(s, to, ipv4.ProtocolNumber)
	if err != nil {
		return err
	}
	return connect(job, "gVisor netstack, loopback link", l, func() (net.Conn, error) {
		return gonet.DialContextTCP(context.Background(), s, to, ipv4.ProtocolNumber)
	})
}

func connect(job drive.Job, name string, l net.Listener, dial func() (net.Conn, error)) error {
	accepted := make(chan int)
	go func() {
		n := 0
		for ; n < job.Count; n++ {
			c, err := l.Accept()
			if err != nil {
				break
			}
			_ = c.Close()
		}
		accepted <- n
	}()
	start := drive.CPU()
	for range job.Count {
		c, err := dial()
		if err != nil {
			return err
		}
		_ = c.Close()
	}
	n := <-accepted
	job.Report(name, drive.CPU()-start, fmt.Sprintf("accepted %d", n))
	return nil
}
