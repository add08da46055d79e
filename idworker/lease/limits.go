package lease

import (
	"parley/idworker/snowflake"
)

// Limits are what the protocol is set to. Times are in milliseconds.
type Limits struct {
	// Numbers is how many worker numbers there are, from 0.
	Numbers int
	// Reserve is how far beyond the broker's time a lease reaches at most: how
	// long a holder goes on without the broker, and how long the number of one
	// that died stays taken.
	Reserve int64
	// Renew is when a lease is extended: that long after the last time. What
	// Reserve leaves is there when the broker restarts or elects a leader.
	Renew int64
	// Ahead is how far a clock may be ahead of the broker's. Clocks that are
	// kept in time at all are within a fraction of a second. With Renew it must
	// stay below Reserve, or a clock that is just within it would find nothing
	// left before the next extension.
	Ahead int64
	// Warm is how often a lease is extended whose timestamps have not begun yet
	// by the broker's time: there only what was just added can be used.
	Warm int64
	// Retry is the pause after a request that failed or was not clear.
	Retry int64
	// Standby is the pause between looks at the numbers when all are taken.
	Standby int64
}

// DefaultLimits are those of production.
func DefaultLimits() Limits {
	return Limits{
		Numbers: snowflake.MaxWorker + 1, Reserve: 10_000, Renew: 3_000, Ahead: 5_000, Warm: 250, Retry: 200, Standby: 1_000,
	}
}

// far is how far beyond the broker's time an until is taken for the work of a
// wrong clock: twice what is ever written, since the clocks of two brokers that
// lead one after the other differ a little.
func (l Limits) far() int64 { return 2 * l.Reserve }
