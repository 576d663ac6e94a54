package simnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// HostConfig is the settings of one host that differ from the Config of its network.
type HostConfig struct {
	Profile     netmodel.Profile // the zero value: that of the network
	Descriptors int              // the most that its program may have open; 0 = that of the network; or NoLimit
}

// NoLimit as HostConfig.Descriptors removes the limit of descriptors. It overrides
// Config.Descriptors.
const NoLimit = -1

// Host is one computer of a network. One program runs on it, and its sockets share one limit
// of descriptors.
type Host struct {
	net     *Network
	id      netmodel.HostID
	name    string
	model   *netmodel.Host
	profile netmodel.Profile
	limited bool // the number of descriptors is limited
	faults  netmodel.Fault
	objects []object // by descriptor, from netmodel.FirstFD
	dialer  *Dialer
}

// object is the listener, connection or dial of a descriptor.
type object interface {
	changed() // its state has changed, so waiting calls try again
	drop()    // the network closes
}

// Name returns the name of the host in lower case, without a dot at the end.
func (h *Host) Name() string { return h.name }

// Profile returns the system of the host.
func (h *Host) Profile() netmodel.Profile { return h.profile }

// Addr returns the address of the host.
func (h *Host) Addr() netip.Addr { return addrOf(netmodel.HostAddr(h.id, 1)) }

// Dial is DialContext without a context.
func (h *Host) Dial(network, address string) (net.Conn, error) {
	return h.dialer.DialContext(context.Background(), network, address)
}

// DialContext connects as net.Dialer.DialContext does on the system of the host, and returns
// the same errors. network is "tcp" or "tcp4". address is the name or IPv4 address of a host
// and a port: "server:80".
//
// The network cannot distinguish dials of one host that begin at one instant. If the
// difference matters, give each goroutine a Dialer.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return h.dialer.DialContext(ctx, network, address)
}

// Dialer returns a dialer of the given name, which appears in traces. The random draws of a
// dialer depend on its name, the name of its host and the number of its earlier dials. They
// do not depend on other dialers. Dialers of one name on one host differ by the order of the
// calls of Dialer.
func (h *Host) Dialer(name string) *Dialer {
	h.net.enter()
	defer h.net.leave()
	return &Dialer{host: h, id: h.net.real.AddExternalClient(name, h.id)}
}

// FreeDescriptors returns how many more descriptors the program can open.
func (h *Host) FreeDescriptors() int {
	h.net.enter()
	defer h.net.leave()
	return h.model.FreeDescriptors()
}

// OpenFiles takes count descriptors, as a program does when it opens files. If fewer are free,
// OpenFiles takes all of them. closeAll frees the descriptors again.
func (h *Host) OpenFiles(count int) (closeAll func()) {
	var files []netmodel.FD
	_ = h.net.do(rankOf(openFiles, h, 0, uint64(count)), h, func() error {
		for range count {
			fd, err := h.model.OpenFile()
			if err != nil {
				break
			}
			files = append(files, fd)
		}
		return nil
	})
	first := netmodel.FD(0) // orders the calls of several closeAll at one instant
	if len(files) > 0 {
		first = files[0]
	}
	return func() {
		_ = h.net.do(rankOf(closeFiles, h, 0, uint64(first)), h, func() error {
			for _, fd := range files {
				_ = h.model.CloseFile(fd) // it was opened above
			}
			files = nil
			return nil
		})
	}
}

// SetFault switches a fault of the host on or off.
func (h *Host) SetFault(f netmodel.Fault, on bool) {
	_ = h.net.do(rankOf(setFault, h, 0, uint64(f)<<1|bit(on)), h, func() error {
		h.model.SetFault(f, on)
		if on {
			h.faults |= f
		} else {
			h.faults &^= f
		}
		return nil
	})
}

func (h *Host) object(fd netmodel.FD) object {
	if k := int(fd - netmodel.FirstFD); k >= 0 && k < len(h.objects) {
		return h.objects[k]
	}
	return nil
}

func (h *Host) assign(fd netmodel.FD, o object) {
	for int(fd-netmodel.FirstFD) >= len(h.objects) {
		h.objects = append(h.objects, nil)
	}
	h.objects[fd-netmodel.FirstFD] = o
}

// canonical returns a host name in lower case, without the dot of the root at its end.
// (RFC 1034, section 3.1)
func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// localhost is every host's name for itself.
const localhost = "localhost"

