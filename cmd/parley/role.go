package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/lifecycle"
	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
)

// ground is what a role stands on once NATS is reached and its stream checked.
type ground struct {
	nats        *nats.Conn
	js          jetstream.JetStream
	incarnation string
	durability  streams.Report
}

// onNATS is a role with its own connection to NATS: Run connects, checks the
// stream that the role's promises rest on, runs what build makes, and drains
// the connection after it. While NATS is away it waits.
type onNATS struct {
	conn   natsconn.Options
	stream wire.StreamSpec
	build  func(ground) (lifecycle.Role, error)

	ready chan struct{}
	// nats is the connection, once there is one, and inner the role that uses it.
	nats  atomic.Pointer[nats.Conn]
	inner atomic.Pointer[lifecycle.Role]
}

func newOnNATS(conn natsconn.Options, stream wire.StreamSpec, build func(ground) (lifecycle.Role, error)) *onNATS {
	return &onNATS{conn: conn, stream: stream, build: build, ready: make(chan struct{})}
}

// Ready is closed once the role serves.
func (r *onNATS) Ready() <-chan struct{} { return r.ready }

// Healthy is nil while the broker answers on the role's own connection, and the
// role itself knows of no trouble. Without the broker nobody can reach the role.
func (r *onNATS) Healthy(ctx context.Context) error {
	nc := r.nats.Load()
	if nc == nil || !nc.IsConnected() {
		return errors.New("it has no connection to NATS")
	}
	if err := nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("NATS does not answer it: %w", err)
	}
	if role := r.inner.Load(); role != nil {
		return healthOf(ctx, *role)
	}
	return nil
}

// Run blocks until ctx ends and the role has drained.
func (r *onNATS) Run(ctx context.Context) error {
	nc, err := natsconn.Connect(ctx, r.conn)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	r.nats.Store(nc)
	err = r.serve(ctx, nc)
	// The role has ended; what it published last still has to leave. Drain
	// has a time-out of its own.
	if drained := natsconn.Drain(context.WithoutCancel(ctx), nc); err == nil {
		err = drained
	}
	return err
}

func (r *onNATS) serve(ctx context.Context, nc *nats.Conn) error {
	g, err := stand(ctx, nc, r.stream, r.conn.Log)
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
	r.inner.Store(&role)
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

// stand checks the stream and finds out what it survives. While nobody can answer
// it waits, as for NATS itself: brokers may be on their way.
func stand(ctx context.Context, nc *nats.Conn, stream wire.StreamSpec, log *slog.Logger) (ground, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return ground{}, err
	}
	info, err := streams.Await(ctx, js, stream, log)
	if err != nil {
		return ground{}, err
	}
	return ground{nats: nc, js: js, incarnation: info.Incarnation, durability: streams.Inspect(ctx, nc, stream.Name)}, nil
}
