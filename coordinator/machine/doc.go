// Package machine is the coordinator as a pure state machine: an event goes in
// through a method, actions come out of [Machine.Actions]. The package has no clock,
// goroutine, network or randomness. Time-outs are events, and the driver may
// deliver them at any moment: no rule below depends on how long an operation took,
// so the code that runs in production can be explored state by state.
//
// Read the transcripts in testdata/*.txt first: they list the messages between
// coordinators, participants, a log and a client, as this code produces them.
//
// # Authority
//
// A transaction is committed if and only if its commit is recorded in the log that
// its ID names. The machine owns one log and is the only writer of commits to it;
// any coordinator may seal it. Every write is conditional on the log's last
// sequence, so of an append and a seal that race exactly one succeeds.
//
// # A transaction
//
//	preparing --all yes--> ready --taken into a record--> appending
//	    |                    |                               |
//	    | no, deadline, ...  | deadline             acknowledged or found
//	    v                    v                               v
//	 aborting <--------------+---- a seal is in its place - committed
//	    | acknowledged, or enough tries                      | all acknowledged,
//	    v                                                    v   events settled
//	 forgotten (presumed abort)                          forgotten
//
// While a transaction is appending, only the acknowledgement of the append or the
// record found after the expected sequence decides it. A time-out, a full stream,
// "another write is in flight" and the transaction's deadline decide nothing.
//
// # Adopting a log
//
// A log whose owner does not answer is adopted: it is read and sealed (success
// proves that the read was complete), its unfinished commits are sent until they
// are acknowledged, and then it is purged entirely. A transaction of the log that
// is not recorded in it is aborted.
//
// # Events
//
// A commit may carry messages for streams. They are published after it is in the log,
// until their streams acknowledge them; see [Publish].
//
// # A stream that went back
//
// All of this relies on a stream that keeps what it acknowledged. If its last
// sequence is below one that was known to be stored, its store may have been
// replaced by an older one; see [Machine.StreamAt].
//
// Sources: presumed abort is R* (Mohan, Lindsay, Obermarck 1986); sealing is
// how BookKeeper recovers a ledger; the decision in replicated storage instead
// of at the coordinator is Paxos Commit (Gray, Lamport 2006) and Cornus (2022).
package machine
