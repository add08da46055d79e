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

// Binding is a role's hold on the stream that its promises rest on: it was found,
// compared, and its incarnation is remembered. Make it with [Bind].
type Binding struct {
	JS jetstream.JetStream
	// Found is what the stream was when it was found.
	Found Info
	// Durability is what it is known to survive, see [Inspect].
	Durability Report

	nc   *nats.Conn
	spec wire.StreamSpec
	log  *slog.Logger
}

// Bind waits until the brokers answer, checks the stream and the connection, and finds
// out what the stream survives. An [*Error] means that the stream is missing or
// differs, another error that the connection is not fit for a role, or that ctx ended.
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

// Check is [Check], and returns an [*Error] also if the stream is another incarnation
// than the one that was bound. An incarnation never comes back, so a stream that has
// it now had it all the time.
func (b *Binding) Check(ctx context.Context) (Info, error) {
	info, err := Check(ctx, b.JS, b.spec)
	return b.same(info, err)
}

// CheckOnce is [Binding.Check] without its patience.
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

// askEvery is how often brokers that did not answer are asked again what they
// survive. Nothing waits for it.
const askEvery = 5 * time.Second

// WarnDurability logs loudly what the stream does not survive. Brokers that did not
// answer, since they were away, are asked again until that is known or ctx ends.
func (b *Binding) WarnDurability(ctx context.Context) {
	d := b.Durability
	d.Warn(b.log)
	tick := time.NewTicker(askEvery)
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

// Warn logs loudly that a promise cannot be kept, or that nobody knows whether it
// can.
func (r Report) Warn(log *slog.Logger) {
	switch {
	case r.Durability == Synced:
	case r.Silent:
		log.Warn("DURABILITY IS NOT KNOWN: a power failure may lose what was acknowledged", "why", r.Reason, "do", "wait until all brokers are back")
	default:
		log.Warn("DURABILITY IS "+string(r.Durability)+": a power failure can lose what was acknowledged, and with it the outcome of transactions", "why", r.Reason,
			"do", fmt.Sprintf("run the broker with `parley broker`, or with sync_interval: always and the server tag %s", TagSynced))
	}
}
