// Package idworker is the service that gives unique, time-sortable IDs: the
// shell around the pure [parley/idworker/lease], which says which timestamps of
// which worker number are this process's own, and
// [parley/idworker/snowflake], which makes IDs of them.
//
// # Authority
//
// The stream IDLEASE alone says whose a worker number is. A process keeps
// nothing on disk and takes no part in an agreement: it writes, under a
// condition, which timestamps it is going to use, and uses them when the write
// was acknowledged. IDs are made from memory in between.
//
// # States
//
//	claiming --a number is free--> holding --lost--> claiming
//	   |  ^                          |
//	   |  all taken                  | its clock is ahead of the broker's
//	   v  |                          v
//	 standby                      refusing --the clock is right--> claiming
//
// Only a process that holds a number listens for id.next and id.grant, so that
// no request reaches one that cannot serve it. All of them answer id.leases,
// id.retire and id.workers. A process that is told to stop takes no more
// requests, answers those that have arrived, closes its range and gives the
// number back at the first timestamp it did not use.
//
// # Failures
//
// One goroutine owns the lease machine; every answer of the broker, timer and
// request that concerns it is an event in its bounded queue. While the broker is
// away IDs are made until the lease ends, some seconds later. A stream that was
// lost or made anew ends the process with a [*streams.Error]: what it knows of
// taken timestamps may be gone. A process that dies leaves its number taken
// until the broker's clock has passed its lease.
//
// More IDs than 4,096 in a millisecond borrow from the milliseconds to come, a
// second at most; beyond that a request waits, a second at most, and is then
// told "busy".
//
//	file       noun
//	idworker   the role: New, Run, Ready
//	config     how it behaves, what it needs
//	keeper     the goroutine that owns the lease machine, its actions
//	state      what it is doing, in the log and for id.workers
//	records    leases in JetStream: reads and conditional writes
//	watch      the stream itself: lost, made anew, changed
//	giving     the endpoints that need a number: id.next, id.grant
//	answer     requests and answers of those two
//	room       requests that wait
//	pace       4,096 a millisecond
//	query      id.leases, id.workers
//	retire     id.retire
package idworker
