// Package streams creates and checks the JetStream streams that Parley's
// guarantees depend on.
//
// Authority. Only [Ensure], called by `parley up` and `parley init`, creates a
// stream, and nothing here ever changes or deletes one. Roles call [Check] and
// do not start when it fails: a missing stream may mean that a store was lost,
// and a role that created a new one would treat the lost data as never written.
//
// Incarnation. A stream is given a random name in its metadata when it is
// created. The request to create it fails if the stream exists, so that of
// several concurrent creators one wins and all read the winner's name. State
// that refers to a stream (journals, leases) is stored with the stream's
// incarnation; another one means that the stream was lost and recreated.
//
// Durability is limited to what a client can determine about the servers that
// hold a stream; see [Verify].
package streams
