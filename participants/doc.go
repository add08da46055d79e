// Package participants makes a database take part in Parley's atomic
// transactions. A program implements [Resource], whose methods reserve, apply
// and undo inside a local database transaction; [New] wires it and Run does the
// rest: subscriptions, the journal, idempotence, tombstones, questions about
// branches in doubt, group commit, collection and drain.
//
// # Authority
//
// The journal is the authority over this participant's branches, and the
// commit log (package coordinator) over outcomes. Nothing here concludes an
// outcome from silence: a branch that is prepared stays so until a coordinator
// says otherwise, however long that takes. The decisions are those of package
// machine, which is pure; this package is the shell around it.
//
// The journal lives in the same database as the resource's tables. Each
// message is one unit of work there: read the branch and its key, let the
// machine decide, call the resource, write the row. Only when that is durable
// does the answer leave.
//
// A participant name is one journal, with a random id that votes carry and
// commits and aborts echo; an instance with another journal has a queue group
// of its own and stays silent where it is not meant. An SQLite journal is
// locked by one process. It remembers its participant, and the incarnation of
// the commit log stream, and does not open under others: a stream that was
// lost may have lost commits.
//
// # A message on its way
//
//	subscription: decode            (one goroutine per kind)
//	queue: prepares, outcomes       (bounded; what does not fit is dropped and comes again)
//	committer: one group = one database transaction
//	answerer: votes and acks        (beside the next group)
//
// # Groups
//
// One commit of the database syncs the disk, about half a millisecond, whether
// it holds one operation or hundreds. So everything that waits is done in one
// transaction. Prepares start a group at once. Outcomes, for which no client
// waits, linger up to 2 ms for a prepare to share the sync with, so that a
// client that works one at a time is not kept behind the sync of its own
// previous commit. A group ends when it has run for 25 ms, and the rest of it is
// the next one: what a slow resource has done so far is answered.
//
// Operations in a group must not be able to hurt each other. What was seen
// with SQLite: an interrupted statement, ON CONFLICT ROLLBACK or a resource's
// own ROLLBACK undo the whole transaction, after which statements commit one by
// one; a deferred foreign key fails everybody at COMMIT. Therefore:
//
//   - [Tx] runs no SQL that controls transactions, and no statement can be
//     interrupted.
//   - Two hooks let nothing commit but the committer, and tell when a
//     transaction is gone.
//   - A failure that is not a [*Refusal] rolls the group back. The guilty op is
//     done alone, and the rest again with a savepoint for each op, so that
//     others that fail are undone and what is good is done together. If the
//     failure ended the transaction itself, the connection is discarded. If it
//     is not known which op is guilty (COMMIT failed), the halves are done
//     separately. Nothing had been answered.
//   - A branch that failed before never shares a transaction: it is attempted
//     alone, after pauses that grow to two minutes. Messages about it are
//     ignored until then.
//   - After a COMMIT whose end is unknown every branch is looked up again
//     before anything is answered. Local writes ([Participant.Write]) cannot be
//     looked up and are not done again: they end with [ErrUnknown].
//   - A refusal that wrote nothing has nothing to undo. The first that did
//     write rolls the group back, and from then on every prepare of this
//     resource has a savepoint. (Savepoints copy every page a branch touches:
//     with one for each, a pair of prepare and commit took 80 µs of processor
//     time instead of 45.)
//
// # Memory
//
// Memory holds what is unfinished: prepared branches, so that an outcome needs
// no read, and when to ask about each. It may be behind the journal and never
// ahead: a row is remembered when it is durable, and every change of a row
// says again what it must be changed from.
//
// # Health
//
// [Participant.Healthy] reports whether the journal can be written. A call of the
// resource that hangs stops everything behind it; Run returns at its drain's end
// all the same, and leaves that call and the locked journal behind.
//
// # Collection
//
// Finished rows, with the keys they hold, are removed when the journal has been
// open for the window (24 hours by default) since they finished. A branch takes about 180 bytes of the file
// with an order of 40 bytes and a key of 36: a million a day are 180 MB. The
// file does not shrink, its space is used again.
package participants
