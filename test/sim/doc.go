// Package sim explores the transaction protocol: the coordinators' and the
// participants' machines of production, unchanged, in a world that is nothing
// but their states, the messages between them, and abstract commit logs.
//
// # Exploration
//
// [Explore] visits every state that a bounded world can reach, breadth first,
// and checks the invariants in each, so a violation comes with a shortest trace.
// Then it looks, backwards from the finished states, for one from which no
// fault-free way leads to an end (I3). The bounds are in the [Config]: how many
// tries a client has, how often each coordinator crashes, seals a log whose
// owner is alive, trims, starts a transaction again, or is asked to stop.
// Nothing else is bounded:
//
//   - A message that was sent may be delivered at any later time, any number of
//     times, in any order, or never. A submission is delivered once or never,
//     which is what a request to a queue group is.
//
//   - A write that was published may be applied at any later time at which its
//     condition holds, also after its publisher crashed; the answer may be lost,
//     and "no answer", "in flight" (10164) and "full" (10077) may come at any
//     time, whether it was stored or not. Conditions are those of JetStream: an
//     expected 0 succeeds on a subject that is empty or was purged whole, any
//     other sequence only if it is the last; a purge of a prefix keeps the last.
//
//   - A read may find any subset of the records that were ever stored.
//
//   - Timers (resends, deadlines, aborts given up, restarts, trims, scans,
//     silent owners) may fire at any time. A participant may lose what is not
//     durable yet at any time, and a resource may accept or refuse.
//
//   - An event that was published is lost, or stored and acknowledged, at any later
//     time; the acknowledgement may arrive at any coordinator, or never.
//
// The parts of the world are interned: each distinct coordinator, participant,
// client, log and mailbox has a number, a state is a dozen numbers, and what an
// event does to a part is computed once. States are kept whole, so none is
// mistaken for another. [Config.Exact] explores just this; without it states
// are first brought to a normal form, and normal.go, settle.go and past.go explain
// why that loses nothing.
//
// # Mutants
//
// [Mutants] are broken variants: a rule taken out of the sources by a text
// replacement, compiled through an overlay. The explorer must catch each, with
// the invariant that is expected. A text that does not occur exactly once fails
// the test, so a mutant cannot outlive the rule it breaks.
//
// # Simulation
//
// [Simulation] walks at random through a larger world of the same parts: three
// coordinators, four participants, a dozen clients and more, real chances of
// loss, and in the end a healed world that must come to rest within a number of
// rounds. Everything follows from the seed.
//
// # Running
//
//	go test ./test/sim -v                                   all of it
//	go test ./test/sim -v -run Explore -config crash        one configuration
//	go test ./test/sim -v -run Explore -deep -timeout 2h    the large ones too
//	go test ./test/sim -v -run Mutants -mutant no-tombstone one mutant, with its trace
//	go test ./test/sim -v -run Simulate -seed 17            replay a seed, with its trace
//	go test ./test/sim -v -run Simulate -seeds 100000 -timeout 2h
//
// # What is not covered
//
// A commit log that was purged manually; an older store under the stream while some
// coordinator knows of nothing newer, or starts after that (nothing is promised
// then), and that such a stream leads to an end (a person does that); two journals
// under one participant's name; rows and keys that are collected after the
// idempotency window; two submissions with one key and no participant in
// common; and the shells: subscriptions, SQL, timers and JetStream itself are
// tested elsewhere. Sequences are numbered within a log, not within the stream,
// except where something befalls the stream: the machines compare those of one log
// only, except to judge whether a trim is worth it.
package sim
