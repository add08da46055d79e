package socket_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
	"parley/internal/lifecycle/roletest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// harness is a server whose sessions echo what they receive.
type harness struct {
	t      testing.TB
	server *socket.Server
	http   *httptest.Server
	opened chan *session
}

// session echoes, and reports its events to the test.
type session struct {
	conn   *socket.Conn
	closed chan int
	// handler, if set, is called with each message instead of an echo.
	mu      sync.Mutex
	handler func(data []byte)
}

func (s *session) Frame(data []byte) {
	s.conn.Greeted()
	s.mu.Lock()
	handler := s.handler
	s.mu.Unlock()
	if handler != nil {
		handler(data)
		return
	}
	s.conn.Send(socket.Text(data))
}

func (s *session) Closed(code int) { s.closed <- code }

func (s *session) onFrame(f func(data []byte)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = f
}

func run(t testing.TB, cfg socket.Config) *harness {
	t.Helper()
	r := &harness{t: t, opened: make(chan *session, 10_000)}
	server, err := socket.New(cfg, func(c *socket.Conn) socket.Session {
		s := &session{conn: c, closed: make(chan int, 1)}
		r.opened <- s
		return s
	})
	roletest.Must(t, err)
	r.server = server
	r.http = httptest.NewServer(server)
	t.Cleanup(r.http.Close) // after the server has drained
	roletest.Start(t, nil, server)
	return r
}

// client is one end of a TCP connection, with frames written byte by byte.
type client struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

const key = "dGhlIHNhbXBsZSBub25jZQ=="

// handshake are the lines of a good one, without the last, empty one.
func handshake(extra ...string) string {
	lines := append([]string{
		"GET /ws HTTP/1.1", "Host: chat.test", "Connection: keep-alive, Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + key, "Sec-WebSocket-Protocol: " + frame.Subprotocol,
	}, extra...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func (r *harness) dial() *client {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.http.Listener.Addr().String())
	roletest.Must(r.t, err)
	r.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(roletest.Patience))
	return &client{t: r.t, conn: conn, in: bufio.NewReader(conn)}
}

// request sends what may be a handshake, and returns the answer.
func (r *harness) request(lines string) (*client, *http.Response) {
	r.t.Helper()
	c := r.dial()
	c.write([]byte(lines))
	resp, err := http.ReadResponse(c.in, nil)
	roletest.Must(r.t, err)
	return c, resp
}

// connect does the handshake.
func (r *harness) connect(extra ...string) (*client, *session) {
	r.t.Helper()
	c, resp := r.request(handshake(extra...))
	if resp.StatusCode != http.StatusSwitchingProtocols {
		r.t.Fatalf("the handshake gave %v", resp)
	}
	return c, roletest.Await(r.t, "a session", r.opened)
}

func (c *client) write(p []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(p); err != nil {
		c.t.Fatal(err)
	}
}

// masked makes a frame as clients send it. first is the first byte.
func masked(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	b = append(b, mask[:]...)
	for i, p := range payload {
		b = append(b, p^mask[i%4])
	}
	return b
}

func text(payload string) []byte { return masked(0x81, []byte(payload)) }

// read returns the next frame of the server: its first byte and its payload.
func (c *client) read() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return 0, nil, err
	}
	size := uint64(head[1])
	if size >= 126 {
		more := make([]byte, map[uint64]int{126: 2, 127: 8}[size])
		if _, err := io.ReadFull(c.in, more); err != nil {
			return 0, nil, err
		}
		size = 0
		for _, b := range more {
			size = size<<8 | uint64(b)
		}
	}
	if size > 1<<24 {
		return 0, nil, fmt.Errorf("a frame of %d bytes, or a mask", size)
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(c.in, payload)
	return head[0], payload, err
}

// expect reads text frames.
func (c *client) expect(texts ...string) {
	c.t.Helper()
	for _, want := range texts {
		c.expectFrame(0x81, want)
	}
}

// expectFrame reads a frame that begins with the byte first.
func (c *client) expectFrame(first byte, want string) {
	c.t.Helper()
	got, payload, err := c.read()
	if err != nil || got != first || string(payload) != want {
		c.t.Fatalf("read %#x %.100q, %v, want %#x %.100q", got, payload, err, first, want)
	}
}

// echo sends a text and expects it back.
func (c *client) echo(payload string) {
	c.t.Helper()
	c.write(text(payload))
	c.expect(payload)
}

// ended expects that the session has ended with a code.
func (s *session) ended(t testing.TB, code int) {
	t.Helper()
	if got := roletest.Await(t, "the session's end", s.closed); got != code {
		t.Errorf("the session ended with %d, want %d", got, code)
	}
}

// end reads until the server has closed, and returns the last close code and
// the bye frame before it. The client never closes by itself.
func (c *client) end() (code int, bye *frame.Bye) {
	c.t.Helper()
	for {
		first, payload, err := c.read()
		switch {
		case err != nil:
			if err != io.EOF {
				c.t.Logf("after the close frame: %v", err)
			}
			return code, bye
		case first == 0x88:
			code = 1005
			if len(payload) >= 2 {
				code = int(binary.BigEndian.Uint16(payload))
			}
		case first == 0x81 && bytes.HasPrefix(payload, []byte(`{"t":"bye"`)):
			f, err := frame.DecodeGateway(payload)
			roletest.Must(c.t, err)
			bye = f.(*frame.Bye)
		}
	}
}

// ends expects the close code, a bye frame with the same code, and a hint when to
// reconnect if the code allows that.
func (c *client) ends(code int) *frame.Bye {
	c.t.Helper()
	got, bye := c.end()
	if got != code {
		c.t.Fatalf("closed with %d (%+v), want %d", got, bye, code)
	}
	if bye == nil || bye.Code != code || bye.Reason == "" || (bye.RetryMS > 0) != (code >= 4000 && frame.Reconnect(code)) {
		c.t.Fatalf("the bye frame before %d is %+v", code, bye)
	}
	return bye
}
