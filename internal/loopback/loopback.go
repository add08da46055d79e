// Package loopback distinguishes requests that are meant for this machine from those of
// a page whose host name was made to resolve to it (DNS rebinding): to a browser such a
// page has the same origin as the server, so that it may read and write there.
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

// Browser reports whether a browser sent a request. Other programs' requests cannot be
// caused by a page.
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
