package socket

import (
	"net/http"
	"net/url"
	"strings"

	"parley/internal/loopback"
)

// checkOrigin returns why a page may not connect, or nil. Only browsers send an
// Origin: it is what keeps a page of somebody else from using a person's
// browser, and protects against nothing else.
func checkOrigin(r *http.Request, allowed []string) *refusal {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	for _, a := range allowed {
		if a == "*" || strings.EqualFold(strings.TrimSuffix(a, "/"), origin) {
			return nil
		}
	}
	if len(allowed) > 0 {
		return refuse(http.StatusForbidden, "the origin %.100q is not one of those that the gateway allows", origin)
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return refuse(http.StatusForbidden, "the origin %.100q is not this host, %.100q; the gateway has to allow it", origin, r.Host)
	}
	if loopback.Rebound(r) {
		return refuse(http.StatusForbidden, "the host %.100q is not this machine; the gateway has to allow the origin %.100q", r.Host, origin)
	}
	return nil
}
