// Package machine is the coordinator as a pure state machine: an event goes in
// through a method, actions come out of [Machine.Actions]. There is no clock,
// goroutine, network or randomness here. Time-outs are events, and whoever
// drives the machine may let them happen at any moment: no rule below depends
// on how long something took, so the code that runs in production can be
// explored state by state.
//
// The transcripts in testdata/*.txt are the first thing to read: what coordinators,
// participants, a log and a client say to each other, played on this code.
//
// # Authority
//
// A transaction is committed if and only if its commit stands in the log its
// id names. The machine owns one log and is the only writer of commits to it;
// anybody may seal it. Every write is conditional on the log's last sequence,
// so of an append and a seal that race exactly one succeeds.
//
// # A transaction
//
//	preparing --all yes--> ready --taken into a record--> appending
//	    |                    |                               |
//	    | no, deadline, ...  | deadline             acknowledged or found
//	    v                    v                               v
//	 aborting <--------------+---- a seal stands there --- committed
//	    | acknowledged, or enough tries                      | all acknowledged
//	    v                                                    v
//	 forgotten (presumed abort)                          forgotten
//
// While a transaction is appending, only two things decide it: the
// acknowledgement, or the record that stands after the expected sequence. A
// time-out, a full stream or "another write is in flight" decide nothing, and
// neither does its deadline.
//
// # Another's log
//
// A log whose owner is silent is adopted: read, sealed (success proves that
// what was read is everything), its unfinished commits driven to their end,
// purged whole. Whatever is asked about it and not in it is aborted.
//
// # A stream that went back
//
// All of this rests on a stream that keeps what it acknowledged. When its last
// sequence is below one that was known to be stored, an older store may have been
// put under it; see [Machine.StreamAt].
//
// Sources: presumed abort is R* (Mohan, Lindsay, Obermarck 1986); sealing is
// how BookKeeper recovers a ledger; the decision in replicated storage instead
// of at the coordinator is Paxos Commit (Gray, Lamport 2006) and Cornus (2022).
package machine
