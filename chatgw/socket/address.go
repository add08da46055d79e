package socket

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// address is where a request comes from. Behind proxies that are believed it is
// the last address in X-Forwarded-For that is not one of theirs: what stands in
// front of it, anybody can write.
func address(r *http.Request, proxies []netip.Prefix) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // not TCP: all of them count as one
	}
	addr := ap.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	trusted := func() bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
	for i := len(hops) - 1; i >= 0 && trusted(); i-- {
		hop, ok := hopOf(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		addr = hop
	}
	return network(addr)
}

// hopOf is the address of a hop, which some proxies write with its port, and some with
// brackets: 203.0.113.5:40001, [2001:db8::1]:40001, [2001:db8::1].
func hopOf(s string) (netip.Addr, bool) {
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") {
		s = strings.TrimSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Unmap(), true
	}
	ap, err := netip.ParseAddrPort(s)
	return ap.Addr().Unmap(), err == nil
}

// network is what counts as one address: in IPv6 everybody has a /64.
func network(addr netip.Addr) netip.Addr {
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}
