package txlog

import (
	"parley/coordinator/machine"
	"parley/wire/txwire"
)

// Trace is called twice for every operation on the logs: before it is sent, and
// after it was answered. A test compares the events with what a log may do. It is
// nil in production, and called from several goroutines.
type Trace func(Event)

// Event is the beginning or the end of an operation. A process that dies
// between the two leaves the beginning alone: the result is unknown.
type Event struct {
	// Do is the operation, one of the Do constants; empty at the end.
	Do string `json:"do,omitempty"`
	// Op is a number that the two events of one operation share.
	Op  uint64 `json:"op"`
	Log string `json:"log,omitempty"`

	// Expect, Nonce and Kind are of an append.
	Expect uint64            `json:"expect,omitempty"`
	Nonce  string            `json:"nonce,omitempty"`
	Kind   txwire.RecordKind `json:"kind,omitempty"`
	// Before is of a purge, and After of a read.
	Before uint64 `json:"before,omitempty"`
	After  uint64 `json:"after,omitempty"`

	// Answer is how the operation ended, empty at the beginning.
	Answer Answer `json:"answer,omitempty"`
	// Seq is where an append was stored.
	Seq uint64 `json:"seq,omitempty"`
	// Found is what was read.
	Found []Place `json:"found,omitempty"`
}

// Operations on a log. A seal is an append too.
const (
	DoAppend = "append"
	DoRead   = "read"
	DoPurge  = "purge"
)

// Answer is how an operation ended.
type Answer string

const (
	Stored  Answer = "stored"  // an append is stored
	Refused Answer = "refused" // an append expects what is not the last sequence
	Gone    Answer = "gone"    // the log is empty
	Unknown Answer = "unknown" // nothing may be concluded
	Done    Answer = "done"    // a read or a purge was answered
)

// Place identifies a stored record and its sequence.
type Place struct {
	Seq   uint64            `json:"seq"`
	Nonce string            `json:"nonce"`
	Kind  txwire.RecordKind `json:"kind"`
}

// Traced has every operation reported to trace, and returns l. Call it before the
// first operation.
func (l *Log) Traced(trace Trace) *Log {
	l.trace = trace
	return l
}

// begin reports the beginning of an operation; the result reports its end.
func (l *Log) begin(e Event) (end func(Event)) {
	if l.trace == nil {
		return func(Event) {}
	}
	op := l.ops.Add(1)
	e.Op = op
	l.trace(e)
	return func(e Event) {
		e.Op = op
		l.trace(e)
	}
}

func answerOf(a machine.AppendAnswer) Answer {
	switch a {
	case machine.AppendStored:
		return Stored
	case machine.AppendMismatch:
		return Refused
	case machine.AppendGone:
		return Gone
	default:
		return Unknown
	}
}

// ended returns the event for the end of a read or a purge.
func ended(err error, found ...machine.Stored) Event {
	if err != nil {
		return Event{Answer: Unknown}
	}
	e := Event{Answer: Done}
	for i := range found {
		e.Found = append(e.Found, Place{Seq: found[i].Seq, Nonce: found[i].Record.Nonce, Kind: found[i].Record.Kind})
	}
	return e
}
