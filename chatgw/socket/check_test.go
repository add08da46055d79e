package socket_test

import (
	"io"
	"strings"
	"testing"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
)

// A request that is no handshake gets the status of RFC 6455 and one line with
// the reason.
func TestHandshake(t *testing.T) {
	good := handshake()
	for _, c := range []struct {
		name, request string
		status        int
		body          string
	}{
		{"good", good, 101, ""},
		{"good, spelled differently", strings.NewReplacer("Upgrade: websocket", "upgrade: WebSocket", "keep-alive, Upgrade", "upgrade").Replace(good), 101, ""},
		{"good, of a browser of this host", handshake("Origin: http://chat.test"), 403, "is not this machine"},
		{"post", strings.Replace(good, "GET", "POST", 1), 405, "the method is POST"},
		{"http 1.0", strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1), 505, "needs HTTP/1.1"},
		{"no upgrade", strings.Replace(good, "Upgrade: websocket\r\n", "", 1), 426, "the header Upgrade: websocket is missing"},
		{"another upgrade", strings.Replace(good, "Upgrade: websocket\r\n", "Upgrade: h2c\r\n", 1), 426, "the header Upgrade: websocket is missing"},
		{"no connection", strings.Replace(good, "keep-alive, Upgrade", "keep-alive", 1), 426, "the header Connection: Upgrade is missing"},
		{"no version", strings.Replace(good, "Sec-WebSocket-Version: 13\r\n", "", 1), 426, `Sec-WebSocket-Version is ""`},
		{"old version", strings.Replace(good, "Version: 13", "Version: 8", 1), 426, `Sec-WebSocket-Version is "8", this gateway speaks 13`},
		{"two versions", handshake("Sec-WebSocket-Version: 8"), 426, `"13, 8"`},
		{"no key", strings.Replace(good, "Sec-WebSocket-Key: "+key+"\r\n", "", 1), 400, "the header Sec-WebSocket-Key is missing"},
		{"two keys", handshake("Sec-WebSocket-Key: " + key), 400, "there 2 times"},
		{"short key", strings.Replace(good, key, "dGhlIHNhbXBsZQ==", 1), 400, "which is not 16 bytes in base64"},
		{"no base64", strings.Replace(good, key, "!", 1), 400, `Sec-WebSocket-Key is "!"`},
		{"no subprotocol", strings.Replace(good, "Sec-WebSocket-Protocol: "+frame.Subprotocol+"\r\n", "", 1), 400, "it must offer " + frame.Subprotocol},
		{"another subprotocol", strings.Replace(good, frame.Subprotocol, "graphql-ws", 1), 400, `Sec-WebSocket-Protocol is "graphql-ws"`},
		{"two subprotocols", strings.Replace(good, frame.Subprotocol, "graphql-ws, "+frame.Subprotocol, 1), 101, ""},
		{"another origin", handshake("Origin: https://evil.test"), 403, `the origin "https://evil.test" is not this host`},
		{"no origin of its own", handshake("Origin: null"), 403, `the origin "null"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, socket.Config{})
			_, resp := r.request(c.request)
			if resp.StatusCode != c.status {
				t.Errorf("the status is %s, want %d", resp.Status, c.status)
			}
			if c.status == 101 {
				// The accept key of RFC 6455, section 1.3.
				if got := resp.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
					t.Errorf("Sec-WebSocket-Accept is %q", got)
				}
				if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != frame.Subprotocol {
					t.Errorf("Sec-WebSocket-Protocol is %q", got)
				}
				return
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || !strings.Contains(string(body), c.body) || strings.Count(string(body), "\n") != 1 {
				t.Errorf("the body is %q (%v), want a line with %q", body, err, c.body)
			}
			if c.status == 426 && (resp.Header.Get("Sec-WebSocket-Version") != "13" || resp.Header.Get("Upgrade") != "websocket") {
				t.Errorf("the headers are %v", resp.Header)
			}
			if got := r.server.Counters().Refused; got != 1 {
				t.Errorf("refused is %d, want 1", got)
			}
		})
	}
}

// Which pages may connect.
func TestOrigins(t *testing.T) {
	for _, c := range []struct {
		allowed      []string
		host, origin string
		status       int
	}{
		{nil, "localhost:8080", "http://localhost:8080", 101},
		{nil, "LOCALHOST:8080", "http://localhost:8080", 101},
		{nil, "parley.localhost", "https://parley.localhost", 101},
		{nil, "127.0.0.1:8080", "http://127.0.0.1:8080", 101},
		{nil, "[::1]:8080", "http://[::1]:8080", 101},
		{nil, "localhost:8080", "http://localhost:8081", 403},
		{nil, "rebound.evil.test:8080", "http://rebound.evil.test:8080", 403},
		{[]string{"https://chat.example.com"}, "chat.example.com", "https://chat.example.com", 101},
		{[]string{"https://a.example.com", "https://chat.example.com/"}, "internal", "https://CHAT.example.com", 101},
		{[]string{"https://chat.example.com"}, "chat.example.com", "http://chat.example.com", 403},
		{[]string{"https://chat.example.com"}, "localhost:8080", "http://localhost:8080", 403},
		{[]string{"*"}, "x", "https://evil.test", 101},
	} {
		r := run(t, socket.Config{Origins: c.allowed})
		_, resp := r.request(strings.Replace(handshake("Origin: "+c.origin), "Host: chat.test", "Host: "+c.host, 1))
		if resp.StatusCode != c.status {
			t.Errorf("%s at %s with %q: %v, want %d", c.origin, c.host, c.allowed, resp, c.status)
		}
	}
}
