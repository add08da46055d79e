package participants

import (
	"context"
	"time"

	"parley/participants/driver"

	"parley/participants/machine"
	"parley/wire/txwire"
)

// op is one thing for the committer to do: one message, one local write, or
// one piece of upkeep. Exactly one of prepare, outcome, local and upkeep is
// set.
type op struct {
	id txwire.ID
	// key is looked up beside the branch, where it matters.
	key     string
	prepare *txwire.Prepare
	// outcome decides on a commit, an abort or the answer to a question.
	outcome func(machine.Env, machine.View) machine.Step
	// local is a write of the resource's own, see [Participant.Write].
	local func(context.Context, any) error
	// upkeep has a group to itself. When it is durable, and before anything else
	// is done, durable notes that in memory, if it is set.
	upkeep  func(*journal, driver.Conn) error
	durable func(*journal)

	// step is what the op did, to be answered once it is durable.
	step machine.Step
	// refused is the error of a local write, which is its own to have.
	refused error
	// failed is why an op that was done apart from the rest of its group is
	// undone.
	failed error
	// settled: the journal shows that the branch is not prepared, whatever
	// memory has.
	settled bool
	// retry: it failed before and is attempted alone. result is how the
	// attempt ended, and took how long it was.
	retry  bool
	result error
	took   time.Duration
	// done receives how a local write, upkeep or a retry ended.
	done chan error
}

// isPrepare: a branch can fail as a prepare or as an outcome.
func (o *op) isPrepare() bool { return o.prepare != nil }

// end reports how the op ended to whoever waits for it.
func (o *op) end(err error) {
	if o.retry {
		o.result = err
	} else if o.done != nil {
		o.done <- err
	}
}

// urgent reports whether somebody waits: a client for a vote, a person for an
// answer. Outcomes were promised already, nobody waits for the promise to be
// kept.
func (o *op) urgent() bool { return o.prepare != nil || o.local != nil }

// leavesRow reports whether the op may make a row for a branch not seen
// before: a prepare, or the abort that leaves a tombstone.
func (o *op) leavesRow() bool { return o.key != "" }

func newPrepare(id txwire.ID, m txwire.Prepare) *op {
	return &op{id: id, key: m.Key, prepare: &m}
}

func newCommit(id txwire.ID, m txwire.Commit) *op {
	return &op{id: id, outcome: func(env machine.Env, v machine.View) machine.Step { return machine.Commit(env, v, m) }}
}

func newAbort(id txwire.ID, m txwire.Abort) *op {
	return &op{id: id, key: m.Key, outcome: func(env machine.Env, v machine.View) machine.Step { return machine.Abort(env, v, id, m) }}
}

// newResolved is the answer to a question. behind is whether the stream is, looked at
// since the answer came.
func newResolved(id txwire.ID, m txwire.Resolved, behind bool) *op {
	return &op{id: id, outcome: func(env machine.Env, v machine.View) machine.Step {
		env.Behind = behind
		return machine.Resolved(env, v, m)
	}}
}

func newLocal(fn func(context.Context, any) error) *op {
	return &op{local: fn, done: make(chan error, 1)}
}

func newUpkeep(fn func(*journal, driver.Conn) error) *op {
	return &op{upkeep: fn, done: make(chan error, 1)}
}

// newRetry is another attempt of an op that failed.
func newRetry(o *op) *op {
	return &op{id: o.id, key: o.key, prepare: o.prepare, outcome: o.outcome, retry: true, result: errStore, done: make(chan error, 1)}
}
