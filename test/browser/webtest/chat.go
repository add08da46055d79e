package webtest

import (
	"context"
	"net/http"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/page"
	"parley/test/proc"
	"parley/wire/chatwire"
)

// Chat is a broker and a gateway with the page, and the network between the gateway and
// the browsers.
type Chat struct {
	*Network
	*Backend

	t      testing.TB
	cfg    chatgw.Config
	deps   chatgw.Deps
	broker *brokertest.Server
	stop   func() // stops the gateway
}

// RunChat starts them in this process. They stop with the test.
func RunChat(t testing.TB, cfg chatgw.Config, extensions ...chatgw.Extension) *Chat {
	t.Helper()
	broker := brokertest.Run(t)
	c := &Chat{Backend: Connect(t, broker.URL()), t: t, cfg: cfg, broker: broker}
	c.cfg.Listen = "127.0.0.1:0"
	c.cfg.Chat.Grace = 500 * time.Millisecond // who leaves is seen to leave
	var last atomic.Int64
	c.deps = chatgw.Deps{
		NextID: func(context.Context) (snowflake.ID, error) {
			n := last.Add(1)
			return snowflake.NewID(snowflake.Timestamp(time.Now()), int(n>>12)%snowflake.MaxWorker, int(n%4096)), nil
		},
		Extensions: extensions,
		Mount:      map[string]http.Handler{"/": page.Handler(page.Config{})},
	}
	c.createStream()
	c.Network = RunNetwork(t, c.start())
	t.Cleanup(func() { c.stop() })
	return c
}

func (c *Chat) createStream() {
	c.t.Helper()
	if _, _, err := streams.Ensure(c.t.Context(), c.stream, chatwire.Stream(), 1); err != nil {
		c.t.Fatal(err)
	}
}

// start starts a gateway and returns its address.
func (c *Chat) start() string {
	c.t.Helper()
	c.deps.NATS = c.broker.Connect(c.t)
	gateway, err := chatgw.New(c.cfg, c.deps)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gateway.Run(ctx) }()
	select {
	case <-gateway.Ready():
	case err := <-done:
		stop()
		c.t.Fatalf("webtest: the gateway ended: %v", err)
	}
	c.stop = func() {
		stop()
		if err := <-done; err != nil {
			c.t.Errorf("webtest: the gateway ended with %v", err)
		}
	}
	return gateway.Addr().String()
}

// RecreateStream stops the gateway, deletes everything that is stored, and starts another
// gateway on a new stream. The network stays down.
func (c *Chat) RecreateStream() {
	c.t.Helper()
	c.Down(true)
	c.stop()
	if err := c.stream.DeleteStream(c.t.Context(), chatwire.Stream().Name); err != nil {
		c.t.Fatal(err)
	}
	c.createStream()
	c.Route(c.start())
}

// UpProcess is the process of `parley up`, with the network between it and the browsers.
type UpProcess struct {
	*Network
	*Backend
	Process *proc.Process
}

// RunUp starts the process, which stops with the test.
func RunUp(t testing.TB, program proc.Program) *UpProcess {
	t.Helper()
	p := program.Start(t, "up", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
	gateway := regexp.MustCompile(`http://[0-9.:]+`).FindString(p.Await("Open http://"))
	return &UpProcess{Network: RunNetwork(t, gateway), Backend: Connect(t, p.URL()), Process: p}
}
