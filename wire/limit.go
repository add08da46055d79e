package wire

// Limits on everything that crosses a process boundary, each with its reason.
// Beyond a limit the sender receives an error immediately; nothing is truncated.
const (
	// MaxMessage bounds every message except log records, in bytes. NATS allows
	// 1 MiB; a protocol message has a few hundred bytes, and payloads are small.
	MaxMessage = 64 << 10
	// MaxKey bounds an idempotency key in bytes: room for two UUIDs and a
	// prefix. Every journal row and log record contains a key.
	MaxKey = 128
	// MaxName bounds a participant name in bytes. It is a subject token, and
	// subjects are kept under 256 bytes.
	MaxName = 32
	// MaxReason bounds a reason in bytes: one line of text.
	MaxReason = 512
	// MaxList bounds the rows of one answer to a listing: so many branches with
	// payloads and details fit one message. Longer lists are read page by page.
	MaxList = 100
)
