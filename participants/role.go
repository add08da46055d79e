package participants

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"parley/internal/brokertime"
	"parley/internal/hooks"
	"parley/internal/streams"
	"parley/participants/driver"
	"parley/wire"
	"parley/wire/txwire"
)

// role is a participant without the type of its transactions.
type role struct {
	cfg       Config
	deps      Deps
	hooks     hooks.Hooks
	clock     *brokertime.Clock
	db        driver.Journal
	resource  Resource[any]
	endpoints []endpoint
	ready     chan struct{}
	counts    counts
	// running is nil before and after Run.
	running atomic.Pointer[service]
}

// endpoint is an [Endpoint] without the type.
type endpoint struct {
	name, subject string
	handle        func(ctx context.Context, request []byte) []byte
}

func newRole(cfg Config, deps Deps, db driver.Journal, r Resource[any]) *role {
	return &role{cfg: cfg, deps: deps, clock: brokertime.New(cfg.Log), db: db, resource: r, ready: make(chan struct{})}
}

// Run waits for the broker, opens the journal and serves until ctx ends; then it
// drains for at most [Config.DrainTimeout] and returns nil. It must be called once. An
// error reports what could not be opened, that the NATS connection was closed, that the
// stream of the commit logs was lost, was recreated or went back, that this journal is
// not the only one ([*TwinError], [*OtherJournalError]) or not the previous one
// ([*NewJournalError]), that its files were removed (sqlite.FilesError), or which call of
// the resource did not return within the drain. Such a call cannot be interrupted: its
// goroutine and the lock of the journal remain until it returns or the process ends.
func (p *role) Run(ctx context.Context) error {
	err := p.run(ctx)
	if err != nil {
		return fmt.Errorf("participant %s: %w", p.cfg.Name, err)
	}
	return nil
}

func (p *role) run(ctx context.Context) error {
	p.hooks = hooks.From(ctx)
	p.clock.SetWall(p.hooks.Now)
	log, err := streams.Bind(ctx, p.deps.NATS, txwire.LogStream(), p.cfg.Log)
	if err != nil {
		if ctx.Err() != nil {
			return nil // cancelled before it had started
		}
		return err
	}
	p.clock.Observe(log.Found.Asked, log.Found.Answered, log.Found.ServerTime)
	s, err := p.open(ctx, log.Found)
	if err != nil {
		return err
	}
	s.stamps = &stamps{s: s, js: log.JS}
	s.commitLog = &commitLog{s: s, binding: log}
	err = s.serve(ctx)
	p.running.Store(nil)
	return errors.Join(err, s.close())
}

// Ready returns a channel that is closed when the participant serves.
func (p *role) Ready() <-chan struct{} { return p.ready }

// Counts returns the events since the start, and the current state.
func (p *role) Counts() Counts {
	c := p.counts.read()
	if s := p.running.Load(); s != nil {
		c.Queued, c.InDoubt, c.Failing = s.queue.len(), s.doubts.len(), s.failing.len()
		if running := s.health.call.Load(); running != nil {
			c.CallMS = time.Since(running.since).Milliseconds()
		}
		if err := s.healthy(); err != nil {
			c.Trouble = wire.Clip(err.Error())
		}
		c.ClockMS = p.clock.Ahead().Milliseconds()
	}
	return c
}
