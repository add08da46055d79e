package socket_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
	"parley/internal/lifecycle/roletest"
)

// A drain admits no more connections, finishes what sessions are doing, sends
// every client a time to reconnect, and ends when all are disconnected.
func TestDrain(t *testing.T) {
	r := run(t, socket.Config{})
	const n = 50
	var clients []*client
	var sessions []*session
	for range n {
		cl, s := r.connect()
		clients, sessions = append(clients, cl), append(sessions, s)
	}
	// One of them has work under way.
	begun, finish := make(chan struct{}), make(chan struct{})
	sessions[0].onFrame(func([]byte) {
		close(begun)
		<-finish
		sessions[0].conn.Send(socket.Text([]byte("done")))
	})
	clients[0].write(text("work"))
	roletest.Await(t, "the work to begin", begun)

	drained := r.drain(roletest.Patience, 10_000)
	hints := map[int64]bool{}
	for _, cl := range clients[1:] {
		hints[cl.ends(frame.CloseDrain).RetryMS] = true
	}
	if len(hints) < n/2 {
		t.Errorf("%d clients are sent %d different times to reconnect", n-1, len(hints))
	}
	if _, resp := r.request(handshake()); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a handshake during the drain gives %v", resp)
	}
	select {
	case <-drained:
		t.Error("the drain is over before the work")
	default:
	}
	close(finish)
	clients[0].expect("done")
	clients[0].ends(frame.CloseDrain)
	for _, cl := range clients {
		cl.conn.Close()
	}
	roletest.Await(t, "the drain to end", drained)
	if got := r.server.Count(); got != 0 {
		t.Errorf("%d connections are left", got)
	}
}

// A drain is paced, so that those who come back do not come at the same time, and is
// over in time all the same.
func TestDrainIsPaced(t *testing.T) {
	r := run(t, socket.Config{})
	for range 20 {
		cl, _ := r.connect()
		go func() {
			cl.end()
			cl.conn.Close()
		}()
	}
	began := time.Now()
	roletest.Await(t, "the drain to end", r.drain(roletest.Patience, 100))
	if took := time.Since(began); took < 190*time.Millisecond {
		t.Errorf("20 connections at 100 a second took %v", took)
	}
	for range 20 {
		c, resp := r.request(handshake())
		if resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("the handshake gave %v", resp)
		}
		c.conn.Close()
	}
}

func TestDrainEndsInTime(t *testing.T) {
	r := run(t, socket.Config{})
	for range 10 {
		r.connect() // these never close
	}
	roletest.Await(t, "a drain with a deadline of 200 ms", r.drain(200*time.Millisecond, 1))
}

// drain drains the server. The channel is closed when that has ended.
func (r *harness) drain(timeout time.Duration, perSecond int) <-chan struct{} {
	drained := make(chan struct{})
	ctx, cancel := context.WithTimeout(r.t.Context(), timeout)
	go func() {
		defer close(drained)
		defer cancel()
		r.server.Drain(ctx, perSecond)
	}()
	return drained
}
