package lease

import (
	"parley/wire/idwire"
)

// Action is something for the driver to do. Those that ask for an answer
// ([ReadTable], [Learn], [Read], [Write], [Wait], [Close]) come one at a time:
// the next one comes after the answer to the one before, but for [Machine.Drain].
type Action interface{ action() }

// ReadTable reads the newest record of every number, for [Machine.Table], or
// [Machine.Failed].
type ReadTable struct{}

// Learn asks for the stream's state. If it has another incarnation than when
// the process started, or is missing, the process must stop; otherwise the
// broker's time goes to [Machine.Learned]. Without an answer, [Machine.Failed].
type Learn struct{}

// Read reads the newest record of a number, for [Machine.Found], or
// [Machine.Failed].
type Read struct{ Worker int }

// Write publishes a record, exactly as it is, on the subject of its worker
// number under the condition that Expect is the subject's last sequence (0:
// there is none). It is published at most once and before anything else is
// asked of the broker; what the broker says goes to [Machine.Written].
type Write struct {
	Expect uint64
	Record idwire.Lease
}

// Wait asks for [Machine.Woke] after about that many milliseconds, a little
// more or less at random, so that many processes do not stay in step.
type Wait struct{ MS int64 }

// Install makes a new range of timestamps [From, Until) the one to take from.
// The range before it is closed.
type Install struct {
	Worker      int
	From, Until int64
}

// Extend moves the end of the installed range to Until, and lets it skip what is
// below From, the broker's time: so that a clock that is behind does not make
// IDs ever older.
type Extend struct{ From, Until int64 }

// Close closes the installed range, if there is one: nothing is taken from it
// from now on. The first timestamp that was not used goes to [Machine.Closed].
type Close struct{}

// Lost says that the number was given up without a release, and why. What is
// left of its range is still the process's own and may be used until the next
// one is installed.
type Lost struct {
	Worker int
	Why    string
}

// Skipped is for an operator: this number is reserved far beyond the broker's
// time and so out of use until then. It is said once for each record.
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

// Answer is what the broker said to a [Write].
type Answer uint8

// Answers to a conditional publish.
const (
	// Stored: acknowledged at a sequence.
	Stored Answer = iota
	// Unknown: no answer, "another write is in flight" (10164), the stream is
	// full (10077), or any error that says nothing about earlier tries of the
	// same record.
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

// Clock is one comparison of the own clock with the broker's, all three in
// milliseconds since [snowflake.EpochMS].
type Clock struct {
	// Sent and Received are the own clock before the request and after the
	// answer, Broker is the time that the broker put into it.
	Sent, Received, Broker int64
}

// ahead is by how much the own clock is certainly ahead of the broker's: the
// answer was stamped after Sent. A process that was stopped before it looked at
// its clock again does not count as ahead.
func (c Clock) ahead() int64 { return c.Sent - c.Broker }

// Offset is how far the own clock seems to be ahead, within half a round trip.
func (c Clock) Offset() int64 { return (c.Sent+c.Received)/2 - c.Broker }
