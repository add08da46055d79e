package participants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parley/wire"
	"parley/wire/txwire"
)

// Resource is what a participant puts at stake in a transaction. Its data
// lives in the journal's database, and every method works inside the one local
// database transaction that also moves the branch, so that what the resource
// wrote and what the journal promises can never differ.
//
// A method must do nothing but use tx: it may be called again for the same
// branch after its writes were rolled back. A panic counts as a failure.
//
// A method should return within a millisecond. The calls for all branches of a
// journal run one after another, so the time that one takes is the time that
// all others wait: with 300 ms for each Prepare a participant takes three
// transactions a second, and when sixty of them arrive together, those that are
// not reached before their deadline are aborted. So no requests to other
// services, no sleeps and no locks that others hold: do what is slow before the
// transaction is submitted, or after it committed. A call that has not returned
// cannot be interrupted.
type Resource interface {
	// Migrate creates or changes the resource's own tables. It runs at every
	// start, before anything else.
	Migrate(ctx context.Context, tx *Tx) error
	// Prepare reserves what the branch asks for, so that Commit cannot fail
	// for want of it. A "no" is a [*Refusal]: what was written is rolled back
	// and the reason goes to the client. Any other error is a failure: it is
	// logged, nobody votes, and the prepare is tried again until its deadline.
	// detail, at most [txwire.MaxDetail] bytes of JSON or nil, is kept with the
	// branch, told to the client and given back to Commit and Abort.
	Prepare(ctx context.Context, tx *Tx, b Branch) (detail json.RawMessage, err error)
	// Commit makes the reservation final. It cannot refuse; after an error it
	// is tried again for as long as it takes.
	Commit(ctx context.Context, tx *Tx, b Branch) error
	// Abort undoes the reservation. It is called only for a branch that
	// Prepare said yes to. It cannot refuse either.
	Abort(ctx context.Context, tx *Tx, b Branch) error
}

// Branch is this participant's part of one transaction.
type Branch struct {
	ID txwire.ID
	// Key is the client's idempotency key.
	Key string
	// Payload is what the client asks of this participant.
	Payload json.RawMessage
	// Detail is what Prepare returned; nil in Prepare.
	Detail json.RawMessage
}

// Refusal is a resource's "no", with a reason for people.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// Refuse makes a [*Refusal]. The reason is clipped to [wire.MaxReason] bytes.
func Refuse(format string, args ...any) error {
	return &Refusal{Reason: wire.Clip(fmt.Sprintf(format, args...))}
}

const (
	// slowCall is when a call of the resource is reported as not returning:
	// most clients wait for ten seconds.
	slowCall = 5 * time.Second
	// watchEvery is how often running calls are looked at.
	watchEvery = time.Second
)

// call is one call of the resource.
type call struct {
	id    txwire.ID
	stage string
	since time.Time
}

func (c *call) String() string {
	return fmt.Sprintf("the resource's %s of %s has not returned for %v", c.stage, c.id, time.Since(c.since).Round(time.Second))
}

// watchCalls reports calls of the resource that do not return, until ctx ends.
func (s *service) watchCalls(ctx context.Context) {
	var last *call
	_ = every(ctx, watchEvery, func() error {
		last = s.watchCall(last, time.Now())
		return nil
	})
}

// watchCall reports the running call if it is slow and not the one that was
// reported last, which it returns.
func (s *service) watchCall(last *call, now time.Time) *call {
	c := s.health.call.Load()
	if last != nil && c != last {
		s.cfg.Log.Warn("a call of the resource that was reported has returned", "tx", last.id.String(), "stage", last.stage)
		last = nil
	}
	if c == nil || c == last || now.Sub(c.since) <= slowCall {
		return last
	}
	s.counts.slowCalls.Add(1)
	s.cfg.Log.Warn("a call of the resource has not returned, and all other branches wait for it",
		"tx", c.id.String(), "stage", c.stage, "for", now.Sub(c.since).Round(time.Second))
	return c
}

// errStuck marks an end of Run that left a call behind.
var errStuck = errors.New("the drain took too long and was given up")

// stuck is why the committer has not ended.
func (s *service) stuck() error {
	why := "a write of the journal has not returned"
	if c := s.health.call.Load(); c != nil {
		why = c.String()
	}
	return fmt.Errorf("%w: %s; the journal stays locked until it returns or this process ends", errStuck, why)
}
