package webtest

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw"
	"parley/chatgw/rooms"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/page"
	"parley/test/chat"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Chat is a broker and a gateway, with the network between it and the pages.
type Chat struct {
	*Network
	t    testing.TB
	nats *nats.Conn
	said int
}

// RunChat starts them. They end with the test.
func RunChat(t testing.TB, cfg chatgw.Config) *Chat {
	t.Helper()
	broker := brokertest.Run(t)
	c := &Chat{t: t, nats: broker.Connect(t)}
	if _, _, err := streams.Ensure(t.Context(), c.jetstream(), chatwire.Stream(), 1); err != nil {
		t.Fatal(err)
	}
	cfg.Listen = "127.0.0.1:0"
	cfg.Chat = rooms.Config{Grace: 500 * time.Millisecond} // who leaves is seen to leave
	var last atomic.Int64
	gateway, err := chatgw.New(cfg, chatgw.Deps{
		NATS: broker.Connect(t),
		NextID: func(context.Context) (snowflake.ID, error) {
			n := last.Add(1)
			return snowflake.NewID(snowflake.Timestamp(time.Now()), int(n>>12)%32, int(n%4096)), nil
		},
		Mount: map[string]http.Handler{"/": page.Handler(page.Config{})},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gateway.Run(ctx) }()
	select {
	case <-gateway.Ready():
	case err := <-done:
		stop()
		t.Fatalf("webtest: the gateway ended: %v", err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("webtest: the gateway ended with %v", err)
		}
	})
	c.Network = runNetwork(t, gateway.Addr().String())
	return c
}

func (c *Chat) jetstream() jetstream.JetStream {
	c.t.Helper()
	js, err := jetstream.New(c.nats)
	if err != nil {
		c.t.Fatal(err)
	}
	return js
}

// Say has a service say something in a room, and returns once it is stored.
func (c *Chat) Say(room, user, text string) {
	c.t.Helper()
	c.said++
	post := chatwire.Post{V: wire.Version, User: user, Text: text, CID: fmt.Sprint("said-", c.said)}
	m, err := c.nats.Request(chatwire.PostSubject(room), wire.Encode(post), Patience)
	if err != nil {
		c.t.Fatal(err)
	}
	if a, err := wire.Decode[chatwire.Posted](m.Data); err != nil || a.Code != "" {
		c.t.Fatalf("webtest: the post was answered %s (%v)", m.Data, err)
	}
}

// Texts are what is stored in a room, in order, without notes.
func (c *Chat) Texts(room string) (texts []string) {
	c.t.Helper()
	stored, err := chat.ReadStream(c.t.Context(), c.jetstream())
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range stored {
		if m.Room == room && m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}
