package chatclient_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/jetstream"
)

// patience bounds every wait of these tests.
const patience = 2 * time.Minute

// harness is a broker with the stream of the chat.
type harness struct {
	t      testing.TB
	broker *brokertest.Server
	js     jetstream.JetStream
	ids    atomic.Int64
}

func newHarness(t testing.TB) *harness {
	t.Helper()
	b := &harness{t: t, broker: brokertest.Run(t)}
	var err error
	if b.js, err = jetstream.New(b.broker.Connect(t)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := streams.Ensure(t.Context(), b.js, chatwire.Stream(), 1); err != nil {
		t.Fatal(err)
	}
	return b
}

// id makes ids that are unique in the process.
func (b *harness) id(context.Context) (snowflake.ID, error) {
	n := b.ids.Add(1)
	return snowflake.NewID(snowflake.Timestamp(time.Now()), int(n>>12)%32, int(n%4096)), nil
}

// gateway is one that runs.
type gateway struct {
	*chatgw.Gateway
	t    testing.TB
	stop context.CancelFunc
	done chan error
}

func (b *harness) run(cfg chatgw.Config) *gateway {
	b.t.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	cfg.Chat.Notices = -1
	g := &gateway{t: b.t, done: make(chan error, 1)}
	var err error
	if g.Gateway, err = chatgw.New(cfg, chatgw.Deps{NATS: b.broker.Connect(b.t), NextID: b.id}); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.stop = cancel
	go func() { g.done <- g.Run(ctx) }()
	b.t.Cleanup(g.end)
	select {
	case <-g.Ready():
	case err := <-g.done:
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

func (g *gateway) url() string { return "http://" + g.Addr().String() }

func await[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// person is a session and the events of it.
type person struct {
	*chatclient.Session
	t    testing.TB
	stop context.CancelFunc
	done chan error

	ups, downs chan string
	resets     chan frame.Joined
	messages   chan frame.Message
	sent       chan frame.Ack
	unsent     chan string
	others     chan frame.FromGateway
}

func come(t testing.TB, cfg chatclient.Config) *person {
	t.Helper()
	const many = 4096 // more than any test sends
	p := &person{
		t: t, done: make(chan error, 1),
		ups: make(chan string, many), downs: make(chan string, many), resets: make(chan frame.Joined, many),
		messages: make(chan frame.Message, many), sent: make(chan frame.Ack, many), unsent: make(chan string, many),
		others: make(chan frame.FromGateway, many),
	}
	p.Session = chatclient.NewSession(cfg, chatclient.Events{
		Up:    func(w frame.Welcome) { p.ups <- w.Gateway },
		Down:  func(why error, _ time.Duration) { p.downs <- why.Error() },
		Reset: func(j frame.Joined) { p.resets <- j },
		Said:  func(_ string, m frame.Message) { p.messages <- m },
		Sent:  func(a frame.Ack) { p.sent <- a },
		Unsent: func(_, _, text, why string, unknown bool) {
			p.unsent <- fmt.Sprintf("%s: %s (unknown %v)", text, why, unknown)
		},
		Other: func(f frame.FromGateway) { p.others <- f },
	})
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	go func() { p.done <- p.Run(ctx) }()
	t.Cleanup(p.leave)
	return p
}

// leave ends the session and waits for it. It may be called twice.
func (p *person) leave() {
	p.t.Helper()
	p.stop()
	err := await(p.t, "the session to end", p.done)
	p.done <- err
}

// in joins a room and waits for its page.
func (p *person) in(room string) frame.Joined {
	p.t.Helper()
	if err := p.Join(p.t.Context(), room); err != nil {
		p.t.Fatal(err)
	}
	return await(p.t, "the page of "+room, p.resets)
}

func (p *person) send(room, text string) {
	p.t.Helper()
	if _, err := p.Send(p.t.Context(), room, text); err != nil {
		p.t.Fatal(err)
	}
}

// receives expects exactly these texts next, in order.
func (p *person) receives(texts ...string) {
	p.t.Helper()
	for _, want := range texts {
		if m := await(p.t, "the message "+want, p.messages); m.Text != want {
			p.t.Fatalf("heard %q, want %q", m.Text, want)
		}
	}
}

// flushed waits until every message that was sent has its answer.
func (p *person) flushed() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.Flush(ctx); err != nil {
		p.t.Fatalf("flush: %v", err)
	}
}

// stored is what the room holds, read from the stream itself.
func (b *harness) stored(room string) (texts []string) {
	b.t.Helper()
	c, err := b.js.OrderedConsumer(b.t.Context(), chatwire.Stream().Name, jetstream.OrderedConsumerConfig{FilterSubjects: []string{chatwire.RoomSubject(room)}})
	if err != nil {
		b.t.Fatal(err)
	}
	for left := uint64(1); left > 0; {
		m, err := c.Next(jetstream.FetchMaxWait(time.Second))
		if err != nil {
			return texts
		}
		meta, err := m.Metadata()
		if err != nil {
			b.t.Fatal(err)
		}
		left = meta.NumPending
		message, err := wire.Decode[chatwire.Message](m.Data())
		if err != nil {
			b.t.Fatal(err)
		}
		texts = append(texts, message.Text)
	}
	return texts
}

// holds expects the room to be exactly that.
func (b *harness) holds(room string, texts ...string) {
	b.t.Helper()
	if got := b.stored(room); fmt.Sprint(got) != fmt.Sprint(texts) {
		b.t.Errorf("the room holds %q, want %q", got, texts)
	}
}

func numbered(what string, n int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("%s %d", what, i))
	}
	return texts
}

// is reports whether a frame is of a type.
func is(data []byte, word string) bool {
	t, err := frame.TypeOf(data)
	return err == nil && t == word
}
