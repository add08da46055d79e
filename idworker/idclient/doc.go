// Package idclient issues unique IDs in the caller's process, from blocks that it
// fetches in advance from Parley's idworkers.
//
//	client := idclient.New(nc, idclient.Config{})
//	defer client.Close()
//	id, err := client.Next(ctx)
//
// # Guarantees
//
// Unique: no two clients receive the same ID. The idworkers guarantee that, see the
// package idworker/lease, and nothing here can weaken it. A block that overlaps an
// earlier one proves that they failed. It is refused with [wire.CodeViolation].
//
// Ascending: the IDs of one client strictly increase, whichever idworkers they come
// from. A call that begins after another has returned gives a larger ID. Blocks are
// queued as they arrive, and each is cut to the part above every block queued
// before. The rest is never used. If no other idworker is left, requests to one
// whose clock is behind are repeated until it has caught up.
//
// Sorted by time: between clients the order is that of the idworkers' clocks, with a
// tolerance of [Config.MaxAge], since a block older than that is discarded. This
// affects the order alone: an old block is as unique as a new one.
//
// # Costs
//
// Next takes from the current block with one atomic addition and one reading of
// the clock. Below a threshold a goroutine fetches more, so that a caller waits for
// the network only if an answer takes longer than the stock of IDs lasts. The stock
// lasts 25 ms or more at the caller's rate: it doubles while it is used up within
// twice that or runs out, to at most four blocks of [snowflake.MaxBlock], and halves
// when it gets old. Without calls no goroutine runs and nothing is sent.
//
// Ascending IDs are limited to 4,096 per millisecond, however many idworkers there
// are. Up to about a million per second a client takes from several idworkers hardly
// more than it uses. Above that their blocks overlap in time, and it discards what it
// cannot use in order: several clients at millions per second each do not receive
// more in total than one idworker issues.
//
// # Failures
//
// A caller that has to wait waits until its context ends, and then receives the
// error of the last attempt. Requests are repeated after a time-out, busy and a lost
// connection, and if an idworker does not answer another one is asked concurrently.
// An error that waiting cannot resolve (a malformed answer, another version, a
// violation) is returned immediately, and that no idworker is running after two
// seconds. An error loses no IDs, and the next call tries again.
//
//	file     noun
//	client   Next, NextN, Close
//	block    a block from which IDs are taken
//	stock    the blocks in stock, and their wanted number
//	fetch    the goroutine that fetches more
//	grant    its requests, and the second one if the first is not answered
//	wait     a caller that found the stock empty
//	clock    the age of a block
//	query    Request, Leases, Workers, Retire
//	request  one request to one idworker, and its errors
package idclient
