// Package snowflake defines the [ID], a time-sortable unique number of 64 bits, with
// its text and database encodings, and makes such IDs from a reserved range of
// timestamps. It takes the time as an argument and reads no clock.
//
// # Authority
//
// A [Range] relies on a reservation: the package idworker/lease reserves the
// timestamps [from, until) of a worker number, durably, before a Range of them is
// made or extended. This package ensures that every ID of a Range is issued at most
// once, that they ascend, and that none is at or above until. Uniqueness does not
// depend on the clock: a wrong one changes which timestamps are used, never whether
// they are used twice.
//
// # One word
//
// The state of a Range is one number, timestamp<<12 | sequence, the next counter to
// issue. Taking n advances it by n with one compare-and-swap:
//
//	start = max(counter, now<<12)
//	next  = min(start + n, until<<12)
//
// So a clock that steps back has no effect, since the counter continues; when a
// millisecond is full the next one is used, up to until; and the sequence starts
// at 0 whenever the clock advances. Closing sets a bit in the same word, so after one
// atomic operation no ID is issued any more, and the first unused timestamp is known
// exactly.
//
// until only rises. A stale read of it yields fewer IDs, never too many.
//
// # One pointer
//
// A [Generator] issues IDs from the range that was installed last. Worker, until and
// counter belong to one object, so that no caller mixes the counter of one range with
// the worker of the next.
//
// Source: Snowflake (Twitter, 2010); the range in place of a duration is the
// timestamp oracle of Percolator (Peng, Dabek 2010) and of TiDB's PD.
package snowflake
