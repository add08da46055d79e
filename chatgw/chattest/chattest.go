// Package chattest runs chat gateways on a real broker inside tests.
package chattest

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw"
	"parley/idworker/snowflake"
	"parley/internal/lifecycle/roletest"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// IDs generates ids that are unique in the process, without a service.
type IDs struct{ last atomic.Int64 }

// Next returns the next id.
func (i *IDs) Next(context.Context) (snowflake.ID, error) {
	n := i.last.Add(1)
	return snowflake.NewID(snowflake.Timestamp(time.Now()), int(n>>12)%32, int(n%4096)), nil
}

// Harness is a broker with the stream of the chat.
type Harness struct {
	*brokertest.Server
	T    testing.TB
	NATS *nats.Conn // for requests
	JS   jetstream.JetStream
	IDs  IDs
}

// New starts a broker and creates the stream.
func New(t testing.TB) *Harness {
	t.Helper()
	h := &Harness{Server: brokertest.Run(t), T: t}
	h.NATS = h.Connect(t)
	h.JS, _ = brokertest.Stream(t, h.NATS, chatwire.Stream(), 1)
	return h
}

// Gateway is one that runs.
type Gateway struct {
	*chatgw.Gateway
	*roletest.Process
	Log *roletest.Log
}

// URL is where clients connect.
func (g *Gateway) URL() string { return "http://" + g.Addr().String() }

// Run starts a gateway, on a free port unless cfg has one, and waits until it is ready.
func (h *Harness) Run(cfg chatgw.Config, extensions ...chatgw.Extension) *Gateway {
	h.T.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	g := &Gateway{Log: roletest.NewLog(h.T)}
	cfg.Log = slog.New(slog.NewTextHandler(g.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	nc := h.Connect(h.T)
	var err error
	if g.Gateway, err = chatgw.New(cfg, chatgw.Deps{NATS: nc, NextID: h.IDs.Next, Extensions: extensions}); err != nil {
		h.T.Fatal(err)
	}
	g.Process = roletest.Start(h.T, nc, g.Gateway)
	g.AwaitReady()
	return g
}
