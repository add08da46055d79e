// Package snowflake has the [ID], a time-sortable unique number of 64 bits, in the
// forms that people and databases store, and makes such IDs out of a range of
// timestamps that nobody else will use. It takes the time as an argument and reads
// no clock.
//
// # Authority
//
// A [Range] is a promise that somebody else made: the package idworker/lease
// reserves timestamps [from, until) of a worker number, durably, before a Range
// of them is made or extended. Here it is only seen to that every ID of a Range
// is given once, that they ascend, and that none is at or above until. Nothing
// depends on the clock: a wrong one changes which timestamps are used, never
// whether they are used twice.
//
// # One word
//
// All that changes with an ID is one number, timestamp<<12 | sequence, the next
// counter to give. Taking n moves it by n with one compare-and-swap:
//
//	start = max(counter, now<<12)
//	next  = min(start + n, until<<12)
//
// So a clock that steps back costs nothing, the counter goes on; a millisecond
// that is full borrows from the next one, up to until; and the sequence starts
// at 0 whenever the clock moves on. Closing is a bit in the same word, so there
// is one moment from which on nothing is given, and what was never given is
// known exactly.
//
// until only rises. Reading it late gives less than there is, never more.
//
// # One pointer
//
// A [Generator] is where a process takes from, while ranges come and go. Worker,
// until and counter belong to one object, so that no caller mixes the counter
// of one range with the worker of the next.
//
// Source: Snowflake (Twitter, 2010); the range in place of a duration is the
// timestamp oracle of Percolator (Peng, Dabek 2010) and of TiDB's PD.
package snowflake
