// Package power takes the power away from the real program, at any moment, and
// checks that nothing that was acknowledged is lost.
//
// The processes of a [harness] keep their data on a disk that forgets what was never
// synced, see package disk. Killing a process, as other tests do, loses nothing
// that it has written: the system's page cache outlives it. A loss of power takes
// that cache too. So this is the test of every sync that Parley and nats-server
// owe.
//
// A round: start everything; keep orders, posts, chat messages and requests for
// IDs going; cut the power of all processes at one instant; start again from what
// the disk kept; check all promises of all rounds so far ([promises]):
//
//   - an order that was answered committed is committed at both participants, one that
//     was answered aborted at none, any other one at both or none; nothing stays in
//     doubt; stock and couriers agree with what was committed;
//   - an acknowledged post is in its author's timeline, an acknowledged chat
//     message in its room at its place;
//   - no ID is given twice.
//
// Every other round the loss is torn: some of what was not synced is stored all the
// same, some of it in pieces.
//
// That the checker notices is shown by variants of the program that acknowledge
// without syncing, each in one place: the broker, the journals, the blog.
//
//	go test -v . -rounds 100 -seed 7
//
// The seed decides what is kept and how long each round is; not when exactly the
// processes do what, so the same seed does not lose the same bytes.
//
//	| File             | What                                     |
//	|------------------|------------------------------------------|
//	| harness_test.go  | the processes and their disk             |
//	| shapes_test.go   | alone in one process, or a cluster       |
//	| traffic_test.go  | what clients do                          |
//	| promises_test.go | the answers that they received           |
//	| check_test.go    | whether that holds                       |
//	| power_test.go    | rounds                                   |
//	| lax_test.go      | variants that do not sync                |
package power
