package machine

import (
	"parley/wire/txwire"
)

// Action is an operation that the driver performs. The actions of one event are
// ordered, but no rule depends on the order: any of them may be lost, late or
// repeated, except that [Append] must be published unchanged, under its condition.
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

// Answer responds to a [Question] about a branch in doubt.
type Answer struct {
	To       string
	Resolved txwire.Resolved
}

// AskOwner forwards a question to the owner of a log. The driver forwards the
// owner's answer, or calls [Machine.OwnerSilent] if the owner does not answer, or
// remains undecided, for too long.
type AskOwner struct {
	Question Question
}

// Open creates a new log: the driver chooses a random name, appends the open
// record, and calls [Machine.Opened] once that is acknowledged.
type Open struct{}

// Append publishes a record under the condition that Expect is the last
// sequence of the log's subject. The driver passes the broker's answer to
// [Machine.Appended] with the record's nonce. Again means that an earlier attempt
// had no definite answer: the driver pauses first.
type Append struct {
	Log    string
	Expect uint64
	Record txwire.Record
	Again  bool
}

// ReadAfter reads the first record after a sequence of the machine's own log, for
// [Machine.ReadAfter].
type ReadAfter struct {
	Log   string
	After uint64
	Nonce string
}

// ReadLog reads a whole log for [Machine.Read]. Again means that the last read
// was insufficient: the driver pauses first.
type ReadLog struct {
	Log   string
	Again bool
}

// Purge removes the records of a log below the sequence Before, or all when it
// is 0. A purge that fails or is lost costs only space.
type Purge struct {
	Log    string
	Before uint64
}

// Watch starts the timers of a transaction (resends and deadline), and Unwatch
// stops them.
type (
	Watch struct {
		ID       txwire.ID
		DecideBy int64
	}
	Unwatch struct{ ID txwire.ID }
)

// Restart requests a call of [Machine.Restarted] after a random pause that grows
// with the number of tries: a submission yielded to another with the same key and
// is to be started again.
type Restart struct {
	Key      string
	DecideBy int64
	Tries    int
}

// Adopted reports that another coordinator's log is sealed and that its commits
// are being completed: the driver subscribes to its acknowledgements and to
// questions to its owner. Released ends those subscriptions.
type (
	Adopted  struct{ Log string }
	Released struct{ Log string }
)

// LostLog reports that the machine's own log was given up, and why. Adopting it
// recovers its unfinished transactions.
type LostLog struct {
	Log string
	Why string
}

// Forgotten reports that a participant acknowledged a commit that it had applied
// and collected after its window. The commit counts as applied; the driver logs it.
type Forgotten struct {
	ID          txwire.ID
	Participant string
}

// Alarm reports to the operator that a participant refused an outcome.
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
