package socket

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"parley/chatgw/frame"

	"github.com/gorilla/websocket"
)

// Session is what a connection serves.
type Session interface {
	// Frame acts on one message of the client, which is valid UTF-8. Messages
	// of one connection come one after another. data belongs to the caller
	// again when Frame returns.
	Frame(data []byte)
	// Closed is called once, after the last Frame has returned: the connection
	// has ended, or is closing. The code is the one it was closed with, 1006 if
	// it broke.
	Closed(code int)
}

// Conn is one connection. Its fields are few, since thousands are idle.
type Conn struct {
	server  *Server
	session Session
	net     net.Conn
	ws      *websocket.Conn
	raw     syscall.RawConn // nil: not a socket that can be written without waiting
	addr    netip.Addr

	// Of the reading half alone.
	guard  guard
	broken *violation
	shaken bool

	alive  atomic.Bool // something arrived since the last beat
	missed uint8       // beats without; of the wheel alone
	// turn is held while the session acts on a message.
	turn sync.Mutex

	place place // on the wheel

	mu      sync.Mutex
	queue   queue
	space   chan struct{} // closed when there is space again, nil if nobody waits
	cutting *Bye          // the queue is to be cut, and this sent instead
	code    int           // why it closes
	state   state
	closing bool // the last frames are queued, or it broke
	greeted bool // the first message was accepted
}

// attach takes the network of a connection from the HTTP server.
func (c *Conn) attach(conn net.Conn) {
	c.net = conn
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(c.server.cfg.SendBuffer) // fails when closed, as writing will
		c.raw, _ = tcp.SyscallConn()
	}
}

// Address is where the client is.
func (c *Conn) Address() netip.Addr { return c.addr }

// Greeted reports that the first message was acceptable; until then its time
// limit runs.
func (c *Conn) Greeted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.greeted = true
	if !c.closing {
		_ = c.net.SetReadDeadline(time.Time{}) // fails when closed, as reading will
	}
}

// AwaitSpace waits until little is queued for the client, so that a large answer fits
// behind it: a client that requests much at the same time is answered at the speed it reads. It also
// returns when the connection or ctx ends.
func (c *Conn) AwaitSpace(ctx context.Context) {
	c.mu.Lock()
	if c.hasSpace() {
		c.mu.Unlock()
		return
	}
	if c.space == nil {
		c.space = make(chan struct{})
	}
	space := c.space
	c.mu.Unlock()
	select {
	case <-space:
	case <-ctx.Done():
	}
}

// spaceShare of what may be queued is little: the rest is for what rooms send
// meanwhile.
const spaceShare = 4

// hasSpace is called with the lock held.
func (c *Conn) hasSpace() bool {
	return c.closing || c.queue.bytes <= c.server.cfg.QueueBytes/spaceShare
}

// signalSpace is called with the lock held, after the queue has become shorter or
// the connection has ended.
func (c *Conn) signalSpace() {
	if c.space != nil && c.hasSpace() {
		close(c.space)
		c.space = nil
	}
}

// Bye is how a connection ends: Code is a close code, Reason is for people. Retry is
// after how long to connect again; 0: never, or if the code is one of the gateway's after
// which clients do, a random time, so that not all do at the same time.
type Bye struct {
	Code   int
	Reason string
	Retry  time.Duration
}

// Close writes what is queued, then the closing frames, and ends the connection.
// Only the first call counts. It does not wait.
func (c *Conn) Close(b Bye) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		c.queueBye(b)
		c.end(b.Code)
	}
}

// answerClose ends the connection of a client that has closed, or disconnected.
func (c *Conn) answerClose(code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	switch code {
	case closeAbnormal:
	case closeNone:
		c.queue.push(&c.server.lists, closing(0, ""))
	default:
		c.queue.push(&c.server.lists, closing(code, ""))
	}
	c.end(code)
}

// cut ends the connection of a client that does not read: what it has not read
// is thrown away. The caller holds the lock, while it is open.
func (c *Conn) cut(b Bye) {
	if c.state == writes || c.state == stuck {
		// Some of the queue is being written: what is left is cut after that.
		c.cutting = &b
		_ = c.net.SetWriteDeadline(time.Now().Add(c.server.cfg.Linger))
	} else {
		c.queue.cut(&c.server.lists)
		c.queueBye(b)
	}
	c.end(b.Code)
}

// queueBye queues the last two frames, a bye and the close frame.
func (c *Conn) queueBye(b Bye) {
	if b.Retry == 0 && b.Code >= frame.CloseDrain && frame.Reconnect(b.Code) {
		b.Retry = 500*time.Millisecond + rand.N(1500*time.Millisecond)
	}
	bye := frame.Encode(frame.Bye{Code: b.Code, Reason: b.Reason, RetryMS: b.Retry.Milliseconds()})
	c.queue.push(&c.server.lists, Text(bye))
	c.queue.push(&c.server.lists, closing(b.Code, b.Reason))
}

// end begins the end: however much is read from now on, it is bounded in time.
func (c *Conn) end(code int) {
	c.closing, c.code = true, code
	c.signalSpace()
	_ = c.net.SetReadDeadline(time.Now().Add(c.server.cfg.Linger)) // fails when closed
	c.schedule(true)
}
