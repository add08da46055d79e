package socket_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
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
	await(t, "the work to begin", begun)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		r.server.Drain(ctx, 10_000)
	}()
	hints := map[int64]bool{}
	for _, cl := range clients[1:] {
		hints[cl.ends(frame.CloseDrain).RetryMS] = true
	}
	if len(hints) < n/2 {
		t.Errorf("%d clients are sent %d different times to reconnect", n-1, len(hints))
	}
	late := r.dial()
	late.write([]byte(handshake()))
	if resp, err := http.ReadResponse(late.in, nil); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a handshake during the drain gives %v, %v", resp, err)
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
	await(t, "the drain to end", drained)
	if got := r.server.Count(); got != 0 {
		t.Errorf("%d connections are left", got)
	}
}

// A drain is paced, so that those who come back do not come at once, and is
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
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r.server.Drain(ctx, 100)
	if took := time.Since(began); took < 190*time.Millisecond {
		t.Errorf("20 connections at 100 a second took %v", took)
	}
	for range 20 {
		r.connectFails()
	}
}

func TestDrainEndsInTime(t *testing.T) {
	r := run(t, socket.Config{})
	for range 10 {
		r.connect() // these never close
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		r.server.Drain(ctx, 1)
	}()
	await(t, "a drain with a deadline of 200 ms", drained)
}

func (r *harness) connectFails() {
	r.t.Helper()
	c := r.dial()
	c.write([]byte(handshake()))
	if resp, err := http.ReadResponse(c.in, nil); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		r.t.Errorf("the handshake gave %v, %v", resp, err)
	}
	c.conn.Close()
}
