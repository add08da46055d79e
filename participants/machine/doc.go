// Package machine is the participant's side of the commit protocol as pure
// functions. Their input is the journal's rows of one branch and one key, and a
// message; their output is what to write, which method of the resource to call and
// what to answer. There is no clock, goroutine, network, randomness or database
// here, so the code that runs in production can be explored state by state.
//
// The authority over a branch is its row in the journal:
//
//	            prepare, resource accepts            commit
//	(no row) ------------------------------> prepared ------> committed
//	   |                                        |
//	   | abort (tombstone), or                  | abort
//	   | prepare and the resource refuses       |
//	   +------------------> aborted <-----------+
//
// Only prepared can change; committed and aborted are final until the row is
// collected after the idempotency window, see [Env].Mark. A key is free, held by one prepared
// or committed branch, or closed permanently by an abort that requests it.
//
// The rules, without each of which a few steps lead to a violation:
//
//   - An abort that arrives before its prepare writes a tombstone, so that
//     the prepare, which may still arrive, is refused.
//
//   - At most one branch with a key is prepared or committed.
//
//   - Messages for another journal are not answered.
//
//   - An outcome that contradicts the row is never applied, and is reported as a violation.
//
//   - A resolution that is based on another stream than the stored one is refused.
//
//   - A seal older than the log's own first record is refused: that log came
//     from a backup. That holds within one incarnation of the stream; sequences
//     of two incarnations cannot be compared.
//
//   - While the stream is behind what the journal knows it to have stored, no seal is
//     accepted: the commit may be among the records that the stream has lost.
//
//   - A journal stores a mark when it collects branches: an unknown branch was
//     collected only if it is at or below the mark. No clock decides that, since
//     clocks step.
//
//   - A journal that went back has a floor: an unknown branch at or below it may
//     have been lost, and never counts as collected.
//
// The caller must make what a [Step] writes durable before it sends what the
// Step answers.
package machine
