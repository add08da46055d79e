package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parley/internal/lifecycle"
	"parley/internal/streams"
	"parley/wire"
)

// warned is a role whose promises rest on brokers that sync. It says so loudly,
// once, when they do not. Brokers that did not answer at its start, since they
// were away, are asked again until it is known.
type warned struct {
	lifecycle.Role
	ground ground
	stream wire.StreamSpec
	log    *slog.Logger
}

// askEvery is how often silent brokers are asked again. Nothing waits for it.
const askEvery = 5 * time.Second

func (w warned) Run(ctx context.Context) error {
	warnDurability(w.log, w.ground.durability)
	asking, end := context.WithCancel(ctx)
	var follow sync.WaitGroup
	defer follow.Wait()
	defer end()
	if w.ground.durability.Silent {
		follow.Go(func() { w.followUp(asking) })
	}
	return w.Role.Run(ctx)
}

// Healthy is that of the role.
func (w warned) Healthy(ctx context.Context) error { return healthOf(ctx, w.Role) }

// followUp returns when everybody has answered, or ctx ends.
func (w warned) followUp(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d := streams.Inspect(ctx, w.ground.nats, w.stream.Name)
		switch {
		case ctx.Err() != nil, d.Silent:
		case d.Durability == streams.Synced:
			w.log.Info("durability is synced: every server that holds the stream has answered", "stream", w.stream.Name)
			return
		default:
			warnDurability(w.log, d)
			return
		}
	}
}

// warnDurability says loudly that a promise cannot be kept, or that nobody knows
// whether it can.
func warnDurability(log *slog.Logger, d streams.Report) {
	switch {
	case d.Durability == streams.Synced:
	case d.Silent:
		log.Warn("DURABILITY IS NOT KNOWN: a power failure may lose what was acknowledged", "why", d.Reason, "do", "wait until all brokers are back")
	default:
		log.Warn("DURABILITY IS "+string(d.Durability)+": a power failure can lose what was acknowledged, and with it the outcome of transactions", "why", d.Reason,
			"do", fmt.Sprintf("run the broker with `parley broker`, or with sync_interval: always and the server tag %s", streams.TagSynced))
	}
}
