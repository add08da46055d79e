package machine

import (
	"encoding/json"
	"fmt"

	"parley/wire"
	"parley/wire/txwire"
)

// Prepare decides on a prepare. If the Step calls the resource, continue with [Accept]
// or [Refuse] depending on what the resource returns.
func Prepare(env Env, v View, id txwire.ID, m txwire.Prepare) Step {
	switch {
	case v.Branch != nil:
		return prepareAgain(env, v, m)
	case v.Key != nil:
		return keyTaken(env, v.Key, m.Digest)
	case m.DecideBy <= env.Mark:
		// Independently of this process's clock: its tombstone or its outcome may
		// have been collected.
		return vote(env, txwire.Vote{
			Code:   wire.CodeLate,
			Reason: fmt.Sprintf("its decide_by is %d ms before that of a branch that this journal has collected", env.Mark-m.DecideBy),
		})
	case env.Now > m.DecideBy:
		return vote(env, txwire.Vote{
			Code:   wire.CodeLate,
			Reason: fmt.Sprintf("the prepare arrived %d ms after its decide_by", env.Now-m.DecideBy),
		})
	case m.DecideBy-env.Now > txwire.MaxDeadline.Milliseconds():
		return vote(env, txwire.Vote{
			Code:   wire.CodeLate,
			Reason: fmt.Sprintf("its decide_by is %d ms ahead of the broker's clock, the limit is %d: the coordinator's clock or this one's is wrong", m.DecideBy-env.Now, txwire.MaxDeadline.Milliseconds()),
		})
	default:
		return Step{Call: CallPrepare}
	}
}

// prepareAgain repeats the answer that was given for the row.
func prepareAgain(env Env, v View, m txwire.Prepare) Step {
	b := v.Branch
	switch {
	case b.State != txwire.BranchAborted && (b.Key != m.Key || b.Digest != m.Digest):
		return vote(env, txwire.Vote{Code: wire.CodeViolation, Reason: "this transaction id was prepared with other content"})
	case b.State != txwire.BranchAborted:
		return vote(env, txwire.Vote{Yes: true, Detail: b.Detail})
	case b.Code == wire.CodeRefused:
		return vote(env, txwire.Vote{Code: b.Code, Reason: b.Reason, Closed: v.Key.closed()})
	default:
		return vote(env, txwire.Vote{Code: wire.CodeAborted, Reason: b.Reason, Closed: v.Key.closed()})
	}
}

// keyTaken votes on a new transaction whose key another one holds.
func keyTaken(env Env, k *KeyHold, digest string) Step {
	no := txwire.Vote{Other: k.Holder, OtherState: k.State}
	switch same := k.Digest == digest; {
	case !same && k.State == txwire.BranchPrepared:
		no.Code, no.Reason = wire.CodeContended, "the key is held by a transaction with other content that is not decided yet"
	case !same:
		no.Code, no.Reason = wire.CodeConflict, "the key was used before for a transaction with other content"
	case k.closed():
		no.Code, no.Reason, no.Closed = wire.CodeClosed, k.Reason, true
	default:
		no.Code = wire.CodeDuplicate
	}
	return vote(env, no)
}

// Accept completes a prepare that the resource accepted; detail is what it returned.
func Accept(env Env, id txwire.ID, m txwire.Prepare, detail json.RawMessage) Step {
	s := vote(env, txwire.Vote{Yes: true, Detail: detail})
	s.Put = newBranch(env, id, m, txwire.BranchPrepared)
	s.Put.Detail = detail
	s.Key = KeyHeld
	return s
}

// Refuse completes a prepare that the resource refused. The key is closed: if the same
// transaction is submitted again it is refused again.
func Refuse(env Env, id txwire.ID, m txwire.Prepare, reason string) Step {
	reason = wire.Clip(reason)
	s := vote(env, txwire.Vote{Code: wire.CodeRefused, Reason: reason, Closed: true})
	s.Put = newBranch(env, id, m, txwire.BranchAborted)
	s.Put.Code, s.Put.Reason = wire.CodeRefused, reason
	s.Key = KeyClose
	return s
}

func newBranch(env Env, id txwire.ID, m txwire.Prepare, state txwire.BranchState) *Branch {
	return &Branch{
		ID: id, Key: m.Key, Digest: m.Digest, DecideBy: m.DecideBy, OpenSeq: m.OpenSeq,
		State: state, At: env.Now, Payload: m.Payload,
	}
}
