// Package participants makes a database take part in Parley's atomic
// transactions. A program implements [Resource], whose methods reserve, apply
// and undo inside a local database transaction; Run of the [Participant] does
// the rest: subscriptions, the journal, idempotence, tombstones, inquiries
// about branches in doubt, group commit, collection and drain.
//
// # Authority
//
// The journal is the authority over this participant's branches, and the
// commit log (package coordinator) over outcomes. Nothing here concludes an
// outcome from silence: a branch that is prepared stays so until a coordinator
// reports its outcome, however long that takes. The decisions are those of package
// machine, which is pure; this package is the shell around it.
//
// The journal is in the same database as the resource's tables. Each message
// is one unit of work there: read the branch and its key, let the machine
// decide, call the resource, write the row. The answer is sent only when that
// is durable.
//
// A participant name stands for one journal, with a random id that votes carry
// and commits and aborts repeat; an instance with another journal has a separate
// queue group and does not answer messages for other journals. An SQLite journal
// is locked by one process. It stores the name of its participant and the
// incarnation of the commit log stream, and does not open for another one: a
// stream that was lost may have lost commits.
//
// # The path of a message
//
//	subscription: decode            (one goroutine per kind)
//	queue: prepares, outcomes       (bounded; a message that does not fit is dropped and sent again)
//	committer: one group = one database transaction
//	answerer: votes and acks        (concurrently with the next group)
//
// # Groups
//
// One commit of the database syncs the disk, about half a millisecond, whether
// it contains one operation or hundreds. So all waiting operations are done in
// one transaction. A prepare starts a group immediately. Outcomes, for which no
// client waits, linger up to 2 ms for a prepare to share the sync with, so that
// a client that submits one transaction at a time does not wait for the sync of
// its own previous commit. A group ends when it has run for 25 ms, and the rest
// of it is the next group, so that the operations done so far are answered even
// if the resource is slow.
//
// Operations in a group must not affect each other. In SQLite an interrupted
// statement, ON CONFLICT ROLLBACK or a resource's own ROLLBACK undo the whole
// transaction, after which statements commit one by one, and a deferred foreign
// key fails the whole group at COMMIT. Therefore:
//
//   - A resource can run no SQL that controls transactions, and no statement can be
//     interrupted.
//   - Two hooks prevent every commit but the committer's, and report when a
//     transaction has ended.
//   - A failure that is not a [*Refusal] rolls the group back. The failed op is
//     done alone, and the rest again with a savepoint for each op, so that
//     further failures are undone and the others are done together. If the
//     failure ended the transaction itself, the connection is discarded. If it
//     is not known which op failed (COMMIT failed), the halves are done
//     separately. Nothing had been answered.
//   - A branch that failed before never shares a transaction: it is attempted
//     alone, after pauses that grow to two minutes. Messages about it are
//     ignored until then.
//   - After a COMMIT whose end is unknown every branch is looked up again
//     before anything is answered. Local writes ([Participant.Write]) cannot be
//     looked up and are not done again: they end with [ErrUnknown].
//   - A refusal that wrote nothing has nothing to undo. The first that did
//     write rolls the group back, and from then on every prepare of this
//     resource has a savepoint. (Savepoints copy every page that a branch
//     modifies: with one for each, a pair of prepare and commit took 80 µs of
//     processor time instead of 45.)
//
// # Memory
//
// The prepared branches are also in memory, so that an outcome needs no read, with
// the time of the next inquiry about each. Memory may be behind the journal and
// never ahead of it: a row is added when it is durable, and every change of a row
// is conditional on the state that it is changed from.
//
// # Health
//
// [Participant.Healthy] reports whether the journal can be written. A call of the
// resource that hangs blocks all operations after it; Run nevertheless returns at the
// end of its drain, and abandons that call and the locked journal.
//
// # Collection
//
// Finished rows, with the keys they hold, are removed when the journal has been
// open for the window (24 hours by default) since they finished. A branch takes about 180 bytes of the file
// with an order of 40 bytes and a key of 36: a million a day are 180 MB. The
// file does not shrink, its space is used again.
package participants
