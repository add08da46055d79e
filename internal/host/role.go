package host

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"parley/internal/lifecycle"
	"parley/natsconn"
)

// Role is a role with its own connection to NATS: Run connects, runs the role that build
// returns, and then drains the connection. While NATS is unavailable it waits.
type Role struct {
	conn  natsconn.Options
	build func(*nats.Conn) (lifecycle.Role, error)

	ready chan struct{}
	// nats is the connection, nil until it is open, and inner the role that uses it.
	nats  atomic.Pointer[nats.Conn]
	inner atomic.Pointer[lifecycle.Role]
}

// NewRole returns a role that opens a connection with these options and calls build with it.
func NewRole(conn natsconn.Options, build func(*nats.Conn) (lifecycle.Role, error)) *Role {
	return &Role{conn: conn, build: build, ready: make(chan struct{})}
}

// Ready is closed once the role serves.
func (r *Role) Ready() <-chan struct{} { return r.ready }

// Healthy returns nil if the broker responds on the role's connection and the role
// itself reports no trouble. Without the broker no client can reach the role.
func (r *Role) Healthy(ctx context.Context) error {
	nc := r.nats.Load()
	if nc == nil || !nc.IsConnected() {
		return errors.New("it has no connection to NATS")
	}
	if err := nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("NATS does not answer it: %w", err)
	}
	if role := r.inner.Load(); role != nil {
		return HealthOf(ctx, *role)
	}
	return nil
}

// Run blocks until ctx ends and the role has drained.
func (r *Role) Run(ctx context.Context) error {
	nc, err := natsconn.Connect(ctx, r.conn)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	r.nats.Store(nc)
	err = r.serve(ctx, nc)
	// The role has ended; messages that it published last are still to be sent. Drain
	// has its own time-out.
	if drained := natsconn.Drain(context.WithoutCancel(ctx), nc); err == nil {
		err = drained
	}
	return err
}

func (r *Role) serve(ctx context.Context, nc *nats.Conn) error {
	role, err := r.build(nc)
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
