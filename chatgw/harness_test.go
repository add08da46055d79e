package chatgw_test

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/chattest"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"
	"parley/wire/chatwire"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// harness is a broker with the stream of the chat, and runs gateways for browsers.
type harness struct{ *chattest.Harness }

func newHarness(t testing.TB) *harness {
	t.Helper()
	return &harness{chattest.New(t)}
}

// gateway is one that runs.
type gateway struct {
	*chattest.Gateway
	t testing.TB
}

// run starts a gateway and waits until it is ready.
func (b *harness) run(cfg chatgw.Config, extensions ...chatgw.Extension) *gateway {
	b.T.Helper()
	return &gateway{b.Run(cfg, extensions...), b.T}
}

// with is the same gateway for a part of the test.
func (g *gateway) with(t testing.TB) *gateway { return &gateway{g.Gateway, t} }

// browser is a client of a gateway.
type browser struct {
	t  testing.TB
	ws *websocket.Conn
}

// dial does the handshake and no more. The status is that of the response.
func dial(t testing.TB, url, origin string) (b *browser, status int) {
	t.Helper()
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	d := websocket.Dialer{Subprotocols: []string{frame.Subprotocol}}
	ws, resp, err := d.Dial(url, header)
	switch {
	case resp == nil:
		t.Fatalf("connecting to %s: %v", url, err)
	case err != nil:
		return nil, resp.StatusCode
	}
	t.Cleanup(func() { ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(roletest.Patience))
	return &browser{t: t, ws: ws}, resp.StatusCode
}

// connect does the handshake and no more.
func (g *gateway) connect() *browser {
	g.t.Helper()
	b, status := dial(g.t, "ws://"+g.Addr().String()+"/ws", "")
	if b == nil {
		g.t.Fatalf("the handshake is answered %d", status)
	}
	return b
}

// as connects as a guest.
func (g *gateway) as(name string) *browser {
	g.t.Helper()
	b := g.connect()
	b.hello(frame.Hello{Name: name})
	return b
}

// hello sends a hello that must be welcomed.
func (b *browser) hello(h frame.Hello) *frame.Welcome {
	b.t.Helper()
	b.send(frame.Encode(h))
	return expect[*frame.Welcome](b)
}

func (b *browser) send(data []byte) {
	b.t.Helper()
	if err := b.ws.WriteMessage(websocket.TextMessage, data); err != nil {
		b.t.Fatalf("sending %s: %v", data, err)
	}
}

// next is the next frame.
func (b *browser) next() (frame.FromGateway, error) {
	_, data, err := b.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	return frame.DecodeGateway(data)
}

// expect reads until a frame of a type comes, past presence and typing.
func expect[T frame.FromGateway](b *browser) T {
	b.t.Helper()
	for {
		f, err := b.next()
		if err != nil {
			b.t.Fatalf("waiting for %T: %v", *new(T), err)
		}
		if want, ok := f.(T); ok {
			return want
		}
		switch f := f.(type) {
		case *frame.Presence, *frame.Typed:
		case *frame.Message:
			if f.Kind == chatwire.KindText || f.Kind == chatwire.KindService {
				b.t.Fatalf("got %+v, want %T", f, *new(T))
			}
		default:
			b.t.Fatalf("got %+v, want %T", f, *new(T))
		}
	}
}

// message reads up to the next message of a room.
func (b *browser) message() *frame.Message {
	b.t.Helper()
	for {
		if m := expect[*frame.Message](b); m.Kind == chatwire.KindText || m.Kind == chatwire.KindService {
			return m
		}
	}
}

// until reads until a frame of a type comes that ok accepts, past all others.
func until[T frame.FromGateway](b *browser, ok func(T) bool) T {
	b.t.Helper()
	var before []frame.FromGateway
	for {
		f, err := b.next()
		if err != nil {
			b.t.Fatalf("waiting for %T: %v, after %+v", *new(T), err, before)
		}
		if want, is := f.(T); is && ok(want) {
			return want
		}
		before = append(before, f)
	}
}

// acked reads until a message is acknowledged.
func (b *browser) acked(cid string) *frame.Ack {
	b.t.Helper()
	return until(b, func(a *frame.Ack) bool { return a.CID == cid })
}

// refused reads until an error frame.
func (b *browser) refused() *frame.Error {
	b.t.Helper()
	return until(b, func(*frame.Error) bool { return true })
}

// join joins a room.
func (b *browser) join(room string) *frame.Joined {
	b.t.Helper()
	b.send(frame.Encode(frame.Join{Ref: 7, Room: room}))
	return expect[*frame.Joined](b)
}

// ends reads until the connection is closed, expects the close code and a bye
// frame with the same code.
func (b *browser) ends(code int) *frame.Bye {
	b.t.Helper()
	var bye *frame.Bye
	for {
		f, err := b.next()
		if err == nil {
			if is, ok := f.(*frame.Bye); ok {
				bye = is
			}
			continue
		}
		e, ok := errors.AsType[*websocket.CloseError](err)
		if !ok || e.Code != code || bye == nil || bye.Code != code {
			b.t.Fatalf("closed with %v after %+v, want %d", err, bye, code)
		}
		if (bye.RetryMS > 0) != frame.Reconnect(code) {
			b.t.Errorf("%+v: come back or not?", bye)
		}
		return bye
	}
}

// get requests a path of the gateway by HTTP.
func get(t testing.TB, addr, path string) (status int, body string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: roletest.Patience}
	resp, err := client.Get("http://" + addr + path)
	roletest.Must(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	roletest.Must(t, err)
	return resp.StatusCode, string(data)
}
