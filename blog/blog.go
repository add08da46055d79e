package blog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"parley/blog/shards"
)

// Blog is the role. It satisfies the contract of roles: New opens nothing, Run
// blocks, cancelling Run's context begins a drain.
type Blog struct {
	cfg   Config
	deps  Deps
	gate  *gate
	ready chan struct{}
	// set is nil until the gate is open.
	set  atomic.Pointer[shards.Set]
	addr atomic.Pointer[net.Addr]
}

// New checks the configuration.
func New(cfg Config, deps Deps) (*Blog, error) {
	cfg, err := cfg.withDefaults()
	if err == nil {
		err = deps.check()
	}
	if err != nil {
		return nil, fmt.Errorf("blog: %w", err)
	}
	return &Blog{cfg: cfg, deps: deps, gate: newGate(), ready: make(chan struct{})}, nil
}

// Run opens the shards and serves until ctx ends; then it drains for at most
// [Config.DrainTimeout] and returns nil. It runs once. An error names what could
// not be opened, or that the NATS connection was closed.
func (b *Blog) Run(ctx context.Context) error {
	set, err := shards.Open(ctx, b.cfg.shards(b.deps.NextID))
	if err != nil && ctx.Err() != nil {
		return nil // the drain was requested before it had begun
	}
	if err != nil {
		return fmt.Errorf("blog: %w", err)
	}
	b.set.Store(set)
	b.gate.serving.Store(true)
	if err = b.serve(ctx, set); err != nil {
		return fmt.Errorf("blog: %w", err)
	}
	return nil
}

// serve works until ctx ends, and then drains in the order that requests flow.
func (b *Blog) serve(ctx context.Context, set *shards.Set) error {
	var web server
	service, err := b.listen(ctx)
	if err == nil {
		err = web.open(ctx, b)
	}
	if err == nil {
		b.cfg.Log.Info("blog is ready", "blog", set.Blog(), "shards", set.Len(), "http", b.Addr())
		close(b.ready)
		err = b.untilEnd(ctx, &web)
	} else if ctx.Err() != nil {
		err = nil
	}

	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.cfg.DrainTimeout)
	defer cancel()
	b.unlisten(drain, service)
	err = errors.Join(err, web.close(drain))
	idle := b.gate.close(drain)
	err = errors.Join(err, set.Close(drain))
	if !idle {
		// Requests under way are answered by now, or when their time is up.
		b.gate.close(context.WithoutCancel(ctx))
	}
	return err
}

// Ready is closed when the blog serves.
func (b *Blog) Ready() <-chan struct{} { return b.ready }

// Addr is where HTTP is served, once the blog is ready; empty if it is not.
func (b *Blog) Addr() string {
	if a := b.addr.Load(); a != nil {
		return (*a).String()
	}
	return ""
}

// Counts is what happened to posts since the start.
func (b *Blog) Counts() shards.Counts {
	if set := b.set.Load(); set != nil {
		return set.Counts()
	}
	return shards.Counts{}
}
