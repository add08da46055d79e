// Package loopback tells requests that are meant for this machine from those of
// a page whose name was made to point to it (DNS rebinding): such a page is of
// the same host as the server, by its name, so that browsers let it read and
// write there.
package loopback

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Rebound reports whether a request came to a loopback address under a name that
// is not this machine's own.
func Rebound(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && Host(local.String()) && !Host(r.Host)
}

// Browser reports whether a request is a browser's: of what is not one, no page
// made use.
func Browser(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

// Host reports whether a host, with or without a port, can only be this machine.
func Host(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.Unmap().IsLoopback()
	}
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
