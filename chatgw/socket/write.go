package socket

import (
	"errors"
	"os"
	"time"

	"parley/chatgw/frame"
)

// state is who looks after a connection's queue.
type state uint8

const (
	idle         state = iota // nobody: it is empty
	listed                    // it is on a flusher's list, to be written with the next pass
	listedUrgent              // it is on a flusher's list, to be written immediately
	writes                    // a flusher is writing
	stuck                     // the socket takes no more; a goroutine of its own waits
)

// Push queues a complete WebSocket frame that many get: it may wait a moment,
// so that several share one write. It never blocks. A client that is too far
// behind is closed, see [Config.QueueFrames].
func (c *Conn) Push(frame []byte) { c.put(frame, false) }

// Send queues a complete WebSocket frame for this client, and has the queue
// written immediately. It never blocks.
func (c *Conn) Send(frame []byte) { c.put(frame, true) }

func (c *Conn) put(f []byte, urgent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	cfg := &c.server.cfg
	if c.queue.len() >= cfg.QueueFrames || c.queue.bytes+len(f) > cfg.QueueBytes && c.queue.len() > 0 {
		c.server.counters.slow.Add(1)
		c.cut(Bye{Code: frame.CloseSlow, Reason: "you read more slowly than your rooms talk"})
		return
	}
	c.queue.push(&c.server.lists, f)
	c.schedule(urgent)
}

// schedule sees to it that the queue is written. The caller holds the lock.
func (c *Conn) schedule(urgent bool) {
	switch c.state {
	case idle:
		c.state = c.flusher().add(c, urgent)
	case listed:
		if urgent {
			c.state = c.flusher().add(c, true)
		}
	}
}

func (c *Conn) flusher() *flusher {
	return c.server.flushers[int(c.place.slot)%len(c.server.flushers)]
}

// flush writes what is queued as far as the socket takes it without waiting. It
// is called by the connection's flusher, with a buffer and a try of its own.
func (c *Conn) flush(f *flusher) {
	for {
		c.mu.Lock()
		if c.state == idle || c.state == stuck {
			// It was listed twice, and is looked after.
			c.mu.Unlock()
			return
		}
		if c.queue.len() == 0 {
			c.queueWritten()
			c.mu.Unlock()
			return
		}
		if c.raw == nil {
			c.wait()
			c.mu.Unlock()
			return
		}
		c.state = writes
		buf := c.queue.gather(f.buf[:0])
		c.mu.Unlock()

		n, err := f.try.write(c.raw, buf)

		c.mu.Lock()
		c.wrote(n)
		if err != nil {
			c.writeFailed()
			c.mu.Unlock()
			return
		}
		if n < len(buf) {
			c.wait()
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
	}
}

// wrote takes what was written off the queue, and cuts the queue if that was
// requested meanwhile. The caller holds the lock.
func (c *Conn) wrote(n int) {
	c.queue.wrote(&c.server.lists, n)
	c.server.counters.writes.Add(1)
	c.server.counters.bytesOut.Add(uint64(n))
	if c.cutting != nil {
		c.queue.cut(&c.server.lists)
		c.queueBye(*c.cutting)
		c.cutting = nil
	}
	c.signalSpace()
}

// queueWritten ends the duty to write when everything is written. The caller holds the lock.
func (c *Conn) queueWritten() {
	c.state = idle
	if c.closing {
		// The client now reads the end of the stream after the close frame, and
		// closes as well.
		c.closeWrite()
	}
}

// writeFailed ends the connection when a write fails: it is broken, which the
// reading half will see too. The caller holds the lock.
func (c *Conn) writeFailed() {
	c.queue.sent = 0
	c.queue.cut(&c.server.lists)
	c.state = idle
	if !c.closing {
		c.closing, c.code = true, closeAbnormal
	}
	c.signalSpace()
	_ = c.net.Close()
}

func (c *Conn) closeWrite() {
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the deadline of the reading half ends it otherwise
		return
	}
	_ = c.net.Close()
}

// wait leaves the queue to a goroutine that may block. The caller holds the
// lock.
func (c *Conn) wait() {
	c.state = stuck
	c.server.counters.stuck.Add(1)
	c.server.work.Go(c.unstick)
}

// unstick writes until the queue is empty, at the client's speed.
func (c *Conn) unstick() {
	defer c.server.counters.stuck.Add(-1)
	buf := make([]byte, 0, 4<<10)
	for {
		c.mu.Lock()
		if c.queue.len() == 0 {
			if !c.closing {
				_ = c.net.SetWriteDeadline(time.Time{})
			}
			c.queueWritten()
			c.mu.Unlock()
			return
		}
		if !c.closing {
			_ = c.net.SetWriteDeadline(time.Now().Add(c.server.cfg.WriteTimeout)) // fails when closed, as writing will
		}
		buf = c.queue.gather(buf[:0])
		c.mu.Unlock()

		n, err := c.net.Write(buf)

		c.mu.Lock()
		c.wrote(n)
		if err != nil {
			if !c.closing && errors.Is(err, os.ErrDeadlineExceeded) {
				c.server.counters.slow.Add(1)
				c.closing, c.code = true, frame.CloseSlow // no close frame can reach it
			}
			c.writeFailed()
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
	}
}
