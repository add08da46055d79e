// Package participanttest holds what a participant promises as tests, for any
// resource and any journal.
//
// [Exercise] drives a participant with a given [participants.Resource] over
// real NATS, playing the coordinator, and checks every rule of the protocol
// that the participant is answerable for. [Isolate] does the same with a
// resource of its own that misbehaves in every way we know, and checks that
// only the guilty branch pays. [Serve] runs a participant for tests of what it
// offers besides.
//
// Nothing here waits for time to pass. That a message is not answered is seen
// by sending another one behind it, whose answer comes.
package participanttest
