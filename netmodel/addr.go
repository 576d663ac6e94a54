package netmodel

import "strconv"

// IP is an IPv4 address in host byte order. IPv6 is not modelled.
type IP uint32

// AnyIP is the wildcard: every address of the host.
const AnyIP IP = 0

// IPv4 returns the address a.b.c.d.
func IPv4(a, b, c, d byte) IP {
	return IP(a)<<24 | IP(b)<<16 | IP(c)<<8 | IP(d)
}

// String returns the address in dotted form.
func (ip IP) String() string { return string(ip.AppendText(nil)) }

func (ip IP) AppendText(b []byte) []byte {
	for shift := 24; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(b, uint64(byte(ip>>shift)), 10)
		if shift > 0 {
			b = append(b, '.')
		}
	}
	return b
}

// Addr is one end of a connection. Port 0 in a call of Bind asks the host for
// a free port.
type Addr struct {
	IP   IP
	Port uint16
}

// String returns the address as "10.0.0.1:80".
func (a Addr) String() string { return string(a.AppendText(nil)) }

func (a Addr) AppendText(b []byte) []byte {
	b = append(a.IP.AppendText(b), ':')
	return strconv.AppendUint(b, uint64(a.Port), 10)
}
