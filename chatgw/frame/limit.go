package frame

import (
	"parley/wire/chatwire"
)

// Bounds of the protocol itself. What an operator can set is in [Limits].
const (
	// MaxFrame bounds a client's frame in bytes, decompressed. The longest is a
	// text of [chatwire.MaxText] bytes written entirely as \uXXXX escapes, six
	// for one, with some room around it.
	MaxFrame = 6*chatwire.MaxText + 8<<10
	// MaxToken bounds a token in bytes: a few dozen rooms fit.
	MaxToken = 8 << 10
	// MaxNumber bounds sequence numbers and refs: the largest whole number that
	// JavaScript holds exactly.
	MaxNumber = 1<<53 - 1
	// MaxPage bounds a page of history, and DefaultPage is what a client gets
	// that names none: one screen.
	MaxPage     = 100
	DefaultPage = 50
	// MaxPeople bounds the names in [Joined]; a larger room shows a number.
	MaxPeople = 200
	// MaxExtensionName bounds the name of an [Extension], in bytes.
	MaxExtensionName = 32
	// MaxBody bounds the body of an [Extension] that the gateway sends, in bytes:
	// half of what may wait for a client, see socket.Config.QueueBytes.
	MaxBody = 512 << 10
)
