// Package participanttest is a conformance suite for participants, with any
// resource and any journal.
//
// [Exercise] runs a participant with a given [participants.Resource] on a real
// NATS server, acts as its coordinator, and checks every rule of the protocol
// that a participant must follow; `parley conform` checks most of them on a running one. [Isolate] does the same with a resource that
// fails in every known way, and checks that only the failing branch is affected.
// [Serve] runs a participant for tests of its endpoints.
//
// No test waits for time to pass. To show that a message is not answered, a test
// sends another one after it and receives the answer to that.
package participanttest
