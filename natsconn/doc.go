// Package natsconn opens the one kind of NATS connection that Parley uses.
//
// The protocols above it rely on three properties. The connection reconnects
// without limit, with jitter, also if the credentials are refused (they may be
// corrected). Messages published while it is down are not buffered: such a publish
// fails immediately with nats.ErrReconnectBufExceeded, because a message that
// arrives late would take effect late. And it logs one line per disconnect, one per
// reconnect, and one per asynchronous error.
//
// States: connecting (Connect blocks) -> connected <-> reconnecting -> closed.
// Connect fails when its context ends, or immediately if the URL is malformed or
// the broker refuses the credentials.
//
// Passwords and tokens never reach a log line or an error; see [Redact].
package natsconn
