package machine

import (
	"encoding/json"

	"parley/wire"
	"parley/wire/txwire"
)

// Branch is a journal row: one transaction at this participant.
type Branch struct {
	ID       txwire.ID
	Key      string
	Digest   string
	DecideBy int64 // milliseconds since 1970
	OpenSeq  uint64
	// Incarnation is that of the stream to which OpenSeq refers. Empty
	// means the stream that the journal has stored now, [Env].Incarnation; another
	// one was accepted by an operator since the branch was prepared.
	Incarnation string
	State       txwire.BranchState
	// Code and Reason are why it is aborted.
	Code   wire.Code
	Reason string
	// At is when State was reached, in milliseconds since 1970.
	At      int64
	Payload json.RawMessage
	// Detail is what the resource returned with its yes vote.
	Detail json.RawMessage
}

// KeyHold is the transaction that holds an idempotency key in this journal. A key
// without one is free.
type KeyHold struct {
	Holder txwire.ID
	Digest string
	// State is that of the hold: prepared, committed, or aborted for a closed key.
	State txwire.BranchState
	// Code and Reason are why the key is closed.
	Code   wire.Code
	Reason string
}

func (k *KeyHold) closed() bool { return k != nil && k.State == txwire.BranchAborted }

// View is the journal's rows of a message's transaction and key; nil means that there
// is no row.
type View struct {
	Branch *Branch
	Key    *KeyHold
}

// Env is the other input of a decision besides the message and the View.
type Env struct {
	// Journal is the id of this journal.
	Journal string
	// Incarnation is that of the commit log's stream, as stored in the journal.
	Incarnation string
	// Now is the broker's time as estimated by this process, in milliseconds since 1970.
	// It may be wrong, and only a prepare depends on it.
	Now int64
	// Mark is the greatest decide_by of the branches that this journal has
	// collected, 0 if it has collected none. An unknown branch with a greater one
	// was never collected: it was never prepared, or it was lost.
	Mark int64
	// Floor is not 0 if this journal is known to have gone back to an earlier copy of
	// itself. An unknown branch with a decide_by of at most the floor may have been
	// lost, whether or not it is below the mark.
	Floor int64
	// Disputed reports that a copy of this journal answers as well, and may have
	// branches that are unknown here.
	Disputed bool
	// Behind reports that the stream of the commit logs was behind what this journal
	// knows it to have stored, when it was read after the message had arrived. Commits
	// may be missing in it.
	Behind bool
}
