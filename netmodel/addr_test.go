package netmodel

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryAddressOfAHostLeadsToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Custom(func(t *rapid.T) HostID { return HostID(rapid.IntRange(1, 0xffff).Draw(t, "id")) }).Draw(t, "host")
		most := 0xffff
		if id >= firstLargeHost {
			most = 0xff
		}
		k := rapid.IntRange(0, most).Draw(t, "address")
		ip := HostAddr(id, k)
		if got := hostOf(ip); got != id {
			t.Fatalf("hostOf(HostAddr(%d, %d) = %v) = %d, want %d", id, k, ip, got, id)
		}
		if k < most {
			if next := HostAddr(id, k+1); next != ip+1 {
				t.Fatalf("HostAddr(%d, %d) = %v, want the one after %v", id, k+1, next, ip)
			}
		}
	})
}

func TestAnAddressOutsideTheBlocksOfHostsLeadsNowhere(t *testing.T) {
	for _, row := range []struct {
		ip  IP
		why string
	}{
		{AnyIP, "the wildcard"},
		{IPv4(10, 0, 0, 1), "there is no host 0"},
		{IPv4(11, 0, 255, 1), "a host below 256 has its block in 10.0.0.0/8"},
		{IPv4(9, 1, 0, 1), "below the blocks"},
		{IPv4(192, 0, 2, 1), "for documentation, RFC 5737"},
		{firstIPv6 + 1<<16 + 1, "no host has an IPv6 address yet"},
	} {
		if got := hostOf(row.ip); got != 0 {
			t.Errorf("hostOf(%v) = %d, want 0: %s", row.ip, got, row.why)
		}
	}
}

// Package netip parses the text of an address and prints the same text.
func TestTheTextOfAnAddressIsThatOfNetip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Addr{IP(rapid.Uint32().Draw(t, "IP")), rapid.Uint16().Draw(t, "port")}
		if rapid.Bool().Draw(t, "small") {
			a.IP &= firstIPv6 | 0x10_0001
		}
		b := [4]byte{byte(a.IP >> 24), byte(a.IP >> 16), byte(a.IP >> 8), byte(a.IP)}
		want := netip.AddrPortFrom(netip.AddrFrom4(b), a.Port)
		if a.IP >= firstIPv6 {
			want = netip.AddrPortFrom(netip.AddrFrom16([16]byte{0: 0xfd, 12: b[0] & 0xf, 13: b[1], 14: b[2], 15: b[3]}), a.Port)
		}
		if a.String() != want.String() {
			t.Fatalf("Addr{%#x, %d}.String() = %q, want %q", uint32(a.IP), a.Port, a, want)
		}
	})
}
