package participants

import (
	"context"
	"encoding/json"
	"fmt"

	"parley/participants/driver"
)

// Participant is the role of one resource with one journal. It follows the contract of
// roles: New opens nothing, Run blocks, cancelling Run's context starts a drain. T is the
// transaction of the journal's database.
type Participant[T any] struct {
	*role
	db driver.Database[T]
}

// New checks the configuration and returns a participant for Run. It opens nothing. The
// resource's tables are in the database of the journal.
func New[T any](cfg Config, deps Deps, db driver.Database[T], r Resource[T], endpoints ...Endpoint[T]) (*Participant[T], error) {
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
	j, err := db.Open(cfg.Log)
	if err != nil {
		return nil, fmt.Errorf("participant %s: %w", cfg.Name, err)
	}
	p := &Participant[T]{newRole(cfg, deps, j, untyped[T]{db, r}), db}
	for _, e := range endpoints {
		p.endpoints = append(p.endpoints, endpoint{e.Name, e.Subject, func(ctx context.Context, request []byte) []byte {
			return e.Handle(ctx, p, request)
		}})
	}
	return p, nil
}

// Read calls fn with a read-only transaction, on another connection than the
// committer's, which sees durable data.
func (p *Participant[T]) Read(ctx context.Context, fn func(ctx context.Context, tx T) error) error {
	s := p.running.Load()
	if s == nil {
		return errNotRunning()
	}
	return s.journal.db.Read(ctx, func(tx any) error { return fn(ctx, p.db.Tx(tx)) })
}

// Write runs fn in the committer's next group and returns when its writes are durable. An
// error of fn undoes its writes and is returned. With an error of code busy nothing was
// done; with that of a context that ended, or [ErrUnknown], the writes may be durable.
func (p *Participant[T]) Write(ctx context.Context, fn func(ctx context.Context, tx T) error) error {
	s := p.running.Load()
	if s == nil {
		return errNotRunning()
	}
	return s.submit(ctx, newLocal(func(ctx context.Context, tx any) error { return fn(ctx, p.db.Tx(tx)) }))
}

// untyped is a resource whose transaction is what the driver passes.
type untyped[T any] struct {
	db driver.Database[T]
	r  Resource[T]
}

func (u untyped[T]) Migrate(ctx context.Context, tx any) error { return u.r.Migrate(ctx, u.db.Tx(tx)) }

func (u untyped[T]) Prepare(ctx context.Context, tx any, b Branch) (json.RawMessage, error) {
	return u.r.Prepare(ctx, u.db.Tx(tx), b)
}

func (u untyped[T]) Commit(ctx context.Context, tx any, b Branch) error {
	return u.r.Commit(ctx, u.db.Tx(tx), b)
}

func (u untyped[T]) Abort(ctx context.Context, tx any, b Branch) error {
	return u.r.Abort(ctx, u.db.Tx(tx), b)
}
