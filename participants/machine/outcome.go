package machine

import (
	"fmt"

	"parley/wire"
	"parley/wire/txwire"
)

// Commit decides on a commit.
func Commit(env Env, v View, m txwire.Commit) Step {
	if m.Journal != env.Journal {
		return Step{}
	}
	b := v.Branch
	switch {
	case b == nil && env.Disputed:
		return Step{}
	case b == nil && m.DecideBy <= env.Mark && m.DecideBy > env.Floor:
		a := ack(env, txwire.KindCommit, false)
		a.Code, a.Reason = wire.CodeForgotten, "the branch was finished and collected after the idempotency window"
		return Step{Ack: a}
	case b == nil && m.DecideBy <= env.Floor:
		return lost(env, "commit for a branch that this journal does not have. It went back to an earlier copy of itself: the branch was lost with that, or was finished and collected before")
	case b == nil:
		return lost(env, "commit for a branch that this journal does not have and never collected: it was never prepared here, or the journal was restored from a backup")
	case b.State == txwire.BranchAborted:
		return violation(env, txwire.KindCommit, wire.Clip("commit for a branch that is aborted here: "+b.Reason))
	case b.State == txwire.BranchCommitted:
		return Step{Ack: ack(env, txwire.KindCommit, false)}
	default:
		return commit(env, *b)
	}
}

func commit(env Env, b Branch) Step {
	b.State, b.At = txwire.BranchCommitted, env.Now
	return Step{Call: CallCommit, Put: &b, Ack: ack(env, txwire.KindCommit, false)}
}

// Abort decides on an abort, which may arrive before its prepare.
func Abort(env Env, v View, id txwire.ID, m txwire.Abort) Step {
	if m.Journal != "" && m.Journal != env.Journal {
		return Step{}
	}
	b := v.Branch
	switch {
	case b == nil && env.Disputed:
		return Step{}
	case b == nil && m.DecideBy <= env.Mark:
		// Its prepare, if it still arrives, is at or below the mark and refused.
		return Step{Ack: ack(env, txwire.KindAbort, v.Key.closed())}
	case b == nil:
		tombstone := Branch{
			ID: id, Key: m.Key, Digest: m.Digest, DecideBy: m.DecideBy,
			State: txwire.BranchAborted, Code: wire.CodeAborted, Reason: m.Reason, At: env.Now,
		}
		return abort(env, v, tombstone, m.Close)
	case b.State == txwire.BranchCommitted:
		return violation(env, txwire.KindAbort, "abort for a branch that is committed here")
	case b.State == txwire.BranchAborted:
		return abortAgain(env, v, *b, m)
	default:
		aborted := *b
		aborted.State, aborted.Code, aborted.Reason, aborted.At = txwire.BranchAborted, wire.CodeAborted, m.Reason, env.Now
		s := abort(env, v, aborted, m.Close)
		s.Call = CallAbort
		return s
	}
}

// abort writes the aborted row and closes or frees the key, unless another branch holds
// it.
func abort(env Env, v View, b Branch, closeKey bool) Step {
	s := Step{Put: &b}
	switch mine := v.Key == nil || v.Key.Holder == b.ID; {
	case mine && closeKey:
		s.Key = KeyClose
	case mine && v.Key != nil:
		s.Key = KeyFree
	}
	s.Ack = ack(env, txwire.KindAbort, s.Key == KeyClose || v.Key.closed())
	return s
}

// abortAgain may close a key that an earlier abort of this branch left
// free.
func abortAgain(env Env, v View, b Branch, m txwire.Abort) Step {
	if m.Close && v.Key == nil {
		b.Reason = m.Reason
		return Step{Put: &b, Key: KeyClose, Ack: ack(env, txwire.KindAbort, true)}
	}
	return Step{Ack: ack(env, txwire.KindAbort, v.Key.closed())}
}

// Resolved decides on the answer to an inquiry about a branch in doubt. It changes only
// a branch that is still prepared.
//
// Sequences are compared within one incarnation of the stream only. A branch that
// was prepared under an incarnation that an operator has replaced since is aborted
// by a seal in the accepted one: its log is lost, so no better evidence can exist,
// and accepting an incarnation is documented to mean that.
//
// While the stream is behind no seal is accepted: the missing record may be the commit.
func Resolved(env Env, v View, m txwire.Resolved) Step {
	b := v.Branch
	if b == nil || b.State != txwire.BranchPrepared {
		return Step{}
	}
	if m.Incarnation != "" && m.Incarnation != env.Incarnation {
		return Step{Violation: fmt.Sprintf(
			"refused an answer that rests on another stream %s: its incarnation is %s, this journal remembers %s",
			txwire.LogStream().Name, m.Incarnation, env.Incarnation)}
	}
	switch m.Status {
	case txwire.StatusCommitted:
		return commit(env, *b)
	case txwire.StatusAborted:
		if m.SealSeq != 0 && env.Behind {
			return Step{} // it stays in doubt, and inquires again
		}
		replaced := b.Incarnation != "" && b.Incarnation != env.Incarnation
		if !replaced && m.SealSeq != 0 && m.SealSeq < b.OpenSeq {
			return Step{Violation: fmt.Sprintf(
				"refused an abort proven by a seal at sequence %d: the log was opened at %d, so its stream was lost or restored from a backup",
				m.SealSeq, b.OpenSeq)}
		}
		aborted := *b
		aborted.State, aborted.Code, aborted.At = txwire.BranchAborted, wire.CodeAborted, env.Now
		aborted.Reason = "its coordinator never committed it"
		if replaced {
			aborted.Reason = fmt.Sprintf("its commit log was lost with incarnation %s of the stream %s, and an operator accepted incarnation %s",
				b.Incarnation, txwire.LogStream().Name, env.Incarnation)
		}
		s := abort(env, v, aborted, false)
		s.Call = CallAbort
		return s
	default:
		return Step{}
	}
}
