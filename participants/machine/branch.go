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
	// Incarnation is that of the stream which OpenSeq is a sequence of. Empty
	// means the stream that the journal remembers now, [Env].Incarnation; another
	// one was accepted by an operator since the branch was prepared.
	Incarnation string
	State       txwire.BranchState
	// Code and Reason say why it is aborted.
	Code   wire.Code
	Reason string
	// At is when State was reached, in milliseconds since 1970.
	At      int64
	Payload json.RawMessage
	// Detail is what the resource said with its yes.
	Detail json.RawMessage
}

// KeyHold says who holds an idempotency key in this journal. A key without
// one is free.
type KeyHold struct {
	Holder txwire.ID
	Digest string
	// State of the hold: prepared, committed, or aborted for a closed key.
	State txwire.BranchState
	// Code and Reason say why the key is closed.
	Code   wire.Code
	Reason string
}

func (k *KeyHold) closed() bool { return k != nil && k.State == txwire.BranchAborted }

// View is what the journal holds about a message's transaction and key; nil
// means no row.
type View struct {
	Branch *Branch
	Key    *KeyHold
}

// Env is what a decision depends on besides the message and the View.
type Env struct {
	// Journal is the id of this journal.
	Journal string
	// Incarnation is that of the commit log's stream, as the journal remembers
	// it.
	Incarnation string
	// Now is the broker's time as this process knows it, in milliseconds since 1970.
	// It may be wrong, and only a prepare depends on it.
	Now int64
	// Mark is the greatest decide_by of the branches that this journal has
	// collected, 0 if it has collected none. What is unknown here and has a
	// greater one was never collected: it was never prepared, or it was lost.
	Mark int64
	// Floor is not 0 if this journal went back: to an earlier copy of itself, as far
	// as it knows. What is unknown here and has a decide_by of at most that may have
	// been lost, whether or not it is below the mark.
	Floor int64
	// Disputed: a copy of this journal answers as well, and may have what is unknown
	// here.
	Disputed bool
	// Behind: the stream of the commit logs was behind what this journal knows it to
	// have stored, when it was looked at after the message had come. Commits may be
	// missing in it.
	Behind bool
}
