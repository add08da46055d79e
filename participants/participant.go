package participants

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"parley/internal/brokertime"
	"parley/internal/hooks"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"
)

// Participant is the role of one resource with one journal. It follows the contract of
// roles: New opens nothing, Run blocks, cancelling Run's context starts a drain.
type Participant struct {
	cfg       Config
	deps      Deps
	hooks     hooks.Hooks
	clock     *brokertime.Clock
	resource  Resource
	endpoints []Endpoint
	ready     chan struct{}
	counts    counts
	// running is nil before and after Run.
	running atomic.Pointer[service]
}

// New checks the configuration and returns a participant for [Participant.Run]. It opens
// nothing.
func New(cfg Config, deps Deps, r Resource, endpoints ...Endpoint) (*Participant, error) {
	cfg, err := cfg.withDefaults()
	if err == nil {
		err = deps.check()
	}
	if err != nil {
		return nil, fmt.Errorf("participant %.40q: %w", cfg.Name, err)
	}
	if r == nil {
		return nil, fmt.Errorf("participant %s: it has no resource", cfg.Name)
	}
	return newParticipant(cfg, deps, r, endpoints...), nil
}

func newParticipant(cfg Config, deps Deps, r Resource, endpoints ...Endpoint) *Participant {
	return &Participant{
		cfg: cfg, deps: deps, clock: brokertime.New(cfg.Log), resource: r, endpoints: endpoints, ready: make(chan struct{}),
	}
}

// Run waits for the broker, opens the journal and serves until ctx ends; then it
// drains for at most [Config.DrainTimeout] and returns nil. It must be called once. An
// error reports what could not be opened, that the NATS connection was closed, that the
// stream of the commit logs was lost, was recreated or went back, that this journal is
// not the only one ([*TwinError], [*OtherJournalError]) or not the previous one
// ([*NewJournalError]), that its files were removed ([*FilesError]), or which call of
// the resource did not return within the drain. Such a call cannot be interrupted: its
// goroutine and the lock of the journal remain until it returns or the process ends.
func (p *Participant) Run(ctx context.Context) error {
	err := p.run(ctx)
	if err != nil {
		return fmt.Errorf("participant %s: %w", p.cfg.Name, err)
	}
	return nil
}

func (p *Participant) run(ctx context.Context) error {
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
	db, err := openSQLite(p.cfg.Path, p.cfg.Log)
	if err != nil {
		return err
	}
	s, err := p.open(ctx, db, log.Found)
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
func (p *Participant) Ready() <-chan struct{} { return p.ready }

// Counts returns the events since the start, and the current state.
func (p *Participant) Counts() Counts {
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

// Querier reads the database; [sql.DB] implements it.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Read calls fn with read-only connections, separate from the committer's, which see
// durable data.
func (p *Participant) Read(ctx context.Context, fn func(ctx context.Context, q Querier) error) error {
	s := p.running.Load()
	if s == nil {
		return &wire.Error{Code: wire.CodeUnavailable, Text: errNotRunning.Error()}
	}
	return fn(ctx, s.journal.reader)
}

// Write runs fn in the committer's next group and returns when its writes are durable. An
// error of fn undoes its writes and is returned. With an error of code busy nothing was
// done; with that of a context that ended, or [ErrUnknown], the writes may be durable.
func (p *Participant) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	s := p.running.Load()
	if s == nil {
		return &wire.Error{Code: wire.CodeUnavailable, Text: errNotRunning.Error()}
	}
	return s.submit(ctx, newLocal(fn))
}
