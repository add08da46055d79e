package machine

import (
	"parley/wire/txwire"
)

// Action is something for the driver to do. Actions of one event are in order,
// but no rule depends on it: any of them may be lost, late or repeated, except
// that [Append] must be published exactly as it is, under its condition.
type Action interface{ action() }

// SendPrepare, SendCommit and SendAbort are messages to a participant.
type (
	SendPrepare struct {
		To  string
		ID  txwire.ID
		Msg txwire.Prepare
	}
	SendCommit struct {
		To  string
		ID  txwire.ID
		Msg txwire.Commit
	}
	SendAbort struct {
		To  string
		ID  txwire.ID
		Msg txwire.Abort
	}
)

// Reply answers a submission.
type Reply struct {
	To      string
	Outcome txwire.Outcome
}

// Answer answers a question about a branch in doubt.
type Answer struct {
	To       string
	Resolved txwire.Resolved
}

// AskOwner asks the owner of a log on behalf of someone in doubt, and either
// passes the answer on, or, when the owner stays silent or undecided for too
// long, calls [Machine.OwnerSilent].
type AskOwner struct {
	Question Question
}

// Open asks for a fresh log: a new random name, its open record acknowledged,
// then [Machine.Opened].
type Open struct{}

// Append publishes a record under the condition that Expect is the last
// sequence of the log's subject. The answer goes to [Machine.Appended] with the
// record's nonce. Again means that an earlier try had no clear answer: wait a
// little first.
type Append struct {
	Log    string
	Expect uint64
	Record txwire.Record
	Again  bool
}

// ReadAfter reads the record that stands after a sequence in the own log, for
// [Machine.ReadAfter].
type ReadAfter struct {
	Log   string
	After uint64
	Nonce string
}

// ReadLog reads a whole log for [Machine.Read]. Again means that the last read
// was not enough: wait a little first.
type ReadLog struct {
	Log   string
	Again bool
}

// Purge removes the records of a log below the sequence Before, or all when it
// is 0. It may fail or never happen: only space is lost.
type Purge struct {
	Log    string
	Before uint64
}

// Watch starts the timers of a transaction (resends and deadline), Unwatch
// ends them.
type (
	Watch struct {
		ID       txwire.ID
		DecideBy int64
	}
	Unwatch struct{ ID txwire.ID }
)

// Restart asks for [Machine.Restarted] after a random while, longer with the
// number of tries: a submission made way for another with its key and starts
// again.
type Restart struct {
	Key      string
	DecideBy int64
	Tries    int
}

// Adopted says that a log of another is sealed and being driven to its end:
// listen for its acknowledgements and for questions to its owner. Released
// ends that.
type (
	Adopted  struct{ Log string }
	Released struct{ Log string }
)

// LostLog says that the own log was given up, and why. Its unfinished
// transactions are found again by adopting it.
type LostLog struct {
	Log string
	Why string
}

// Forgotten reports that a participant acknowledged a commit which it had applied
// and collected after its window: it counts as applied, and is worth a line in the
// log.
type Forgotten struct {
	ID          txwire.ID
	Participant string
}

// Alarm is for an operator: a participant refused an outcome.
type Alarm struct {
	ID          txwire.ID
	Participant string
	Text        string
}

func (SendPrepare) action() {}
func (SendCommit) action()  {}
func (SendAbort) action()   {}
func (Reply) action()       {}
func (Answer) action()      {}
func (AskOwner) action()    {}
func (Open) action()        {}
func (Append) action()      {}
func (ReadAfter) action()   {}
func (ReadLog) action()     {}
func (Purge) action()       {}
func (Watch) action()       {}
func (Unwatch) action()     {}
func (Restart) action()     {}
func (Adopted) action()     {}
func (Released) action()    {}
func (LostLog) action()     {}
func (Forgotten) action()   {}
func (Alarm) action()       {}
