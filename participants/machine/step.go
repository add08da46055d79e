package machine

import (
	"parley/wire"
	"parley/wire/txwire"
)

// Call is the method of the resource to call, in the same local database transaction as
// the writes of the Step.
type Call uint8

// Calls on a resource. After CallPrepare the Step is not complete: continue
// with [Accept] or [Refuse].
const (
	CallNone Call = iota
	CallPrepare
	CallCommit
	CallAbort
)

// KeyChange is the change of the branch's key.
type KeyChange uint8

// Changes of a key. A hold is part of its branch's row: nothing is written for it when
// the branch commits.
const (
	KeyKeep  KeyChange = iota
	KeyHeld            // insert: this branch holds it
	KeyFree            // delete: any transaction may hold it
	KeyClose           // insert or change: closed permanently by this branch
)

// Step is the effect of one message: call the resource, write, and only when that is
// durable, answer. The zero Step does nothing and answers nothing.
type Step struct {
	Call Call
	// Put is the row to insert or replace, nil to leave it.
	Put *Branch
	Key KeyChange
	// Vote or Ack is the answer, nil for none.
	Vote *txwire.Vote
	Ack  *txwire.Ack
	// Violation is set if the message contradicts the journal; it was not applied, and
	// the violation must be reported.
	Violation string
	// Lost reports that the violation shows that this journal went back. [Env].Floor must
	// be raised above every existing deadline, in the same transaction.
	Lost bool
}

func vote(env Env, v txwire.Vote) Step {
	v.V, v.Journal = wire.Version, env.Journal
	return Step{Vote: &v}
}

func ack(env Env, of string, closed bool) *txwire.Ack {
	return &txwire.Ack{V: wire.Version, Journal: env.Journal, Of: of, Closed: closed}
}

func lost(env Env, why string) Step {
	s := violation(env, txwire.KindCommit, why)
	s.Lost = true
	return s
}

func violation(env Env, of, why string) Step {
	a := ack(env, of, false)
	a.Code, a.Reason = wire.CodeViolation, why
	return Step{Ack: a, Violation: why}
}
