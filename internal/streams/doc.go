// Package streams makes and checks the JetStream streams that Parley's
// promises rest on.
//
// Authority. Only [Ensure], called by `parley up` and `parley init`, creates a
// stream, and nothing here ever changes or deletes one. Roles call [Check] and
// do not start when it fails: a stream that is missing may be a store that was
// lost, and a role that made a new one would take it for an empty one.
//
// Incarnation. A stream gets a random name when it is created, in its metadata.
// It is created by a request that fails if the stream exists, so that of
// several creators one wins and all read the winner's name. Whoever keeps state
// that refers to a stream (journals, leases) keeps its incarnation too and
// compares: another one means that the stream was lost and made anew.
//
// Durability is what a client can find out about the servers that hold a
// stream, and never more than that; see [Verify].
package streams
