// Package parleytest runs Parley inside a test of a service that takes part in its
// transactions: a real broker with its streams on a temporary directory, a coordinator
// and an idworker. Everything listens on the loopback interface, logs to the output of
// the test, and is stopped and waited for when the test ends.
//
//	sys := parleytest.Start(t)
//	tickets := sys.Run(t, "tickets", func(nc *nats.Conn) (parleytest.Role, error) { return newTickets(nc, path) })
//	outcome, err := sys.Client(t).Submit(ctx, request)
//
// # Faults
//
// Each process, the test's own as well as those of [System.Coordinators] and
// [System.IDWorkers], has its own connection through a relay of this package, which reads
// what passes. Nothing is imitated: a lost message does not pass the relay, and the
// roles are those of production.
//
//	Process.Lose        the next message of a kind does not pass: a vote, an acknowledgement, ...
//	Process.KillBefore  it dies instead of sending it: before its vote, it is prepared and nobody knows
//	Process.KillAfter   it dies when it has sent it: after its vote, it is in doubt
//	Process.Kill        it dies now
//	Process.Isolate     nothing passes to it and from it until Heal
//	Process.Start       a dead or stopped one starts again, on the same files
//	System.RestartBroker  the broker dies and starts again, on the same port and store
//
// A process dies as others see it: from one message to the next, nothing leaves it and
// nothing reaches it. Its memory is given up, and [Process.Start] builds it again from its
// files. These are, however, closed in good order, with everything that was being
// committed at that moment; a kill never finds them in the middle of a write. A test for
// that has to kill a process of the operating system.
//
// # Waiting
//
// [System.AwaitSettled] and [System.AwaitOutcome] look again whenever a message of the
// protocol passes, and fail the test with what is unfinished if that lasts longer than
// [Patience].
package parleytest
