package wire

import "time"

// StreamSpec is what Parley needs of a JetStream stream. Package
// internal/streams creates it and checks it.
type StreamSpec struct {
	Name     string
	Subjects []string
	// MaxBytes bounds the stream when it is created; beyond it publishes are
	// refused. An existing stream may be smaller, down to MinBytes, if that is
	// not zero, and larger.
	MaxBytes, MinBytes int64
	// PerSubject bounds the records of each subject, of which the oldest go; 0
	// means that none go.
	PerSubject int64
	// MaxMsgSize bounds one message.
	MaxMsgSize int32
	// SoftPercent is the share of the stream from which the writer itself
	// refuses new work, so that what is needed to finish old work still fits; 0
	// means that it never does. See [StreamSpec.SoftBytes].
	SoftPercent int64
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

// SoftBytes is the number of bytes from which a stream of at most maxBytes takes
// no new work, 0 if it has no such limit. An unlimited stream (maxBytes below 1)
// has the limit of one of the default size.
func (s StreamSpec) SoftBytes(maxBytes int64) int64 {
	if maxBytes < 1 {
		maxBytes = s.MaxBytes
	}
	return maxBytes * s.SoftPercent / 100
}

// MetaIncarnation is the stream metadata key that holds the random name given
// to a stream when it was created. Journals and leases remember it: a stream
// that was lost and made anew has another one.
const MetaIncarnation = "parley-incarnation"
