package wire

import "time"

// StreamSpec are the settings that Parley requires of a JetStream stream. Package
// internal/streams creates it and checks it.
type StreamSpec struct {
	Name     string
	Subjects []string
	// MaxBytes is the size limit with which the stream is created; publishes beyond
	// it are refused. The limit of an existing stream may be larger, and if MinBytes
	// is not zero also smaller, down to MinBytes.
	MaxBytes, MinBytes int64
	// PerSubject bounds the records of each subject, of which the oldest are
	// removed; 0 means no bound.
	PerSubject int64
	// MaxMsgSize bounds one message.
	MaxMsgSize int32
	// SoftPercent is the usage, in percent of the size limit, from which the writer
	// refuses new work, so that the records that finish pending work still fit; 0
	// means no soft limit. See [StreamSpec.SoftBytes].
	SoftPercent int64
	// Duplicates is the window for Nats-Msg-Id; Parley's logs use none.
	Duplicates time.Duration
	// DropOldest means that a full stream removes its oldest records instead of
	// refusing new ones.
	DropOldest bool
	// Direct means that any replica may answer reads, possibly with stale data.
	Direct bool
	// FirstAnywhere means that the sequences begin at a random one, so that an
	// expected sequence of a deleted stream does not fit a recreated one.
	FirstAnywhere bool
	// Republish are the source and destination subjects of republished messages;
	// empty means none.
	Republish [2]string
}

// SoftBytes returns the number of bytes from which new work for a stream with the
// size limit maxBytes is refused, 0 if there is no such limit. An unlimited stream
// (maxBytes below 1) has the soft limit of one of the default size.
func (s StreamSpec) SoftBytes(maxBytes int64) int64 {
	if maxBytes < 1 {
		maxBytes = s.MaxBytes
	}
	return maxBytes * s.SoftPercent / 100
}

// MetaIncarnation is the stream metadata key of the incarnation, a random name given
// to a stream when it is created. Journals and leases remember it: a recreated
// stream has another one.
const MetaIncarnation = "parley-incarnation"
