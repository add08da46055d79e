package chatclient_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/chattest"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// harness is a broker with the stream of the chat, and gateways without notices.
type harness struct{ *chattest.Harness }

func newHarness(t testing.TB) *harness {
	t.Helper()
	return &harness{chattest.New(t)}
}

func (b *harness) run(cfg chatgw.Config) *chattest.Gateway {
	b.T.Helper()
	cfg.Chat.Notices = -1
	return b.Run(cfg)
}

// person is a session and the events of it.
type person struct {
	*chatclient.Session
	*roletest.Process
	t testing.TB

	ups, downs chan string
	resets     chan frame.Joined
	messages   chan frame.Message
	sent       chan frame.Ack
	unsent     chan string
	others     chan frame.FromGateway
}

// connect starts the session of a guest, and waits for the pages of its rooms.
func connect(t testing.TB, url, name string, rooms ...string) *person {
	t.Helper()
	p := connectAs(t, chatclient.Config{URL: url, Name: name})
	for _, room := range rooms {
		p.join(room)
	}
	return p
}

func connectAs(t testing.TB, cfg chatclient.Config) *person {
	t.Helper()
	const many = 4096 // more than any test sends
	p := &person{
		t:   t,
		ups: make(chan string, many), downs: make(chan string, many), resets: make(chan frame.Joined, many),
		messages: make(chan frame.Message, many), sent: make(chan frame.Ack, many), unsent: make(chan string, many),
		others: make(chan frame.FromGateway, many),
	}
	p.Session = chatclient.NewSession(cfg, chatclient.Events{
		Up:       func(w frame.Welcome) { p.ups <- w.Gateway },
		Down:     func(why error, _ time.Duration) { p.downs <- why.Error() },
		Reset:    func(j frame.Joined) { p.resets <- j },
		Received: func(_ string, m frame.Message) { p.messages <- m },
		Sent:     func(a frame.Ack) { p.sent <- a },
		Unsent: func(_, _, text, why string, unknown bool) {
			p.unsent <- fmt.Sprintf("%s: %s (unknown %v)", text, why, unknown)
		},
		Other: func(f frame.FromGateway) { p.others <- f },
	})
	p.Process = roletest.Start(t, nil, p.Session)
	return p
}

// join joins a room and waits for its page.
func (p *person) join(room string) frame.Joined {
	p.t.Helper()
	roletest.Must(p.t, p.Join(p.t.Context(), room))
	return roletest.Await(p.t, "the page of "+room, p.resets)
}

func (p *person) send(room, text string) {
	p.t.Helper()
	_, err := p.Send(p.t.Context(), room, text)
	roletest.Must(p.t, err)
}

// receives expects exactly these texts next, in order.
func (p *person) receives(texts ...string) {
	p.t.Helper()
	for _, want := range texts {
		if m := roletest.Await(p.t, "the message "+want, p.messages); m.Text != want {
			p.t.Fatalf("received %q, want %q", m.Text, want)
		}
	}
}

// flushed waits until every message that was sent has its answer.
func (p *person) flushed() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), roletest.Patience)
	defer cancel()
	roletest.Must(p.t, p.Flush(ctx))
}

// holds expects the room to be exactly that in the stream itself.
func (b *harness) holds(room string, texts ...string) {
	b.T.Helper()
	_, got, err := chattest.ReadRoom(b.T.Context(), b.JS, room)
	if err != nil || !slices.Equal(got, texts) {
		b.T.Errorf("the room holds %q, %v, want %q", got, err, texts)
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
