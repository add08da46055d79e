package chatclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"parley/chatgw/frame"
)

// Config is where to connect and as whom.
type Config struct {
	// URL is the gateway's address: http://host:port, or ws://host:port/ws.
	URL string
	// Name is a guest's name. Token is used instead if it is set.
	Name, Token string
	// Timeout bounds connecting, the handshake and the welcome. Default 10 s.
	Timeout time.Duration
}

// DefaultTimeout is that of [Config].
const DefaultTimeout = 10 * time.Second

// maxFrame bounds one frame from the gateway: a page of the longest messages
// with every character escaped.
const maxFrame = 4 << 20

// Closed reports that the gateway ended the connection, and whether and when to
// reconnect.
type Closed struct {
	// Code is the close code, Reason the gateway's explanation.
	Code   int
	Reason string
	// Retry: connect again, after that long. Negative: do not.
	Retry time.Duration
}

func (e *Closed) Error() string {
	return fmt.Sprintf("the gateway closed the connection: %s (code %d)", e.Reason, e.Code)
}

// Conn is one connection. One goroutine may read while another one writes.
type Conn struct {
	ws *websocket.Conn
	// Welcome is the gateway's first frame.
	Welcome frame.Welcome
	// silence is after how long without any sign the gateway is given up.
	silence time.Duration
	bye     *frame.Bye
}

// Dial connects, sends hello and waits for the welcome.
func Dial(ctx context.Context, cfg Config) (*Conn, error) {
	at, err := address(cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	conn, err := connect(ctx, at)
	if err != nil {
		return nil, err
	}
	if err := conn.hello(ctx, cfg); err != nil {
		conn.ws.Close()
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	return conn, nil
}

// connect does the handshake. The library notices the end of ctx while it
// connects but not while it waits for the answer, so that is done here.
func connect(ctx context.Context, at string) (*Conn, error) {
	stop := func() bool { return true }
	d := websocket.Dialer{
		Subprotocols: []string{frame.Subprotocol}, ReadBufferSize: 1024, WriteBufferSize: 1024, Proxy: http.ProxyFromEnvironment,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err == nil {
				stop = context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
	}
	ws, answer, err := d.DialContext(ctx, at, nil)
	stop()
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w%s", at, cmp.Or(context.Cause(ctx), err), refusalReason(answer))
	}
	ws.SetReadLimit(maxFrame)
	return &Conn{ws: ws}, nil
}

// address makes a WebSocket address of what people type.
func address(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("gateway address %.80q is not http://host:port", s)
	}
	switch u.Scheme {
	case "http", "ws":
		u.Scheme = "ws"
	case "https", "wss":
		u.Scheme = "wss"
	default:
		return "", fmt.Errorf("gateway address %.80q begins with %q, allowed are http, https, ws and wss", s, u.Scheme)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/ws"
	}
	return u.String(), nil
}

// refusalReason is the body of the response to a refused handshake.
func refusalReason(answer *http.Response) string {
	if answer == nil {
		return ""
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, 512))
	if err != nil || len(body) == 0 {
		return fmt.Sprintf(" (status %s)", answer.Status)
	}
	return fmt.Sprintf(" (status %s: %s)", answer.Status, strings.TrimSpace(string(body)))
}

func (c *Conn) hello(ctx context.Context, cfg Config) error {
	stop := context.AfterFunc(ctx, func() { c.ws.Close() })
	defer stop()
	if err := c.Write(frame.Encode(frame.Hello{Name: cfg.Name, Token: cfg.Token})); err != nil {
		return err
	}
	f, err := c.Read()
	if err != nil {
		return err
	}
	switch f := f.(type) {
	case *frame.Welcome:
		c.Welcome = *f
	case *frame.Bye:
		return closed(f)
	case *frame.Error:
		return errors.New(f.Reason)
	default:
		return fmt.Errorf("the gateway's first frame is a %T, not a welcome", f)
	}
	if c.Welcome.Limits.PingMS > 0 {
		c.silence = 2*time.Duration(c.Welcome.Limits.PingMS)*time.Millisecond + time.Second
		pong := c.ws.PingHandler()
		c.ws.SetPingHandler(func(data string) error {
			c.alive()
			return pong(data)
		})
	}
	c.alive()
	return nil
}

// alive notes a sign of the gateway.
func (c *Conn) alive() {
	if c.silence > 0 {
		_ = c.ws.SetReadDeadline(time.Now().Add(c.silence))
	}
}

// writeTimeout bounds one write: beyond it the network or the gateway is unavailable.
const writeTimeout = 10 * time.Second

// Write sends one frame, as [frame.Encode] makes it.
func (c *Conn) Write(data []byte) error {
	_ = c.ws.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err := c.ws.WriteMessage(websocket.TextMessage, data); err != nil {
		return fmt.Errorf("sending to the gateway: %w", err)
	}
	return nil
}

// Read waits for the next frame. The error is a [*Closed] when the gateway ended
// the connection in order.
func (c *Conn) Read() (frame.FromGateway, error) {
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		return nil, c.ended(err)
	}
	c.alive()
	f, err := frame.DecodeGateway(data)
	if bye, ok := f.(*frame.Bye); ok {
		c.bye = bye
	}
	return f, err
}

// ended explains the end of the connection.
func (c *Conn) ended(err error) error {
	var ce *websocket.CloseError
	switch {
	case c.bye != nil:
		return closed(c.bye)
	case errors.As(err, &ce) && ce.Code != websocket.CloseAbnormalClosure:
		return closed(&frame.Bye{Code: ce.Code, Reason: ce.Text})
	}
	return fmt.Errorf("reading from the gateway: %w", err)
}

// closed is the end that a bye announces.
func closed(bye *frame.Bye) *Closed {
	e := &Closed{Code: bye.Code, Reason: bye.Reason, Retry: -1}
	if bye.RetryMS > 0 || frame.Reconnect(bye.Code) {
		e.Retry = time.Duration(bye.RetryMS) * time.Millisecond
	}
	return e
}

// Close ends the connection. Reading returns.
func (c *Conn) Close() {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	c.ws.Close()
}
