package lease

import (
	"parley/idworker/snowflake"
)

// Limits are the parameters of the protocol. Times are in milliseconds.
type Limits struct {
	// Numbers is how many worker numbers there are, from 0.
	Numbers int
	// Reserve is how far a lease may extend beyond the broker's time: how long a
	// holder continues without the broker, and how long the number of a dead one
	// remains taken.
	Reserve int64
	// Renew is the time between extensions. The rest of Reserve covers a restart of
	// the broker or the election of a leader.
	Renew int64
	// Ahead is how far a clock may be ahead of the broker's. Synchronised clocks
	// are within a fraction of a second. Ahead and Renew together must be below
	// Reserve, or a process whose clock is ahead by almost that much would run out
	// of timestamps before the next extension.
	Ahead int64
	// Warm is the time between extensions of a lease whose timestamps are still in
	// the future by the broker's time: only those just added can be used there.
	Warm int64
	// Retry is the pause after a request without a definite answer.
	Retry int64
	// Standby is the pause between reads of the table while all numbers are taken.
	Standby int64
}

// DefaultLimits returns the limits for production.
func DefaultLimits() Limits {
	return Limits{
		Numbers: snowflake.MaxWorker + 1, Reserve: 10_000, Renew: 3_000, Ahead: 5_000, Warm: 250, Retry: 200, Standby: 1_000,
	}
}

// far returns how far beyond the broker's time an until must be to be attributed to
// a wrong clock: twice the maximum that is written, since the clocks of two
// successive leaders differ a little.
func (l Limits) far() int64 { return 2 * l.Reserve }
