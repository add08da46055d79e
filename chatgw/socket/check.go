package socket

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"parley/chatgw/frame"
)

// refusal is the answer to a request that is not an acceptable handshake: a status
// of RFC 6455 (section 4.2.2) and one line with the reason.
type refusal struct {
	status int
	text   string
	header http.Header
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, text: fmt.Sprintf(format, args...), header: http.Header{}}
}

func (r *refusal) with(key, value string) *refusal {
	r.header.Set(key, value)
	return r
}

func (r *refusal) write(w http.ResponseWriter) {
	h := w.Header()
	for key, values := range r.header {
		h[key] = values
	}
	h.Set("Cache-Control", "no-store")
	http.Error(w, r.text, r.status)
}

// check returns why a request is not the handshake of a client of ours, or nil.
// The library answers most of this with 400.
func check(r *http.Request) *refusal {
	switch {
	case r.Method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "the method is %.20s, a WebSocket handshake is a GET", r.Method).with("Allow", "GET")
	case !r.ProtoAtLeast(1, 1):
		return refuse(http.StatusHTTPVersionNotSupported, "a WebSocket handshake needs HTTP/1.1, this is %s", r.Proto)
	case !has(r.Header, "Upgrade", "websocket"):
		return upgradeRequired("the header Upgrade: websocket is missing")
	case !has(r.Header, "Connection", "upgrade"):
		return upgradeRequired("the header Connection: Upgrade is missing")
	}
	if v := r.Header.Values("Sec-Websocket-Version"); len(v) != 1 || strings.TrimSpace(v[0]) != "13" {
		return upgradeRequired("Sec-WebSocket-Version is %.40q, this gateway speaks 13", strings.Join(v, ", "))
	}
	return cmp.Or(checkKey(r.Header.Values("Sec-Websocket-Key")), checkSubprotocol(r.Header))
}

func upgradeRequired(format string, args ...any) *refusal {
	return refuse(http.StatusUpgradeRequired, format, args...).
		with("Upgrade", "websocket").with("Connection", "Upgrade").with("Sec-WebSocket-Version", "13")
}

func checkKey(keys []string) *refusal {
	switch len(keys) {
	case 0:
		return refuse(http.StatusBadRequest, "the header Sec-WebSocket-Key is missing")
	case 1:
	default:
		return refuse(http.StatusBadRequest, "the header Sec-WebSocket-Key is there %d times", len(keys))
	}
	if raw, err := base64.StdEncoding.DecodeString(keys[0]); err != nil || len(raw) != 16 {
		return refuse(http.StatusBadRequest, "Sec-WebSocket-Key is %.40q, which is not 16 bytes in base64", keys[0])
	}
	return nil
}

func checkSubprotocol(h http.Header) *refusal {
	if has(h, "Sec-Websocket-Protocol", frame.Subprotocol) {
		return nil
	}
	return refuse(http.StatusBadRequest, "Sec-WebSocket-Protocol is %.80q, it must offer %s",
		strings.Join(h.Values("Sec-Websocket-Protocol"), ", "), frame.Subprotocol)
}

// has reports whether a header that is a list, perhaps over several lines, has
// a token.
func has(h http.Header, key, token string) bool {
	for _, line := range h.Values(key) {
		for t := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}
