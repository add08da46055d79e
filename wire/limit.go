package wire

// Limits on everything that crosses a process boundary, each with its reason.
// Beyond a limit the sender gets a clear error at once; nothing is truncated.
const (
	// MaxMessage bounds every message but a log record. NATS itself allows
	// 1 MiB; a protocol message is a few hundred bytes and its payload is an
	// order, not a document.
	MaxMessage = 64 << 10
	// MaxKey bounds an idempotency key in bytes: room for two UUIDs and a
	// prefix. Keys stand in every journal row and log record.
	MaxKey = 128
	// MaxName bounds a participant name in bytes. It is a subject token, and
	// subjects are kept under 256 bytes.
	MaxName = 32
	// MaxReason bounds a reason in bytes: one line for a person.
	MaxReason = 512
	// MaxList bounds the rows of one answer to a listing: so many branches with
	// payloads and details fit one message. Longer lists are read page by page.
	MaxList = 100
)
