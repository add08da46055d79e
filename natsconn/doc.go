// Package natsconn opens the one kind of NATS connection that Parley uses.
//
// Three properties matter to the protocols above it. The connection never
// gives up: after a disconnect it tries again for ever, with jitter, also when
// the credentials are refused (they may be repaired). Nothing published while
// it is down is kept: the reconnect buffer is off and such a publish fails at
// once with nats.ErrReconnectBufExceeded, because a message that arrives late
// would be acted on late. And it says what happens to it: one log line when it
// is lost, one when it is back, one per asynchronous error.
//
// States: connecting (Connect blocks) -> connected <-> reconnecting -> closed.
// Connect fails when its context ends, or at once when the URL is malformed or
// the broker refuses the credentials.
//
// Passwords and tokens never reach a log line or an error; see [Redact].
package natsconn
