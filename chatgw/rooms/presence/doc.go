// Package presence decides who is in which room, over all gateways, as a pure
// machine: events with the time go in, actions come out of [Core.Actions].
//
// # Authority
//
// Each gateway claims the people who are connected to it, and sends the others
// the changes and, every few seconds, a full account. A person is present while
// any gateway claims it. A message may be lost; the next full account corrects
// that. A gateway that is silent for too long is dead, and its claims end.
//
// # A stay
//
//	came -> present <-> leaving -> left
//
// A person comes with the first session in any gateway and leaves a while after
// the last one went, so that a reload is no leaving. The stay has a name: the
// moment it began, the earliest that any of its gateways knows.
//
// # Notices
//
// Coming and leaving are also written into the room, once a stay, whatever
// gateways think of it: all of them would write the same message id, made of
// the stay's name, and the stream stores one. Who writes: of those that claim
// the person, a little after it came, the one with the smallest name; and when
// it left, everybody who claimed it during the stay, or after the death of its
// last gateway all others. A crowd gets no notices, nor does who was there for
// a moment only.
//
//	file      noun
//	core      the state, who comes and goes here
//	claim     what becomes of a person when a claim begins or ends
//	peer      the other gateways
//	tick      time, accounts, changes
//	action    what comes out
package presence
