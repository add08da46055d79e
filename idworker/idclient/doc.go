// Package idclient hands out unique IDs in the caller's process, from blocks
// that it fetched ahead from Parley's idworkers.
//
//	client := idclient.New(nc, idclient.Config{})
//	defer client.Close()
//	id, err := client.Next(ctx)
//
// # What holds
//
// Unique: no two clients anywhere are given the same ID. The idworkers see to
// that, see the package idworker/lease, and nothing here can weaken it. A block
// that overlaps an earlier one proves that they failed. It is refused with
// [wire.CodeViolation].
//
// Ascending: the IDs of one client strictly increase, whichever idworkers they
// come from. A call that begins after another has returned gives a larger ID.
// Blocks are lined up as they arrive, and each is cut to what is above
// everything lined up before. What is cut off is never used. An idworker that
// is behind is asked again until it has caught up, for as long as no other is
// left.
//
// Sorted by time: between clients the order is that of the idworkers' clocks,
// give or take [Config.MaxAge], since a block older than that is thrown away.
// This is for order alone: an old block is as unique as a new one.
//
// # What it costs
//
// Next takes from the current block with one atomic addition and one reading of
// the clock. Below a mark a goroutine fetches more, so that a caller waits for
// the network only when an answer takes longer than the IDs at hand last. That
// is 25 ms and more of the caller's own pace: how much is kept at hand doubles
// while it is used up within twice that or runs out, to at most four blocks of
// [snowflake.MaxBlock], and halves when it gets old. When nobody calls, nothing runs
// and nothing is sent.
//
// IDs that ascend cannot be more than 4,096 in a millisecond for long, however
// many idworkers there are. Up to about a million a second a client takes from
// several idworkers hardly more than it uses. Above that their blocks overlap in
// time, and it throws away what it cannot use in order: clients that want
// millions a second each do not get more in all than one idworker gives.
//
// # Failures
//
// A caller that has to wait waits until its context ends, and is then told what
// the last try met. Silence, "busy" and a lost connection are tried again, and
// besides an idworker that is silent another one is asked. What waiting does
// not mend (a malformed answer, another version, a violation) is told at once,
// and after two seconds that no idworker is running. An error loses nothing, and
// the next call tries again.
//
//	file     noun
//	client   Next, NextN, Close
//	block    what IDs are taken from
//	stock    the blocks at hand, and how many there should be
//	fetch    the goroutine that asks for more
//	grant    its requests, and the second one when the first is not answered
//	wait     a caller that found nothing at hand
//	clock    how old a block is
//	query    Request, Leases, Workers, Retire
//	request  one request to one idworker, and how it can fail
package idclient
