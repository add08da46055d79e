package participants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"parley/participants/driver"

	"parley/participants/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// errWroteBeforeRefusing means that a resource wrote before it refused, which must be
// undone, and that there is no savepoint to return to.
var errWroteBeforeRefusing = errors.New("the resource wrote before it refused")

// applyIn does one op inside the group's transaction, with a savepoint if apart is true.
// After an error the transaction must be rolled back.
func (k *committer) applyIn(ctx context.Context, c driver.Conn, o *op, apart bool) error {
	o.failed, o.settled = nil, false
	if !apart {
		return k.apply(ctx, c, o)
	}
	if _, err := c.Exec("SAVEPOINT op"); err != nil {
		return errors.Join(errSavepoint, err)
	}
	err := k.apply(ctx, c, o)
	switch {
	case err == nil:
	case c.Lost(), k.journal.db.Failed(err), errors.Is(err, errWroteBeforeRefusing):
		return err
	default:
		if _, back := c.Exec("ROLLBACK TO op"); back != nil {
			return errors.Join(errSavepoint, back, err)
		}
		o.failed = err
	}
	if _, gone := c.Exec("RELEASE op"); gone != nil {
		return errors.Join(errSavepoint, gone, err)
	}
	return nil
}

// apply does one op. After an error its writes must be undone.
func (k *committer) apply(ctx context.Context, c driver.Conn, o *op) error {
	env := machine.Env{
		Journal: k.journal.id, Incarnation: k.journal.incarnation, Now: k.clock.Now().UnixMilli(),
		Mark: k.journal.mark, Floor: k.journal.floor, Disputed: k.disputed(),
	}
	var err error
	switch {
	case o.local != nil:
		err = k.applyLocal(ctx, c, o)
	case o.prepare != nil:
		err = k.applyPrepare(ctx, c, o, env)
	default:
		err = k.applyOutcome(ctx, c, o, env)
	}
	if err == nil && c.Lost() {
		err = driver.ErrLost
	}
	return err
}

func (k *committer) applyPrepare(ctx context.Context, c driver.Conn, o *op, env machine.Env) error {
	view, err := k.view(c, o)
	if err != nil {
		return err
	}
	m := o.prepare
	o.step = machine.Prepare(env, view, o.id, *m)
	if o.step.Call != machine.CallPrepare {
		return nil
	}
	var detail json.RawMessage
	b := Branch{ID: o.id, Key: m.Key, Payload: m.Payload}
	wrote, err := k.guarded(c, o, txwire.KindPrepare, k.careful, func(tx any) (err error) {
		detail, err = k.resource.Prepare(ctx, tx, b)
		return err
	})
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		if wrote && !k.careful {
			return errWroteBeforeRefusing
		}
		o.step = machine.Refuse(env, o.id, *m, refusal.Reason)
	} else if err != nil {
		return err
	} else if err := checkDetail(detail); err != nil {
		return err
	} else {
		o.step = machine.Accept(env, o.id, *m, detail)
	}
	return k.journal.insert(c, o.step)
}

func checkDetail(d json.RawMessage) error {
	if len(d) > txwire.MaxDetail {
		return fmt.Errorf("the resource's detail has %d bytes, the limit is %d", len(d), txwire.MaxDetail)
	}
	if len(d) > 0 && !json.Valid(d) {
		return fmt.Errorf("the resource's detail %.80q is not JSON", d)
	}
	// Otherwise the readers of the vote refuse all of it.
	if err := wire.CheckUnicode(d); err != nil {
		return fmt.Errorf("the resource's detail %.80q: %w", d, err)
	}
	return nil
}

// applyOutcome writes the row first: if memory is behind the journal, the conditional
// write finds out before the resource is called, and the journal is read.
func (k *committer) applyOutcome(ctx context.Context, c driver.Conn, o *op, env machine.Env) error {
	if view, remembered := k.remembered(o.id); remembered {
		moved, err := k.applyTo(ctx, c, o, env, view)
		if moved || err != nil {
			return err
		}
	}
	view, err := k.view(c, o)
	if err != nil {
		return err
	}
	// Memory is changed when this is durable: the group may still be undone.
	o.settled = view.Branch == nil || view.Branch.State != txwire.BranchPrepared
	moved, err := k.applyTo(ctx, c, o, env, view)
	if err == nil && !moved {
		err = fmt.Errorf("branch %s changed while it was held", o.id)
	}
	return err
}

