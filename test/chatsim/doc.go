// Package chatsim explores the chat room's machine of production, unchanged, in
// a world that is nothing but the room's stored messages, what is on its way,
// and members who join and leave.
//
// # Exploration
//
// [Explore] visits every state that a bounded world can reach, breadth first,
// so a violation comes with a shortest trace. The bounds are in the [Config]:
// how many messages are stored, how often the oldest go, how often members
// join. Within them anything happens at any time:
//
//   - A message that the stream re-sent arrives at any later time, in any
//     order, up to a number of times, or never.
//   - A read is answered by a replica that has applied any prefix of what the
//     stream did: it lacks the newest, and still has what was removed elsewhere.
//   - The oldest message goes, or all of them.
//   - A tail arrives at any time, and as any replica knows it.
//   - The acknowledgement of an own message comes before or after the message.
//   - Members join for the first time, or again with what they know, or with a number that
//     they made up, or from another incarnation of the stream; and leave.
//   - Headers of the broker's names that a publisher set precede the
//     broker's own, with other values.
//
// In every state the room's promise is checked (invariant.go), and that a
// healed world comes to rest with every member at the end of the room: once
// with tails that are compared, once with nothing but the own acknowledgements
// (heal.go).
//
// # Simulation
//
// [Simulation] walks at random through a larger world of the same parts.
// Everything follows from the seed.
//
// # Mutants
//
// [Mutants] are broken variants of the machine, made by overlay as in package
// sim. The explorer must catch each.
//
// # People
//
// [PeopleWorld] is a seeded simulation of presence: several gateways' cores,
// what they publish (which gets lost in every other world), gateways
// that die, start, or are cut off, and people with several tabs who reload the page,
// change gateways, and go. In the end every gateway must know who is present, and
// without losses each stay must have one notice of its beginning and one of its
// end. [PeopleMutants] are its broken variants.
//
// # Running
//
//	go test ./test/chatsim -v                                 all of it
//	go test ./test/chatsim -v -run Explore -config resume     one configuration
//	go test ./test/chatsim -v -run Mutants -mutant gap-ignored  one mutant, with its trace
//	go test ./test/chatsim -v -run Simulate -seed 17          replay a seed, with its trace
//	go test ./test/chatsim -v -run Simulate -seeds 100000 -timeout 1h
//
// # What is not covered
//
// The shell: subscriptions, reads, timers, and JetStream itself are tested with
// real brokers. That one answer has no hole is taken as given.
package chatsim
