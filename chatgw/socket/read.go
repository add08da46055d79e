package socket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
	"unicode/utf8"

	"parley/chatgw/frame"

	"github.com/gorilla/websocket"
)

// read is the connection's goroutine. It does not do much itself, so that its
// stack stays small.
func (c *Conn) read() {
	err := c.receive()
	c.lost(err)
	c.turn.Lock() // the last message was acted on
	c.server.counters.closed(c.reason())
	c.session.Closed(c.reason())
	c.turn.Unlock()
	c.drain()
	c.server.forget(c)
}

// receive reads messages until it cannot any more, and returns the error.
func (c *Conn) receive() error {
	for {
		kind, r, err := c.ws.NextReader()
		if err != nil {
			return err
		}
		if kind != websocket.TextMessage {
			return &violation{code: closeBinary, text: "a binary message: frames are text"}
		}
		c.limitFrame(c.server.cfg.FrameTimeout)
		b := c.server.getBuffer()
		err = b.fill(r, c.server.cfg.MaxFrame)
		c.limitFrame(0)
		if err == nil && !utf8.Valid(b.Bytes()) {
			err = &violation{code: closeUTF8, text: "a text message is not valid UTF-8"}
		}
		if err != nil {
			c.server.buffers.Put(b)
			return err
		}
		c.server.counters.framesIn.Add(1)
		c.turn.Lock()
		go c.act(b)
	}
}

// act has the session act on one message, in a goroutine of its own: its stack
// may grow, and is given back.
func (c *Conn) act(b *buffer) {
	defer c.turn.Unlock()
	defer c.server.buffers.Put(b)
	if c.isOpen() {
		c.session.Frame(b.Bytes())
	}
}

// limitFrame bounds how long the rest of a message may take; 0 ends that. Before
// the first message was accepted another time runs.
func (c *Conn) limitFrame(limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || !c.greeted {
		return
	}
	var at time.Time
	if limit > 0 {
		at = time.Now().Add(limit)
	}
	_ = c.net.SetReadDeadline(at) // fails when closed, as reading will
}

func (c *Conn) isOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.closing
}

func (c *Conn) reason() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code
}

// lost closes the connection after reading has failed, unless it closes
// already.
func (c *Conn) lost(err error) {
	violated, isViolation := errors.AsType[*violation](err)
	closed, isClose := errors.AsType[*websocket.CloseError](err)
	network, isNetwork := errors.AsType[net.Error](err)
	switch {
	case isViolation:
		c.Close(Bye{Code: violated.code, Reason: violated.text})
	case isClose:
		c.answerClose(closed.Code) // 1006 if the connection ended within a frame
	case errors.Is(err, websocket.ErrReadLimit):
		c.Close(Bye{Code: closeTooBig, Reason: fmt.Sprintf("a message has more than %d bytes", c.server.cfg.MaxFrame)})
	case isNetwork && network.Timeout():
		c.timeOut()
	case isNetwork || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed):
		c.answerClose(closeAbnormal)
	case isBadGateway(err):
		c.answerClose(closeGateway)
	default:
		// What is left is the library's: a frame, or a compressed message, that
		// violates RFC 6455 or RFC 7692.
		c.Close(Bye{Code: closeProtocol, Reason: strings.TrimPrefix(err.Error(), "websocket: ")})
	}
}

// isBadGateway reports whether a client has closed with the code 1014, which was
// registered after RFC 6455 and which gorilla/websocket v1.5.3 takes for an error.
func isBadGateway(err error) bool {
	return err.Error() == fmt.Sprintf("websocket: bad close code %d", closeGateway)
}

// timeOut closes a connection whose time for a message was over.
func (c *Conn) timeOut() {
	c.mu.Lock()
	greeted := c.greeted
	c.mu.Unlock()
	if !greeted {
		c.Close(Bye{Code: frame.CloseHello, Reason: "no hello came in time"})
		return
	}
	c.Close(Bye{Code: frame.CloseSilent, Reason: "a frame was begun and not finished in time"})
}

// drain reads and forgets what the client still sends, until it has closed too
// or its time is over. Closing a socket with unread bytes would reset it, and
// the client would not see why.
func (c *Conn) drain() {
	if c.reason() != closeAbnormal {
		_, _ = io.Copy(io.Discard, c.net) // fails when its time is over
	}
	_ = c.net.Close()
}

// buffer is the memory that one message is read into. It is reused: a message is small,
// and its memory is only needed until it was acted on.
type buffer struct {
	bytes.Buffer
	limited io.LimitedReader
}

func (s *Server) getBuffer() *buffer {
	if b, ok := s.buffers.Get().(*buffer); ok {
		b.Reset()
		return b
	}
	return &buffer{}
}

// fill reads a whole message of at most limit bytes, whatever it was
// compressed to.
func (b *buffer) fill(r io.Reader, limit int) error {
	b.limited = io.LimitedReader{R: r, N: int64(limit) + 1}
	_, err := b.ReadFrom(&b.limited)
	if b.Len() > limit {
		return websocket.ErrReadLimit
	}
	return err
}