// applyTo applies an outcome to a branch in the state of view. It returns false, and has
// done nothing, if the row has another state.
func (k *committer) applyTo(ctx context.Context, c driver.Conn, o *op, env machine.Env, view machine.View) (moved bool, err error) {
	o.step = o.outcome(env, view)
	if o.step.Violation != "" {
		if o.step.Lost {
			if err := k.journal.raiseFloor(c, env.Now+txwire.MaxDeadline.Milliseconds()); err != nil {
				return true, err
			}
		}
		return true, k.journal.keepViolation(c, o.id, o.step, env.Now)
	}
	if o.step.Put == nil {
		return true, nil
	}
	if view.Branch == nil {
		return true, k.journal.insert(c, o.step)
	}
	moved, err = k.journal.move(c, *view.Branch, o.step)
	if err != nil || !moved {
		return false, err
	}
	b := Branch{ID: o.id, Key: view.Branch.Key, Payload: view.Branch.Payload, Detail: view.Branch.Detail}
	switch o.step.Call {
	case machine.CallCommit:
		_, err = k.guarded(c, o, txwire.KindCommit, false, func(tx any) error { return k.resource.Commit(ctx, tx, b) })
	case machine.CallAbort:
		_, err = k.guarded(c, o, txwire.KindAbort, false, func(tx any) error { return k.resource.Abort(ctx, tx, b) })
	}
	return true, err
}

// applyLocal runs a local write of the resource. If it fails only that write is undone.
func (k *committer) applyLocal(ctx context.Context, c driver.Conn, o *op) error {
	_, o.refused = k.guarded(c, o, "write", true, func(tx any) error { return o.local(ctx, tx) })
	if errors.Is(o.refused, errSavepoint) {
		return o.refused
	}
	return nil
}

// errSavepoint means that a savepoint of the transaction was lost.
var errSavepoint = errors.New("returning to the savepoint")

// guarded calls the resource. With a savepoint, the writes of a failed call are undone.
// It turns a panic into an error, and reports whether anything may have been written.
func (k *committer) guarded(c driver.Conn, o *op, stage string, savepoint bool, fn func(any) error) (wrote bool, err error) {
	if savepoint {
		if _, err := c.Exec("SAVEPOINT branch"); err != nil {
			return false, errors.Join(errSavepoint, err)
		}
	}
	k.health.call.Store(&call{id: o.id, stage: stage, since: time.Now()})
	wrote, err = c.Call(func(tx any) error { return k.caught(tx, fn) })
	k.health.call.Store(nil)
	if !savepoint {
		return wrote, err
	}
	if err != nil {
		if _, back := c.Exec("ROLLBACK TO branch"); back != nil {
			// Not %w: a refusal that could not be undone is not a refusal.
			return wrote, errors.Join(errSavepoint, back, fmt.Errorf("after: %v", err))
		}
	}
	// If the savepoint can be released the transaction still exists.
	if _, gone := c.Exec("RELEASE branch"); gone != nil {
		return wrote, errors.Join(errSavepoint, gone)
	}
	return wrote, err
}

func (k *committer) caught(tx any, call func(any) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the resource panicked: %v\n%s", r, debug.Stack())
		}
	}()
	return call(tx)
}

// remembered returns the view of a prepared branch from memory. Memory can be behind the
// journal but not ahead of it, and every change of a row is conditional on its being
// prepared.
func (k *committer) remembered(id txwire.ID) (machine.View, bool) {
	b := k.doubts.get(id)
	if b == nil {
		return machine.View{}, false
	}
	r := row{Branch: *b}
	return machine.View{Branch: b, Key: r.hold()}, true
}

// view reads the journal's rows of an op's id and key.
func (k *committer) view(c driver.Conn, o *op) (v machine.View, err error) {
	key, known := k.journal.logs.key(o.id)
	query, args := k.journal.sql.ByID, []any{key}
	switch {
	case o.key != "":
		query, args = k.journal.sql.View, []any{key, []byte(o.key)}
	case !known:
		return v, nil
	}
	err = c.Rows(query, func(row driver.Scanner) error {
		r, err := scanBranch(row, &k.journal.logs)
		if err != nil {
			return err
		}
		if r.ID == o.id {
			v.Branch = &r.Branch
		}
		// A prepared branch holds its key, also if the message does not contain
		// the key.
		if r.held && (r.Key == o.key || r.ID == o.id) {
			v.Key = r.hold()
		}
		return nil
	}, args...)
	return v, err
}
