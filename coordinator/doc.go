// Package coordinator runs two-phase commit for services on NATS: the shell
// around the pure [parley/coordinator/machine].
//
// One goroutine owns the machine. Messages, answers of the broker and timers
// become events in its bounded queue; the actions that come out are publishes,
// conditional appends (one in flight) and questions to other coordinators, each
// of whose answers is again an event. So nothing is locked, and what the
// machine decides here is what it decides under exploration.
//
// Any number of coordinators run side by side: clients reach one of them
// through a queue group, each writes its own log, and each can seal the log of
// one that died. A coordinator keeps nothing on disk.
//
//	file          noun
//	coordinator   the role: New, Run, Ready
//	config        how it behaves, what it needs, the steps that tests stop at
//	loop          the event queue and the goroutine that owns the machine
//	drain         stopping in order
//	perform       actions to publishes and requests
//	openlog       the own log: opening it, its subscriptions
//	inbox         votes, acknowledgements, no-subscriber notices
//	timers        resends, deadlines, restarts
//	resolver      questions to the owners of other logs
//	scan          logs without an owner, the state of the stream
//	trouble       a stream that went back, appends without an answer, health
//	service       tx.submit, tx.status, tx.resolve, tx.coordinators
//	status        what is known of a transaction that is not held here
//	abandon       branches that operators gave up
//	presence      which participants were there lately
//	purge         records that are not needed any more
//	twins         copies of journals, as their stamps show them
package coordinator
