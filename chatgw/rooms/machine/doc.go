// Package machine is one chat room as a pure state machine: an event goes in
// through a method, actions come out of [Room.Actions]. There is no clock,
// goroutine or network here. Time-outs are events, and whoever drives the
// machine may let them happen at any moment.
//
// # What it promises
//
// Each member gets exactly the room's messages after the one it was admitted
// at, in order, each once; or it is notified that the room is lost, and joins
// again. A member that returns with the number of the last message it has gets
// exactly what it missed, or the newest page, marked as such.
//
// # What it may rely on
//
// A message has a sequence number, and names the one before it in its room
// (prev) as it was when the message was stored, 0 if there was none. Beside
// that anything may happen:
//
//   - A message that the stream re-sends ([Room.Live]) may never arrive, arrive
//     twice, late, or after later ones.
//   - A read may be answered by a replica that is behind: it lacks the newest
//     messages, any number of them, and still has older ones that were removed
//     elsewhere. What one answer holds is without holes, since replicas store
//     in order; between two answers nothing follows.
//   - The oldest messages of a room may be removed at any time, and so may all together.
//
// # States
//
//	closed -> open <-> gap -> lost
//
// Closed: the newest page is being read; what arrives is kept. Open: all up to
// last was delivered. Gap: something beyond last is known to exist; it is read,
// again and again, until last has reached it. Joins wait while there is a gap:
// a newcomer must not receive a message before those that precede
// it. Lost: the gap cannot be closed, since what is in it may be gone, or
// is too much, or no replica has it for too long. The machine ends there.
//
// A hole is closed by proof only. An answer proves that nothing is missing
// after the message it began at if that message is in the same answer: the
// oldest go first, so those behind it were there as well. Without it something
// in between may have gone, and nobody can know.
//
//	file     noun
//	room     the state, and what becomes of a gap
//	live     messages as they are stored
//	fill     reads that close a gap
//	tail     hints that there is more: tails, acknowledgements, reconnects
//	join     who comes, and from where
//	ring     the newest messages
//	action   what comes out
//	state    copies and keys, for exploration
package machine
