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

// Resource is the part of a transaction that an application implements. Its data is in
// the journal's database, and every method works inside the local database transaction
// that also changes the branch's state, so that the data of the resource and the journal
// can never differ.
//
// A method must have no effects but through tx: it may be called again for the same
// branch after its writes were rolled back. A panic counts as a failure.
//
// A method should return within a millisecond. The calls for all branches of a
// journal run one after another, so the time that one takes is the time that
// all others wait: with 300 ms for each Prepare a participant takes three
// transactions a second, and when sixty of them arrive together, those that are
// not reached before their deadline are aborted. So a method must not send requests to
// other services, sleep, or wait for locks: do slow work before the transaction is
// submitted, or after it has committed. A call that has not returned cannot be
// interrupted.
//
// T is the transaction of the journal's database, for example [*sqlite.Tx].
type Resource[T any] interface {
	// Migrate creates or changes the resource's own tables. It runs at every
	// start, before anything else.
	Migrate(ctx context.Context, tx T) error
	// Prepare reserves what the branch requests, so that Commit cannot fail for lack
	// of it. To vote no it returns a [*Refusal]: its writes are rolled back and the
	// reason is sent to the client. Any other error is a failure: it is logged, there
	// is no vote, and Prepare is called again until the deadline. detail, at most
	// [txwire.MaxDetail] bytes of JSON or nil, is stored with the branch, sent to the
	// client and passed to Commit and Abort.
	Prepare(ctx context.Context, tx T, b Branch) (detail json.RawMessage, err error)
	// Commit makes the reservation final. It cannot refuse; after an error it is
	// called again until it succeeds.
	Commit(ctx context.Context, tx T, b Branch) error
	// Abort undoes the reservation. It is called only for a branch that Prepare has
	// accepted. It cannot refuse either.
	Abort(ctx context.Context, tx T, b Branch) error
}

// Branch is this participant's part of one transaction.
type Branch struct {
	ID txwire.ID
	// Key is the client's idempotency key.
	Key string
	// Payload is the client's request to this participant.
	Payload json.RawMessage
	// Detail is what Prepare returned; nil in Prepare.
	Detail json.RawMessage
}

// Refusal is a resource's no vote, with a reason for people.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// Refuse returns a [*Refusal]. The reason is clipped to [wire.MaxReason] bytes.
func Refuse(format string, args ...any) error {
	return &Refusal{Reason: wire.Clip(fmt.Sprintf(format, args...))}
}

const (
	// slowCall is after how long a call of the resource is reported as not returning:
	// most clients wait for ten seconds.
	slowCall = 5 * time.Second
	// watchEvery is how often running calls are checked.
	watchEvery = time.Second
)

// call is one running call of the resource.
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

// errStuck is the error of a Run that ended before a call had returned.
var errStuck = errors.New("the drain timed out")

// stuck returns why the committer has not ended.
func (s *service) stuck() error {
	why := "a write of the journal has not returned"
	if c := s.health.call.Load(); c != nil {
		why = c.String()
	}
	return fmt.Errorf("%w: %s; the journal stays locked until it returns or this process ends", errStuck, why)
}
