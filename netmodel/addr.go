package netmodel

import (
	"fmt"
	"strconv"
)

// IP is an address of the virtual network. It has four bytes, so that an Addr is small
// and comparable.
//
// A value below 240.0.0.0 is an IPv4 address in host byte order. IPv4 reserves the values
// from 240.0.0.0 on (RFC 1112, section 4). Here they stand for the IPv6 addresses fd00::
// to fd00::fff:ffff. The network assigns all addresses itself, so it needs no others. The
// socket calls for IPv6 are not modelled.
type IP uint32

// AnyIP is the wildcard address: every address of the host.
const AnyIP IP = 0

// firstIPv6 stands for fd00::.
const firstIPv6 IP = 0xf000_0000

// IPv4 returns the address a.b.c.d.
func IPv4(a, b, c, d byte) IP {
	return IP(a)<<24 | IP(b)<<16 | IP(c)<<8 | IP(d)
}

// The address space of hosts. A host with an id below 256 has 65,536 addresses from
// 10.id.0.0 on. A host with a larger id has 256 addresses from 11.high.low.0 on, where
// high and low are the bytes of the id.
const (
	smallHosts     IP     = 10 << 24
	largeHosts     IP     = 11 << 24
	firstLargeHost HostID = 256
)

// HostAddr returns address k of a host. A host with an id below 256 has the addresses
// 10.id.0.0 + k, with k from 0 to 65535. A host with a larger id has the addresses
// 11.high.low.k, with k from 0 to 255; high and low are the bytes of the id. HostAddr
// panics if k is outside this range.
func HostAddr(id HostID, k int) IP {
	most, first := 0xffff, smallHosts+IP(id)<<16
	if id >= firstLargeHost {
		most, first = 0xff, largeHosts+IP(id)<<8
	}
	if k < 0 || k > most {
		panic(fmt.Sprintf("netmodel: HostAddr: address %d: host %d has the addresses 0 to %d", k, id, most))
	}
	return first + IP(k)
}

// hostOf returns the host that has an address, or 0.
func hostOf(ip IP) HostID {
	switch ip >> 24 {
	case smallHosts >> 24:
		return HostID(ip >> 16 & 0xff)
	case largeHosts >> 24:
		if id := HostID(ip >> 8); id >= firstLargeHost {
			return id
		}
	}
	return 0
}

// String returns the address in dotted form, or an IPv6 address in the form of RFC 5952.
func (ip IP) String() string { return string(ip.AppendText(nil)) }

// AppendText appends the text of String to b.
func (ip IP) AppendText(b []byte) []byte {
	if ip >= firstIPv6 {
		return ip.appendIPv6(b)
	}
	for shift := 24; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(b, uint64(byte(ip>>shift)), 10)
		if shift > 0 {
			b = append(b, '.')
		}
	}
	return b
}

func (ip IP) appendIPv6(b []byte) []byte {
	b = append(b, "fd00::"...)
	high, low := uint64(ip-firstIPv6)>>16, uint64(uint16(ip))
	if high != 0 {
		b = append(strconv.AppendUint(b, high, 16), ':')
	}
	if high != 0 || low != 0 {
		b = strconv.AppendUint(b, low, 16)
	}
	return b
}

// Addr is the address of one end of a connection. In a call of Bind, port 0 asks the host
// for a free port.
type Addr struct {
	IP   IP
	Port uint16
}

// String returns the address as "10.0.0.1:80", or "[fd00::1]:80".
func (a Addr) String() string { return string(a.AppendText(nil)) }

// AppendText appends the text of String to b.
func (a Addr) AppendText(b []byte) []byte {
	if a.IP >= firstIPv6 {
		b = append(a.IP.AppendText(append(b, '[')), "]:"...)
	} else {
		b = append(a.IP.AppendText(b), ':')
	}
	return strconv.AppendUint(b, uint64(a.Port), 10)
}
