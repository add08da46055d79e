package lease

import (
	"parley/wire/idwire"
)

// Action is an operation that the driver performs. Of those with an answer
// ([ReadTable], [Learn], [Read], [Write], [Wait], [Close]) one is pending at a time:
// the next one follows the answer to the one before, except after [Machine.Drain].
type Action interface{ action() }

// ReadTable reads the newest record of every number, for [Machine.Table], or
// [Machine.Failed].
type ReadTable struct{}

// Learn requests the stream's state. If its incarnation has changed since the process
// started, or it is missing, the process must stop; otherwise the driver passes the
// broker's time to [Machine.Learned]. Without an answer, it calls [Machine.Failed].
type Learn struct{}

// Read reads the newest record of a number, for [Machine.Found], or
// [Machine.Failed].
type Read struct{ Worker int }

// Write publishes a record, unchanged, on the subject of its worker number under the
// condition that Expect is the subject's last sequence (0: there is none). It is
// published at most once and before any other request to the broker; the broker's
// answer goes to [Machine.Written].
type Write struct {
	Expect uint64
	Record idwire.Lease
}

// Wait requests a call of [Machine.Woke] after about MS milliseconds. The driver
// varies the time at random, so that processes do not synchronise.
type Wait struct{ MS int64 }

// Install replaces the range from which IDs are issued by the timestamps
// [From, Until). The range before it is closed.
type Install struct {
	Worker      int
	From, Until int64
}

// Extend moves the end of the installed range to Until, and skips the timestamps
// below From, the broker's time, so that a slow clock does not make the IDs older
// and older.
type Extend struct{ From, Until int64 }

// Close closes the installed range, if any: no ID is issued from it any more. The
// driver passes the first unused timestamp to [Machine.Closed].
type Close struct{}

// Lost reports that the number was given up without a release, and why. The rest of
// its range remains reserved for the process, and may be used until the next one is
// installed.
type Lost struct {
	Worker int
	Why    string
}

// Skipped reports to the operator that a number is reserved far beyond the broker's
// time, and unusable until then. Each record is reported once.
type Skipped struct {
	Record idwire.Lease
	// Broker is the broker's time.
	Broker int64
}

func (ReadTable) action() {}
func (Learn) action()     {}
func (Read) action()      {}
func (Write) action()     {}
func (Wait) action()      {}
func (Install) action()   {}
func (Extend) action()    {}
func (Close) action()     {}
func (Lost) action()      {}
func (Skipped) action()   {}

// Answer classifies the broker's answer to a [Write].
type Answer uint8

// Answers to a conditional publish.
const (
	// Stored: acknowledged at a sequence.
	Stored Answer = iota
	// Unknown: no answer, "another write is in flight" (10164), the stream is
	// full (10077), or any error that proves nothing about earlier attempts to
	// write the same record.
	Unknown
	// Mismatch: wrong last sequence (10071), another record is last.
	Mismatch
)

// Row is a stored record and its stream sequence. A record that cannot be
// decoded is passed with its worker number and no state, and never claimed.
type Row struct {
	Seq    uint64
	Record idwire.Lease
}

// Clock is one comparison of the process's clock with the broker's, all three in
// milliseconds since [snowflake.EpochMS].
type Clock struct {
	// Sent and Received are the process's clock before the request and after the
	// answer, Broker is the broker's time in the answer.
	Sent, Received, Broker int64
}

// ahead returns by how much the process's clock is certainly ahead of the broker's:
// the answer was stamped after Sent. A process that was stopped before it read its
// clock again does not count as ahead.
func (c Clock) ahead() int64 { return c.Sent - c.Broker }

// Offset estimates how far the process's clock is ahead, with an error of at most
// half a round trip.
func (c Clock) Offset() int64 { return (c.Sent+c.Received)/2 - c.Broker }
