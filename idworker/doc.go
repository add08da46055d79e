// Package idworker is the service that issues unique, time-sortable IDs: the
// shell around the pure [parley/idworker/lease], which decides which timestamps of
// which worker number this process may use, and [parley/idworker/snowflake], which
// makes IDs of them.
//
// # Authority
//
// The stream IDLEASE alone decides who holds a worker number. A process stores
// nothing on disk and needs no agreement protocol: it writes, under a condition,
// which timestamps it is going to use, and uses them once the write is acknowledged.
// In between it issues IDs from memory.
//
// # States
//
//	claiming --a number is free--> holding --lost--> claiming
//	   |  ^                          |
//	   |  all taken                  | its clock is ahead of the broker's
//	   v  |                          v
//	 standby                      refusing --the clock is right--> claiming
//
// Only a process that holds a number subscribes to id.next and id.grant, so that no
// request reaches one that cannot serve it. All of them answer id.leases, id.retire
// and id.workers. A process that stops accepts no more requests, answers those that
// have arrived, closes its range and releases the number at the first timestamp that
// it did not use.
//
// # Failures
//
// One goroutine owns the lease machine; every answer of the broker, timer and
// request that concerns it is an event in its bounded queue. While the broker is
// unavailable IDs are issued until the lease ends, some seconds later. A stream that
// was deleted or recreated ends the process with a [*streams.Error]: the records of
// reserved timestamps may be lost. The number of a process that dies remains taken
// until the broker's clock has passed its lease.
//
// Beyond 4,096 IDs in a millisecond the following milliseconds are used, up to a
// second ahead; beyond that a request waits, up to a second, and is then refused
// with busy.
//
//	file       noun
//	idworker   the role: New, Run, Ready
//	config     configuration, dependencies
//	keeper     the goroutine that owns the lease machine, its actions
//	state      the state of the process, in the log and for id.workers
//	records    leases in JetStream: reads and conditional writes
//	watch      the stream itself: deleted, recreated, reconfigured
//	issue      the endpoints that need a number: id.next, id.grant
//	answer     encoding of those two's requests and answers
//	waitlist   requests that wait for IDs
//	pace       the limit of 4,096 IDs per millisecond
//	query      id.leases, id.workers
//	retire     id.retire
package idworker
