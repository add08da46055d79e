// Package machine is the participant's side of the commit protocol as pure
// functions: what a journal holds about one branch and one key, and a message,
// go in; what to write, what to ask of the resource and what to answer come
// out. There is no clock, goroutine, network, randomness or database here, so
// the very code that runs in production can be explored state by state.
//
// The authority over a branch is its row in the journal:
//
//	            prepare, resource says yes           commit
//	(no row) ------------------------------> prepared ------> committed
//	   |                                        |
//	   | abort (tombstone), or                  | abort
//	   | prepare and the resource says no       |
//	   +------------------> aborted <-----------+
//
// Only prepared can change; committed and aborted are final until the row is
// collected after the idempotency window, see [Env].Mark. A key is free, held by one prepared
// or committed branch, or closed for ever by an abort that says so.
//
// The rules, each there because its absence is a violation of a few steps:
//
//   - A tombstone is left by an abort that comes before its prepare, so that
//     the prepare, still on its way, is refused.
//
//   - At most one branch with a key is prepared or committed.
//
//   - Nothing is answered for another journal.
//
//   - An outcome that contradicts the row is never applied, and is loud.
//
//   - An answer that rests on another stream than the one remembered is refused.
//
//   - A seal older than the log's own first record is refused: that log came
//     from a backup. That holds within one incarnation of the stream; sequences
//     of two have nothing to do with each other.
//
//   - While the stream is behind what the journal knows it to have stored, no seal is
//     believed: the commit may be among what the stream has lost.
//
//   - What a journal collects it marks: an unknown branch was collected only at or
//     below the mark. No clock decides that, since clocks step.
//
//   - A journal that went back has a floor: an unknown branch at or below it may
//     have been lost, and never counts as collected.
//
// The caller must make what a [Step] writes durable before it sends what the
// Step answers.
package machine
