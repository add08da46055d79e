package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/lifecycle"
	"parley/internal/natsconn"
	"parley/internal/streams"
	"parley/wire"
)

// ground is what a role stands on once NATS is reached and its stream checked.
type ground struct {
	nats        *nats.Conn
	incarnation string
	durability  streams.Report
}

// onNATS is a role with its own connection to NATS: Run connects, checks the
// stream of the commit logs, runs what build makes, and drains the connection
// after it. While NATS is away it waits.
type onNATS struct {
	conn  natsconn.Options
	build func(ground) (lifecycle.Role, error)

	ready chan struct{}
}

func newOnNATS(conn natsconn.Options, build func(ground) (lifecycle.Role, error)) *onNATS {
	return &onNATS{conn: conn, build: build, ready: make(chan struct{})}
}

// Ready is closed once the role serves.
func (r *onNATS) Ready() <-chan struct{} { return r.ready }

// Run blocks until ctx ends and the role has drained.
func (r *onNATS) Run(ctx context.Context) error {
	nc, err := natsconn.Connect(ctx, r.conn)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	err = r.serve(ctx, nc)
	// The role has ended; what it published last still has to leave. Drain
	// has a time-out of its own.
	if drained := natsconn.Drain(context.WithoutCancel(ctx), nc); err == nil {
		err = drained
	}
	return err
}

func (r *onNATS) serve(ctx context.Context, nc *nats.Conn) error {
	g, err := stand(ctx, nc)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	role, err := r.build(g)
	if err != nil {
		return err
	}
	forwarded, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(forwarded)
		select {
		case <-role.Ready():
			close(r.ready)
		case <-ended:
		}
	}()
	err = role.Run(ctx)
	close(ended)
	<-forwarded
	return err
}

// stand checks the commit logs' stream and finds out what it survives.
func stand(ctx context.Context, nc *nats.Conn) (ground, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return ground{}, err
	}
	info, err := streams.Check(ctx, js, wire.TxLog())
	if err != nil {
		return ground{}, err
	}
	return ground{nats: nc, incarnation: info.Incarnation, durability: streams.Inspect(ctx, nc)}, nil
}

// warnDurability says loudly, once a process, that a promise cannot be kept.
func warnDurability(log *slog.Logger, d streams.Report) {
	if d.Durability == streams.Synced {
		return
	}
	log.Warn("DURABILITY IS "+string(d.Durability)+": a power failure can lose what was acknowledged, and with it the outcome of transactions", "why", d.Reason,
		"do", fmt.Sprintf("run the broker with `parley broker`, or with sync_interval: always and the server tag %s", streams.TagSynced))
}
