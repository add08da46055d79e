// Package lease is how a process gets a worker number and keeps it, as a pure
// state machine: an event goes in through a method, actions come out of
// [Machine.Actions]. There is no clock, goroutine, network or randomness here,
// and no rule depends on how long something took, so the code that runs in
// production can be explored state by state; see test/idsim.
//
// # Authority
//
// The newest record of a worker number, a [idwire.Lease] on its subject in the
// stream of [idwire.LeaseStream], says which timestamps are taken: those below its
// until. A lease reserves timestamps, not a duration. Its holder uses a
// timestamp only after a record of its own that reserves it was acknowledged,
// and whoever comes next starts at until or later. So no ID is made twice,
// whatever clocks say, however long a process is stopped, and whoever is taken
// for dead: one that wakes up after its lease gives IDs that nobody else will.
//
// # States
//
//	claiming   read all, learn, write a claim, learn
//	  |   ^
//	  |   +--  all are taken, or another was first: wait
//	  v
//	holding    wait, learn, write an extension, learn, and again
//	  |   |
//	  |   +--> claiming, when another's record stands there
//	  v
//	closing    close the range, write the release: the process stops, its clock is
//	  |        far ahead, or the number lies in the future
//	  v
//	stopped, or claiming
//
// To learn is to ask the broker for the stream's incarnation and for its own
// time. The driver stops the process when the incarnation is another one.
//
// # Rules, and what goes wrong without
//
//   - Every write is conditional on the last sequence of the number's subject.
//     Else two processes hold one number, and the same timestamps.
//   - Only an acknowledged write is believed, or one that was found by its own
//     nonce. Not a read: it may be stale, and one that misses proves nothing.
//     Not the holder's name, which is the same after a restart.
//   - What a write without an answer would reserve is not used. It is read
//     back: own nonce, it is held, with the until that was read; another's
//     record after the expected one, it is lost; anything else, it is unknown
//     and the same write is repeated. Else timestamps are used of a record that
//     was never stored. It is the same write, since the first may still arrive:
//     a new one would then fail, and the number would seem another's.
//   - After a write the incarnation is compared once more before the timestamps
//     are used. Else a claim that was under way while the stream was lost and
//     made anew, where every number looks free, is believed.
//   - Until never goes down while somebody may use what is below. It does in one
//     case: a holder that has closed its range for ever releases the number at
//     the first timestamp it never used. It is the only process that could have
//     used those above, by its own acknowledged records, so from there on they
//     are nobody's; and a write of its own that is still under way expects an
//     older sequence and fails. The next holder need not wait.
//   - No until beyond the broker's time plus [Limits.Reserve] is written. So a
//     number whose holder died is free that much later, and what one wrong clock
//     writes does not block the number for years.
//   - Whether a lease has passed is judged by the broker's time, of which there
//     is one. It decides when a number is free, never which timestamps are.
//   - A clock far ahead of the broker's gives the number back and waits: its IDs
//     would sort after those of everybody else until it is set right. One that
//     is behind does no harm, see [Extend].
//
// # A broker that forgets
//
// Where acknowledged records can get lost (an unverified broker), sequences are
// given again with them, and a condition may hold that should not. There:
//
//   - A claimant starts at the broker's time plus Reserve, above whatever was
//     reserved and forgotten. Its claim is not repeated, since that time has
//     passed; another one is made.
//   - The own record is read before each extension, and each repetition of one.
//     Any other record in its place, and none, means that the number is lost.
//   - A lease that has passed is not extended: another may have held the number
//     since, and be forgotten.
//
// # What it rests on
//
// A lease stream that keeps what it acknowledged and is never made anew behind
// the back of processes that start afterwards; one that is made anew begins at
// another, random sequence (package streams makes it so), so that no write meant for the one before fits; and no copy
// of a running process's memory.
//
// Sources: ranges in place of durations are the timestamp oracle of Percolator
// (Peng, Dabek 2010) and TiDB's PD; that a lease by duration is unsafe without a
// fence is Kleppmann, How to do distributed locking (2016).
package lease
