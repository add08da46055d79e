package txwire

import "time"

// Limits on transactions, each with its reason; see the limits in package wire, too.
const (
	// MaxSubmit bounds a submission: MaxBranches payloads of MaxPayload and
	// MaxEventBytes fit.
	MaxSubmit = 96 << 10
	// MaxPayload bounds one branch's payload.
	MaxPayload = 4 << 10
	// MaxBranches bounds the participants of one transaction: each can make it
	// fail, and all their votes are held in memory.
	MaxBranches = 12
	// MaxDetail bounds the data of a participant's yes vote (for example the
	// courier that it found), in bytes.
	MaxDetail = 1 << 10
	// MaxRecord bounds one commit-log record in bytes, and MaxRecordCommits
	// the transactions in it. A record of 32 KB costs the broker as much
	// as one of 2 KB, a much larger one delays later messages.
	MaxRecord = 512 << 10
	// MaxRecordCommits bounds the transactions in one commit-log record.
	MaxRecordCommits = 256
	// MaxEvents bounds the events of one transaction, and MaxEventBytes their
	// subjects, headers and data together. They are part of the commit's record, so
	// they delay it, and every other commit in the same record.
	MaxEvents     = 8
	MaxEventBytes = 16 << 10
	// MaxEventSubject and MaxStreamName bound the subject of an event and the name
	// of its stream in bytes, as NATS servers do. MaxEventHeaders bounds its headers.
	MaxEventSubject = 200
	MaxStreamName   = 255
	MaxEventHeaders = 8
	// MaxRecordEvents bounds the weights of the events in one commit-log record
	// (see [CommittedEvent.Weight]) and MaxSettled the transactions in it whose
	// events are settled, so that the record fits MaxRecord with MaxRecordCommits.
	MaxRecordEvents = 64 << 10
	MaxSettled      = 1024
	// DefaultTimeout is the time a transaction has to collect its votes when
	// the submission names none.
	DefaultTimeout = 10 * time.Second
	// MaxTimeout is the longest a submission may ask for. Beyond the hour
	// reserved stock is better modelled as a state of the resource.
	MaxTimeout = time.Hour
	// MaxDeadline is how far ahead a deadline may be: what differs from that is
	// the time between two brokers.
	MaxDeadline = MaxTimeout + time.Hour
	// IdempotencyWindow is how long a journal remembers finished branches and
	// keys by default. It must be well above MaxTimeout, since a tombstone may
	// only be forgotten when its prepare is past its deadline everywhere.
	IdempotencyWindow = 24 * time.Hour
)