// validName returns an error if a canonical name cannot be the name of a host. A name must be
// usable before ":port" and in a trace.
func validName(name string) error {
	if name == localhost {
		return errors.New("host name \"localhost\": every host uses it as a name of itself; want another name")
	}
	if name == "" || len(name) > 253 {
		return fmt.Errorf("a host name of %d characters: want 1 to 253", len(name))
	}
	for _, r := range name {
		if r <= ' ' || r > '~' || strings.ContainsRune(":[]/%", r) {
			return fmt.Errorf("host name %q: want letters, digits, dots and dashes", name)
		}
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return fmt.Errorf("host name %q: it is an address; the network assigns the addresses of hosts", name)
	}
	return nil
}

// resolve returns the address of "host:port" as a program on h sees it.
func (h *Host) resolve(network, address string) (netmodel.Addr, error) {
	switch network {
	case "tcp", "tcp4":
	case "tcp6":
		return netmodel.Addr{}, &net.AddrError{Err: "IPv6 is not modelled", Addr: address}
	default:
		return netmodel.Addr{}, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return netmodel.Addr{}, err
	}
	port, err := portOf(network, service)
	if err != nil {
		return netmodel.Addr{}, err
	}
	ip, err := h.lookup(host)
	return netmodel.Addr{IP: ip, Port: port}, err
}

// services are the names of ports that package net knows without the file /etc/services. So a
// test behaves the same on every machine. (Go 1.26: net/lookup.go)
var services = map[string]uint16{
	"domain": 53, "ftp": 21, "ftps": 990, "gopher": 70, "http": 80, "https": 443, "imap2": 143, "imap3": 220,
	"imaps": 993, "pop3": 110, "pop3s": 995, "smtp": 25, "submissions": 465, "ssh": 22, "telnet": 23,
}

// portOf returns the number of a port. A number may have a sign. No digits mean 0.
// (Go 1.26: net/port.go, parsePort; net/lookup.go, LookupPort)
func portOf(network, service string) (uint16, error) {
	digits := strings.TrimLeft(service, "+-")
	if digits == "" && len(service) <= 1 {
		return 0, nil
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	switch {
	case strings.Trim(digits, "0123456789") != "" || len(service)-len(digits) > 1:
		if port, ok := services[strings.ToLower(service)]; ok {
			return port, nil
		}
		return 0, &net.DNSError{Err: "unknown port", Name: network + "/" + service, IsNotFound: true}
	case err != nil || service[0] == '-' && port > 0:
		return 0, &net.AddrError{Err: "invalid port", Addr: service}
	}
	return uint16(port), nil
}

// lookup returns the address of a name, AnyIP for an empty name.
func (h *Host) lookup(name string) (netmodel.IP, error) {
	if name == "" {
		return netmodel.AnyIP, nil
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		switch {
		case !ip.Unmap().Is4():
			return 0, &net.AddrError{Err: "IPv6 is not modelled", Addr: name}
		case ip.IsLoopback():
			return netmodel.HostAddr(h.id, 1), nil
		}
		b := ip.Unmap().As4()
		return netmodel.IPv4(b[0], b[1], b[2], b[3]), nil
	}
	if canonical(name) == localhost {
		return netmodel.HostAddr(h.id, 1), nil
	}
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	if other := h.net.names[canonical(name)]; other != nil {
		return netmodel.HostAddr(other.id, 1), nil
	}
	return 0, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func addrOf(ip netmodel.IP) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)})
}

// isLoopback reports whether a name means the host itself.
func isLoopback(name string) bool {
	ip, err := netip.ParseAddr(name)
	return canonical(name) == localhost || err == nil && ip.IsLoopback()
}

// tcpAddr returns an address as programs see it. AnyIP becomes a nil IP.
func tcpAddr(a netmodel.Addr) *net.TCPAddr {
	if a.IP == netmodel.AnyIP {
		return &net.TCPAddr{Port: int(a.Port)}
	}
	return &net.TCPAddr{IP: net.IPv4(byte(a.IP>>24), byte(a.IP>>16), byte(a.IP>>8), byte(a.IP)).To4(), Port: int(a.Port)}
}

// instant converts a deadline to an instant of the model. 0 means no deadline.
func (n *Network) instant(t time.Time) sim.Time {
	if t.IsZero() {
		return 0
	}
	d := t.Sub(n.start) // saturates
	switch {
	case d <= 0:
		return 1
	case d > farDeadline:
		return sim.Forever
	}
	return sim.Time(d)
}

// farDeadline is longer than any run lasts.
const farDeadline = 100 * 365 * 24 * time.Hour
