package chatgw

import (
	"net"
	"net/http"
	"testing"
	"time"
)

func TestBucket(t *testing.T) {
	r := rate{PerSecond: 10, Burst: 3}
	var b bucket
	ms := time.Millisecond
	for i, c := range []struct{ now, wait time.Duration }{
		{0, 0},
		{0, 0},
		{0, 0},
		{0, 100 * ms}, // used up
		{50 * ms, 50 * ms},
		{100 * ms, 0}, // one more each 100 ms
		{100 * ms, 100 * ms},
		{150 * ms, 50 * ms}, // a refused attempt costs nothing
		{200 * ms, 0},
		{time.Hour, 0}, // full again, and not more than full
		{time.Hour, 0},
		{time.Hour, 0},
		{time.Hour, 100 * ms},
	} {
		if wait := b.take(c.now, r); wait != c.wait {
			t.Errorf("%d: at %v the wait is %v, want %v", i, c.now, wait, c.wait)
		}
	}
}

func TestPeopleAreForgotten(t *testing.T) {
	p := people{all: map[string]*person{}}
	r := rate{PerSecond: 1, Burst: 2}
	one, two := p.enter("ada"), p.enter("ada")
	if one != two || p.count() != 1 {
		t.Errorf("ada is %p and %p, and %d people", one, two, p.count())
	}
	p.takeMessage(one, 0, r)
	p.leave(one)
	p.leave(two)
	if p.count() != 0 {
		t.Errorf("%d people are connected", p.count())
	}
	if p.sweep(0); len(p.all) != 1 {
		t.Error("what ada has used of her rate is forgotten too early")
	}
	if p.sweep(time.Second); len(p.all) != 0 {
		t.Error("ada is never forgotten")
	}
}

// closer is a connection that can only be closed.
type closer struct {
	net.Conn
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestRequestsAreBounded(t *testing.T) {
	var r requests
	for range maxRequests {
		c := &closer{}
		if r.count(c, http.StateNew); c.closed {
			t.Fatal("a connection is closed too early")
		}
	}
	more := &closer{}
	r.count(more, http.StateNew)
	if !more.closed {
		t.Error("one connection too many is let in")
	}
	r.count(more, http.StateClosed)
	r.count(&closer{}, http.StateHijacked) // it is a WebSocket now
	again := &closer{}
	if r.count(again, http.StateNew); again.closed {
		t.Error("a connection is closed though there is room")
	}
}
