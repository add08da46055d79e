package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"parley/chatgw/frame"
)

// chatSocket is a minimal WebSocket client, so that a thousand of them measure the
// gateway and not themselves. It reads into one buffer and returns slices of it.
type chatSocket struct {
	net.Conn
	buf      []byte
	from, to int // the part of buf that was read and not returned yet
	// at is when the last bytes arrived.
	at time.Time
}

const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10

	// socketTimeout bounds the handshake, and the answers to hello and join.
	socketTimeout = 30 * time.Second
)

// openChat connects and performs the handshake.
func openChat(ctx context.Context, addr string) (*chatSocket, error) {
	d := net.Dialer{Timeout: socketTimeout}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &chatSocket{Conn: conn, buf: make([]byte, 512)}
	_ = c.SetDeadline(time.Now().Add(socketTimeout))
	if err := c.handshake(addr); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *chatSocket) handshake(addr string) error {
	// The key may be any 16 bytes; the response to it is not checked.
	request := "GET /ws HTTP/1.1\r\nHost: " + addr + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " + frame.Subprotocol + "\r\n\r\n"
	if _, err := io.WriteString(c, request); err != nil {
		return err
	}
	for {
		head, _, ok := bytes.Cut(c.buf[c.from:c.to], []byte("\r\n\r\n"))
		if ok {
			c.from += len(head) + 4
			if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
				return fmt.Errorf("the gateway answered %.200q", head)
			}
			return nil
		}
		if err := c.fill(); err != nil {
			return err
		}
	}
}

// fill reads more bytes into the buffer.
func (c *chatSocket) fill() error {
	if c.from > 0 {
		c.to = copy(c.buf, c.buf[c.from:c.to])
		c.from = 0
	}
	if c.to == len(c.buf) {
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := c.Read(c.buf[c.to:])
	c.to += n
	c.at = time.Now()
	if n > 0 {
		return nil
	}
	return err
}

// writeFrame sends one frame. The mask is zero, which leaves the payload unchanged.
func (c *chatSocket) writeFrame(op byte, payload []byte) error {
	f := make([]byte, 0, len(payload)+14)
	if n := len(payload); n < 126 {
		f = append(f, 0x80|op, 0x80|byte(n))
	} else {
		f = append(f, 0x80|op, 0x80|126, byte(n>>8), byte(n))
	}
	f = append(append(f, 0, 0, 0, 0), payload...)
	_, err := c.Write(f)
	return err
}

// errClosed is the end of a connection, with the gateway's close code.
type errClosed struct{ code int }

func (e *errClosed) Error() string {
	return fmt.Sprintf("the gateway closed the connection with code %d", e.code)
}

// next returns the next message's payload, valid until the next call. It answers pings.
func (c *chatSocket) next() ([]byte, error) {
	for {
		op, payload, ok := c.frame()
		if !ok {
			if err := c.fill(); err != nil {
				return nil, err
			}
			continue
		}
		switch op {
		case opText:
			return payload, nil
		case opPing:
			if err := c.writeFrame(opPong, payload); err != nil {
				return nil, err
			}
		case opClose:
			code := 1005
			if len(payload) >= 2 {
				code = bigEndian(payload[:2])
			}
			return nil, &errClosed{code}
		}
	}
}

// frame returns the next frame of the buffer, if it is complete. The gateway
// does not fragment.
func (c *chatSocket) frame() (op byte, payload []byte, ok bool) {
	b := c.buf[c.from:c.to]
	if len(b) < 2 {
		return 0, nil, false
	}
	head, size := 2, int(b[1])
	switch {
	case size == 126 && len(b) >= 4:
		head, size = 4, bigEndian(b[2:4])
	case size == 127 && len(b) >= 10:
		head, size = 10, bigEndian(b[2:10])
	case size >= 126:
		return 0, nil, false
	}
	if len(b) < head+size {
		return 0, nil, false
	}
	c.from += head + size
	return b[0] & 0x0f, b[head : head+size], true
}

func bigEndian(b []byte) (n int) {
	for _, c := range b {
		n = n<<8 | int(c)
	}
	return n
}

// enter sends hello, waits for the welcome, and joins a room.
func (c *chatSocket) enter(name, room string) (*frame.Joined, error) {
	if err := c.writeFrame(opText, frame.Encode(frame.Hello{Name: name})); err != nil {
		return nil, err
	}
	if err := c.await(frame.TypeWelcome, nil); err != nil {
		return nil, err
	}
	if err := c.writeFrame(opText, frame.Encode(frame.Join{Ref: 1, Room: room})); err != nil {
		return nil, err
	}
	var joined *frame.Joined
	err := c.await(frame.TypeJoined, func(f frame.FromGateway) { joined, _ = f.(*frame.Joined) })
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Time{})
	return joined, nil
}

// await reads until a frame of a type arrives.
func (c *chatSocket) await(word string, take func(frame.FromGateway)) error {
	want := []byte(`{"t":"` + word + `"`)
	for {
		data, err := c.next()
		if err != nil {
			return err
		}
		switch {
		case bytes.HasPrefix(data, want):
			if take == nil {
				return nil
			}
			f, err := frame.DecodeGateway(data)
			if err == nil {
				take(f)
			}
			return err
		case bytes.HasPrefix(data, []byte(`{"t":"error"`)), bytes.HasPrefix(data, []byte(`{"t":"bye"`)):
			return errors.New(string(data))
		}
	}
}
