// Package lease is the protocol by which a process acquires a worker number and
// keeps it, as a pure state machine: an event goes in through a method, actions come
// out of [Machine.Actions]. The package has no clock, goroutine, network or
// randomness, and no rule depends on how long an operation took, so the code that
// runs in production can be explored state by state; see test/idsim.
//
// # Authority
//
// The newest record of a worker number, an [idwire.Lease] on its subject in the
// stream of [idwire.LeaseStream], determines which timestamps are taken: those below
// its until. A lease reserves timestamps, not a duration. Its holder uses a
// timestamp only after a record of its own that reserves it was acknowledged, and the
// next holder starts at until or later. So no ID is issued twice, whatever the clocks
// show, however long a process is stopped, and whichever process is wrongly
// considered dead: one that continues after its lease issues IDs that no other
// process will.
//
// # States
//
//	claiming   read all, learn, write a claim, learn
//	  |   ^
//	  |   +--  all are taken, or another process was first: wait
//	  v
//	holding    wait, learn, write an extension, learn, and again
//	  |   |
//	  |   +--> claiming, when another process has written a record
//	  v
//	closing    close the range, write the release: the process stops, its clock is
//	  |        far ahead, or the number lies in the future
//	  v
//	stopped, or claiming
//
// [Learn] requests the stream's incarnation and the broker's time. The driver stops
// the process if the incarnation has changed.
//
// # Rules, and the failure that each prevents
//
//   - Every write is conditional on the last sequence of the number's subject.
//     Otherwise two processes hold one number, and the same timestamps.
//   - A write counts as stored only if it was acknowledged, or was found by its
//     nonce. A read that does not find it proves nothing, since it may be stale. The
//     holder's name proves nothing, since it is the same after a restart.
//   - The timestamps of a write without an answer are not used. The record is read
//     back. If it has the write's nonce, it is held, with the until that was read; if
//     another process's record follows the expected one, the number is lost; in any
//     other case the same write is repeated. Otherwise the timestamps of a record
//     that was never stored would be used. The write is the same one, since the first
//     may still arrive: a new one would then fail, and the number would seem lost.
//   - After a write the incarnation is compared once more before the timestamps are
//     used. Otherwise a claim that was pending while the stream was deleted and
//     recreated, where every number seems free, would count.
//   - Until never decreases while a process may use the timestamps below it. It
//     decreases in one case: a holder that has closed its range permanently releases
//     the number at the first timestamp that it never used. It is the only process
//     that could have used those above, by its own acknowledged records, so from then
//     on they are free; and a pending write of its own expects an older sequence and
//     fails. The next holder need not wait.
//   - No until beyond the broker's time plus [Limits.Reserve] is written. So the
//     number of a dead holder is free that much later, and the record of a process
//     with a wrong clock does not block the number for years.
//   - Whether a lease has passed is decided by the broker's time, the only one that
//     all share. It decides when a number is free, never which timestamps are.
//   - A process whose clock is far ahead of the broker's releases its number and
//     waits: its IDs would sort after those of all others until the clock is
//     corrected. A clock that is behind is harmless, see [Extend].
//
// # A broker that loses records
//
// If acknowledged records can be lost (an unverified broker), their sequences are
// assigned again, and a condition may hold that should not. In that case:
//
//   - A claimant starts at the broker's time plus Reserve, above every reservation in
//     a lost record. Its claim is not repeated, since that time has passed; a new one
//     is made.
//   - The process's own record is read before each extension, and before each
//     repetition of one. Any other record in its place, or none, means that the
//     number is lost.
//   - A lease that has passed is not extended: another process may have held the
//     number since, in a lost record.
//
// # Assumptions
//
// The lease stream keeps what it acknowledged, and is not recreated unnoticed by
// processes that start afterwards; a recreated stream begins at another, random
// sequence (package streams ensures that), so that no write for the earlier one fits;
// and the memory of a running process is not copied.
//
// Sources: ranges in place of durations are the timestamp oracle of Percolator
// (Peng, Dabek 2010) and TiDB's PD; that a lease by duration is unsafe without a
// fence is Kleppmann, How to do distributed locking (2016).
package lease
