package socket_test

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
	"parley/internal/lifecycle/roletest"
)

// Beyond the limits a connection is refused by a frame, after the handshake.
func TestTooManyConnections(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  socket.Config
		want string
	}{
		{"in all", socket.Config{MaxConnections: 2}, "the gateway has 2 connections"},
		{"of an address", socket.Config{MaxPerAddress: 2}, "your address has 2 connections"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, c.cfg)
			first, session := r.connect()
			r.connect()
			third, _ := r.connect()
			if bye := third.ends(frame.CloseFull); !strings.Contains(bye.Reason, c.want) {
				t.Errorf("the reason is %q, want %q", bye.Reason, c.want)
			}
			if got := r.server.Counters().Full; got != 1 {
				t.Errorf("full is %d, want 1", got)
			}
			// When one goes another can come.
			first.write(masked(0x88, nil))
			first.end()
			first.conn.Close()
			third.conn.Close()
			roletest.Await(t, "the session's end", session.closed)
			for {
				cl, _ := r.connect()
				cl.write(join(text("hello"), masked(0x88, nil)))
				if _, payload, _ := cl.read(); string(payload) == "hello" {
					return
				}
				cl.conn.Close()
			}
		})
	}
}

// When there is no room for such a refusal either, the status reports it.
func TestRefusedByStatus(t *testing.T) {
	r := run(t, socket.Config{MaxConnections: 1, MaxPerAddress: 10_000, Linger: roletest.Patience})
	for {
		_, resp := r.request(handshake())
		if resp.StatusCode == http.StatusSwitchingProtocols {
			if r.server.Count() > 1+256 {
				t.Fatalf("%d connections", r.server.Count())
			}
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !strings.Contains(string(body), "no room") {
			t.Errorf("%s %q", resp.Status, body)
		}
		return
	}
}

// Behind a proxy that is believed, clients have their own addresses.
func TestAddresses(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		proxies []netip.Prefix
		header  string
		want    string
	}{
		{nil, "", "127.0.0.1"},
		{nil, "X-Forwarded-For: 203.0.113.9", "127.0.0.1"},
		{loopback, "", "127.0.0.1"},
		{loopback, "X-Forwarded-For: 203.0.113.9", "203.0.113.9"},
		{loopback, "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.1.1.1", "203.0.113.9"},
		{loopback, "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9", "203.0.113.9"},
		{loopback, "X-Forwarded-For: nonsense", "127.0.0.1"},
		{loopback, "X-Forwarded-For: ::ffff:203.0.113.9", "203.0.113.9"},
		{loopback, "X-Forwarded-For: 2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
		{loopback, "X-Forwarded-For: 203.0.113.5:40001", "203.0.113.5"},
		{loopback, "X-Forwarded-For: 198.51.100.1, 203.0.113.5:40001, 10.1.1.1:8080", "203.0.113.5"},
		{loopback, "X-Forwarded-For: [2001:db8:1:2:3:4:5:6]:40001", "2001:db8:1:2::"},
		{loopback, "X-Forwarded-For: [2001:db8:1:2:3:4:5:6]", "2001:db8:1:2::"},
		{loopback, "X-Forwarded-For: [::ffff:203.0.113.9]:1", "203.0.113.9"},
		{loopback, "X-Forwarded-For: 203.0.113.5:", "127.0.0.1"},
		{loopback, "X-Forwarded-For: 203.0.113.5:70000", "127.0.0.1"},
	} {
		r := run(t, socket.Config{Proxies: c.proxies})
		var extra []string
		if c.header != "" {
			extra = append(extra, c.header)
		}
		_, s := r.connect(extra...)
		if got := s.conn.Address().String(); got != c.want {
			t.Errorf("%q from %v is %s, want %s", c.header, c.proxies, got, c.want)
		}
	}
}
