package chatgw_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/wire/chatwire"

	"github.com/gorilla/websocket"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience bounds every wait of these tests.
const patience = 2 * time.Minute

// ids makes ids that are unique in the process.
type ids struct{ last atomic.Int64 }

func (i *ids) next(context.Context) (snowflake.ID, error) {
	n := i.last.Add(1)
	return snowflake.NewID(snowflake.Timestamp(time.Now()), int(n>>12)%32, int(n%4096)), nil
}

// harness is a broker with the stream of the chat.
type harness struct {
	t      testing.TB
	broker *brokertest.Server
	nats   *nats.Conn
	ids    ids
}

func newHarness(t testing.TB) *harness {
	t.Helper()
	b := &harness{t: t, broker: brokertest.Run(t)}
	b.nats = b.broker.Connect(t)
	js, err := jetstream.New(b.nats)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := streams.Ensure(t.Context(), js, chatwire.Stream(), 1); err != nil {
		t.Fatal(err)
	}
	return b
}

// gateway is one that runs.
type gateway struct {
	*chatgw.Gateway
	t    testing.TB
	stop context.CancelFunc
	done chan error
	log  *logs
}

// run starts a gateway and waits until it is ready.
func (b *harness) run(cfg chatgw.Config, extensions ...chatgw.Extension) *gateway {
	b.t.Helper()
	g := &gateway{t: b.t, done: make(chan error, 1), log: &logs{}}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	cfg.Log = slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	g.Gateway, err = chatgw.New(cfg, chatgw.Deps{NATS: b.broker.Connect(b.t), NextID: b.ids.next, Extensions: extensions})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.stop = cancel
	go func() { g.done <- g.Run(ctx) }()
	b.t.Cleanup(g.end)
	select {
	case <-g.Ready():
	case err := <-g.done:
		g.done <- err
		b.t.Fatalf("the gateway ended: %v", err)
	case <-time.After(patience):
		b.t.Fatal("the gateway is not ready")
	}
	return g
}

// end drains the gateway and waits for it. It may be called twice.
func (g *gateway) end() {
	g.t.Helper()
	g.stop()
	err := await(g.t, "the gateway to end", g.done)
	g.done <- err
	if err != nil {
		g.t.Errorf("the gateway ended with %v", err)
	}
}

// logs keeps what a gateway logs.
type logs struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func await[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// browser is a client of a gateway.
type browser struct {
	t  testing.TB
	ws *websocket.Conn
}

// connect does the handshake and no more.
func (g *gateway) connect() *browser {
	g.t.Helper()
	d := websocket.Dialer{Subprotocols: []string{frame.Subprotocol}}
	ws, resp, err := d.Dial("ws://"+g.Addr().String()+"/ws", nil)
	if err != nil {
		g.t.Fatalf("connecting: %v (%v)", err, resp)
	}
	g.t.Cleanup(func() { ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	return &browser{t: g.t, ws: ws}
}

// as connects as a guest.
func (g *gateway) as(name string) *browser {
	g.t.Helper()
	b := g.connect()
	b.send(frame.Encode(frame.Hello{Name: name}))
	expect[*frame.Welcome](b)
	return b
}

// try connects as a guest, which may fail.
func (g *gateway) try(name string) (*browser, error) {
	d := websocket.Dialer{Subprotocols: []string{frame.Subprotocol}}
	ws, _, err := d.Dial("ws://"+g.Addr().String()+"/ws", nil)
	if err != nil {
		return nil, err
	}
	g.t.Cleanup(func() { ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	b := &browser{t: g.t, ws: ws}
	b.send(frame.Encode(frame.Hello{Name: name}))
	expect[*frame.Welcome](b)
	return b, nil
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

// acked reads until a message is acknowledged, past the messages in between.
func (b *browser) acked(cid string) *frame.Ack {
	b.t.Helper()
	for {
		f, err := b.next()
		if err != nil {
			b.t.Fatalf("waiting for the acknowledgement of %s: %v", cid, err)
		}
		switch f := f.(type) {
		case *frame.Ack:
			if f.CID == cid {
				return f
			}
		case *frame.Error, *frame.Bye:
			b.t.Fatalf("waiting for the acknowledgement of %s: %+v", cid, f)
		}
	}
}

// refused reads until an error frame, past the messages in between.
func (b *browser) refused() *frame.Error {
	b.t.Helper()
	for {
		f, err := b.next()
		if err != nil {
			b.t.Fatalf("waiting for an error: %v", err)
		}
		if e, ok := f.(*frame.Error); ok {
			return e
		}
	}
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

// get asks the gateway by HTTP.
func get(t testing.TB, addr, path string) (status int, body string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}
