package wire

import "time"

// StreamSpec is what Parley needs of a JetStream stream. Package
// internal/streams creates it and checks it.
type StreamSpec struct {
	Name     string
	Subjects []string
	// MaxBytes bounds the stream; beyond it publishes are refused.
	MaxBytes int64
	// PerSubject bounds the records of each subject, of which the oldest go; 0
	// means that none go.
	PerSubject int64
	// MaxMsgSize bounds one message.
	MaxMsgSize int32
	// SoftBytes is where the writer itself starts to refuse new work, so that
	// what is needed to finish old work still fits.
	SoftBytes int64
	// Duplicates is the window for Nats-Msg-Id; Parley's logs use none.
	Duplicates time.Duration
	// DropOldest: when the stream is full the oldest records go, instead of new
	// ones being refused.
	DropOldest bool
	// Direct: any replica may answer reads, with data that may be old.
	Direct bool
	// FirstAnywhere: the sequences begin at a random one, so that a condition
	// learned of a stream that was lost fits none of the one made in its place.
	FirstAnywhere bool
	// Republish are the subjects whose stored messages are re-sent, and where
	// to; empty means none are.
	Republish [2]string
}

// MetaIncarnation is the stream metadata key that holds the random name given
// to a stream when it was created. Journals and leases remember it: a stream
// that was lost and made anew has another one.
const MetaIncarnation = "parley-incarnation"

// TxLog holds the commit logs, one subject each: file storage, discard new,
// no age limit, no rollup, no direct get.
func TxLog() StreamSpec {
	return StreamSpec{
		Name:       "TXLOG",
		Subjects:   []string{logPrefix + "*"},
		MaxBytes:   256 << 20,
		SoftBytes:  192 << 20,
		MaxMsgSize: MaxRecord + 4096,
		Duplicates: time.Second,
	}
}

// Streams are all that Parley needs, in the order in which they are made.
func Streams() []StreamSpec { return []StreamSpec{TxLog(), IDLeases(), Chat()} }
