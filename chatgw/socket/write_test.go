package socket_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
	"parley/internal/lifecycle/roletest"
)

// narrow is little for the kernel to hold, so that not reading shows soon.
const narrow = 4 << 10

// A client that does not read is cut off, and receives the reason when it reads
// again. Nobody else notices.
func TestSlowReader(t *testing.T) {
	r := run(t, socket.Config{QueueFrames: 1000, QueueBytes: 64 << 10, Linger: roletest.Patience, SendBuffer: narrow})
	slow, slowSession := r.connect()
	quick, quickSession := r.connect()
	f := bytes.Repeat([]byte("x"), 8<<10)
	for i := 0; r.server.Counters().Slow == 0; i++ {
		if i > 10_000 {
			t.Fatal("nothing is slow")
		}
		slowSession.conn.Push(socket.Text(f))
		quickSession.conn.Push(socket.Text(f))
		quick.expect(string(f))
	}
	slowSession.conn.Push(socket.Text([]byte("too late")))
	quickSession.conn.Push(socket.Text([]byte("well")))
	quick.expect("well")
	slow.ends(frame.CloseSlow)
	slow.conn.Close()
	slowSession.ended(t, frame.CloseSlow)
}

// A client that requests more than fits into its queue is answered at the speed it reads,
// and not cut off.
func TestAwaitSpace(t *testing.T) {
	r := run(t, socket.Config{QueueBytes: 64 << 10, SendBuffer: narrow, Linger: roletest.Patience})
	cl, s := r.connect()
	page := strings.Repeat("p", 40<<10)
	const pages = 50
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		for range pages {
			s.conn.AwaitSpace(t.Context())
			s.conn.Send(socket.Text([]byte(page)))
		}
	}()
	for range pages {
		cl.expect(page)
	}
	roletest.Await(t, "the last page to be sent", answered)
	if n := r.server.Counters().Slow; n != 0 {
		t.Errorf("%d connections were cut off", n)
	}

	// The end of the connection ends the wait.
	for range 2 {
		s.conn.AwaitSpace(t.Context())
		s.conn.Send(socket.Text([]byte(strings.Repeat("p", 4<<20))))
	}
	waited := make(chan struct{})
	go func() { defer close(waited); s.conn.AwaitSpace(t.Context()) }()
	cl.conn.Close()
	roletest.Await(t, "the wait to end", waited)
}

// Too many small frames are too much as well.
func TestTooManyFrames(t *testing.T) {
	r := run(t, socket.Config{QueueFrames: 10, MaxDelay: time.Hour, Linger: roletest.Patience, SendBuffer: narrow})
	slow, s := r.connect()
	f := socket.Text([]byte("x"))
	for r.server.Counters().Slow == 0 {
		s.conn.Push(f)
	}
	slow.ends(frame.CloseSlow)
	slow.conn.Close()
}

// Frames arrive whole and in order, however they were queued and however little
// the socket takes at a time.
func TestOrder(t *testing.T) {
	r := run(t, socket.Config{QueueFrames: 100_000, QueueBytes: 1 << 30, SendBuffer: narrow})
	cl, s := r.connect()
	const n = 2000
	payload := func(i int) string { return fmt.Sprintf("%d %s", i, strings.Repeat("x", i)) }
	for i := range n / 2 {
		s.conn.Push(socket.Text([]byte(payload(i)))) // before anybody reads
	}
	go func() {
		for i := n / 2; i < n; i++ {
			f := socket.Text([]byte(payload(i)))
			if i%7 == 0 {
				s.conn.Send(f)
			} else {
				s.conn.Push(f)
			}
		}
	}()
	for i := range n {
		cl.expect(payload(i))
	}
}

// Under load the frames of a connection share writes.
func TestWritesAreJoined(t *testing.T) {
	r := run(t, socket.Config{})
	const conns, each = 20, 200
	var sessions []*session
	done := make(chan error, conns)
	for range conns {
		cl, s := r.connect()
		sessions = append(sessions, s)
		go func() {
			for range each {
				if _, _, err := cl.read(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	f := socket.Text([]byte(`{"t":"message"}`))
	for range each {
		for _, s := range sessions {
			s.conn.Push(f)
		}
	}
	for range conns {
		roletest.Must(t, roletest.Await(t, "a client", done))
	}
	if got := r.server.Counters().Writes; got > conns*each/2 {
		t.Errorf("%d frames took %d writes", conns*each, got)
	}
}

// A frame that is urgent, or alone, does not wait.
func TestUrgentFramesDoNotWait(t *testing.T) {
	cl, s := run(t, socket.Config{MaxDelay: time.Hour}).connect()
	for i := range 100 {
		s.conn.Send(socket.Text(fmt.Append(nil, i)))
		cl.expect(fmt.Sprint(i))
	}
}

// A socket that takes nothing for too long is closed.
func TestWriteTimeout(t *testing.T) {
	r := run(t, socket.Config{WriteTimeout: 50 * time.Millisecond, QueueFrames: 1 << 20, QueueBytes: 1 << 30, SendBuffer: narrow})
	_, s := r.connect()
	big := socket.Text(bytes.Repeat([]byte("x"), 1<<20))
	for range 32 {
		s.conn.Push(big)
	}
	s.ended(t, frame.CloseSlow)
	if got := r.server.Counters().Slow; got != 1 {
		t.Errorf("slow is %d, want 1", got)
	}
}

// One frame may be larger than the bound on bytes: nothing else can bring it.
func TestLargeFrame(t *testing.T) {
	cl, s := run(t, socket.Config{QueueBytes: 1000}).connect()
	large := strings.Repeat("x", 100_000)
	s.conn.Send(socket.Text([]byte(large)))
	cl.expect(large)
}
