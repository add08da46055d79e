// Package coordinator runs two-phase commit for services on NATS: the shell
// around the pure [parley/coordinator/machine].
//
// One goroutine owns the machine. Messages, answers of the broker and timers
// become events in its bounded queue. The machine's actions are publishes,
// conditional appends (one in flight) and requests to other coordinators, whose
// answers are again events. So the machine needs no lock, and decides here as it
// does under exploration.
//
// Any number of coordinators run concurrently: clients reach one of them through a
// queue group, each writes its own log, and each can seal the log of a dead one. A
// coordinator stores nothing on disk.
//
//	file          noun
//	coordinator   the role: New, Run, Ready
//	config        configuration, dependencies, the steps at which tests kill it
//	loop          the event queue and the goroutine that owns the machine
//	drain         the shutdown sequence
//	perform       execution of the machine's actions
//	openlog       opening a log, and the subscriptions for one
//	inbox         votes, acknowledgements, no-subscriber notices
//	timers        resends, deadlines, restarts
//	resolver      requests to the owners of other logs
//	scan          logs without an owner, the state of the stream
//	events        events of commits, and what their streams answer
//	submitevents  submissions with events
//	eventstreams  which stream takes the events of a submission
//	trouble       a stream that went back, appends without an answer, health
//	service       tx.submit, tx.status, tx.resolve, tx.coordinators
//	status        the status of a transaction that is not held here
//	abandon       branches that operators abandoned
//	presence      which participants were available lately
//	purge         removal of records that are not needed any more
//	twins         detection of copied journals by their stamps
package coordinator
