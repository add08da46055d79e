package streams

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"parley/natsconn"
	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Binding is a stream that a role depends on, checked when the role started. It
// remembers the incarnation, so that a recreated stream is detected. Create it with
// [Bind].
type Binding struct {
	JS jetstream.JetStream
	// Found describes the stream as it was when it was bound.
	Found Info
	// Durability is that of the stream when it was bound, see [Inspect].
	Durability Report

	nc   *nats.Conn
	spec wire.StreamSpec
	log  *slog.Logger
}

// Bind checks the connection, waits until the brokers respond, checks the stream and
// determines its durability. An [*Error] means that the stream is missing or differs;
// any other error that the connection has unsafe options or that ctx ended.
func Bind(ctx context.Context, nc *nats.Conn, spec wire.StreamSpec, log *slog.Logger) (*Binding, error) {
	if err := natsconn.Check(nc); err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	info, err := Await(ctx, js, spec, log)
	if err != nil {
		return nil, err
	}
	return &Binding{JS: js, Found: info, Durability: Inspect(ctx, nc, spec.Name), nc: nc, spec: spec, log: log}, nil
}

// Check is the function [Check], and also returns an [*Error] if the stream is not the
// incarnation that was bound. Incarnations are never reused, so a stream that has the
// same one now was not recreated in between.
func (b *Binding) Check(ctx context.Context) (Info, error) {
	info, err := Check(ctx, b.JS, b.spec)
	return b.same(info, err)
}

// CheckOnce is [Binding.Check] without retries.
func (b *Binding) CheckOnce(ctx context.Context) (Info, error) {
	info, err := CheckOnce(ctx, b.JS, b.spec)
	return b.same(info, err)
}

func (b *Binding) same(info Info, err error) (Info, error) {
	if err == nil {
		err = info.Same(b.spec.Name, b.Found.Incarnation)
	}
	return info, err
}

// inspectEvery is how often the durability is determined again while brokers do not
// respond. Nothing waits for it.
const inspectEvery = 5 * time.Second

// WarnDurability logs a warning unless the stream is [Synced]. While brokers do not
// respond it tries again, until the durability is known or ctx ends.
func (b *Binding) WarnDurability(ctx context.Context) {
	d := b.Durability
	d.Warn(b.log)
	tick := time.NewTicker(inspectEvery)
	defer tick.Stop()
	for d.Silent {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if d = Inspect(ctx, b.nc, b.spec.Name); ctx.Err() != nil || d.Silent {
			continue
		}
		if d.Warn(b.log); d.Durability == Synced {
			b.log.Info("durability is synced: every server that holds the stream has answered", "stream", b.spec.Name)
		}
	}
}

// Warn logs a warning if a power failure can lose acknowledged messages, or if that is
// not known.
func (r Report) Warn(log *slog.Logger) {
	switch {
	case r.Durability == Synced:
	case r.Silent:
		log.Warn("DURABILITY IS NOT KNOWN: a power failure may lose what was acknowledged", "why", r.Reason, "do", "wait until all brokers are connected again")
	default:
		log.Warn("DURABILITY IS "+string(r.Durability)+": a power failure can lose what was acknowledged, and with it the outcome of transactions", "why", r.Reason,
			"do", fmt.Sprintf("run the broker with `parley broker`, or with sync_interval: always and the server tag %s", TagSynced))
	}
}
