package browser

import (
	"net"
	"sync"
	"testing"
)

// relay stands for the network between a browser and a gateway. It can hold
// everything back, as a network does that is gone: nobody is told.
type relay struct {
	listener net.Listener
	to       string
	work     sync.WaitGroup

	mu    sync.Mutex
	moved *sync.Cond
	held  bool
	ended bool
	conns map[net.Conn]bool
}

func newRelay(t testing.TB, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, to: to, conns: map[net.Conn]bool{}}
	r.moved = sync.NewCond(&r.mu)
	r.work.Go(r.accept)
	t.Cleanup(r.end)
	return r
}

func (r *relay) url() string { return "http://" + r.listener.Addr().String() }

// hold holds everything back, or lets it pass again.
func (r *relay) hold(held bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = held
	r.moved.Broadcast()
}

func (r *relay) end() {
	r.listener.Close()
	r.mu.Lock()
	r.ended = true
	for c := range r.conns {
		c.Close()
	}
	r.moved.Broadcast()
	r.mu.Unlock()
	r.work.Wait()
}

// open reports false if it has ended, once nothing is held back.
func (r *relay) open() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.held && !r.ended {
		r.moved.Wait()
	}
	return !r.ended
}

// keep remembers a connection, to close it in the end.
func (r *relay) keep(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		c.Close()
	}
	r.conns[c] = true
	return !r.ended
}

func (r *relay) forget(c net.Conn) {
	c.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
}

func (r *relay) accept() {
	for {
		in, err := r.listener.Accept()
		if err != nil {
			return
		}
		if r.keep(in) {
			r.work.Go(func() { r.join(in) })
		}
	}
}

func (r *relay) join(in net.Conn) {
	defer r.forget(in)
	if !r.open() {
		return
	}
	out, err := net.Dial("tcp", r.to)
	if err != nil || !r.keep(out) {
		return
	}
	defer r.forget(out)
	var both sync.WaitGroup
	both.Go(func() { r.pass(in, out) })
	both.Go(func() { r.pass(out, in) })
	both.Wait()
}

// pass ends both when one has ended.
func (r *relay) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !r.open() {
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
