package bench

import (
	"context"
	"slices"
	"time"

	"parley/idworker/snowflake"
)

// hotPath is what one ID costs in nanoseconds, the median of several rounds:
// with the time given, and with the clock read for each.
func hotPath(d time.Duration) (given, read float64) {
	const rounds, some = 10, 1 << 16
	var a, b []float64
	for range rounds {
		a = append(a, perID(d/(2*rounds), some, func(r *snowflake.Range, now int64) {
			for range some {
				r.Next(now)
			}
		}))
		b = append(b, perID(d/(2*rounds), some, func(r *snowflake.Range, _ int64) {
			for range some {
				r.Next(snowflake.Timestamp(time.Now()))
			}
		}))
	}
	slices.Sort(a)
	slices.Sort(b)
	return a[rounds/2], b[rounds/2]
}

// perID runs take, which takes some IDs, for about d.
func perID(d time.Duration, some int, take func(r *snowflake.Range, now int64)) float64 {
	now := snowflake.Timestamp(time.Now())
	// Far more timestamps than can be used up: inside a lease.
	r := snowflake.NewRange(0, now, now+time.Hour.Milliseconds())
	start, n := time.Now(), 0
	for time.Since(start) < d {
		take(r, now)
		n += some
	}
	return float64(time.Since(start).Nanoseconds()) / float64(n)
}

// maxLead is how far ahead of the clock the worker may run that is measured in
// real time, in milliseconds: so it makes up for moments in which the machine
// did something else, and goes no faster than the clock over all.
const maxLead = 10

// realTime is how many IDs a second one worker makes in real time.
func realTime(ctx context.Context, d time.Duration) float64 {
	now := snowflake.Timestamp(time.Now())
	r := snowflake.NewRange(0, now, now+d.Milliseconds()+time.Hour.Milliseconds())
	start, n := time.Now(), 0
	for last := now; ctx.Err() == nil && time.Since(start) < d; {
		for now = snowflake.Timestamp(time.Now()); last <= now+maxLead; n++ {
			id, _ := r.Next(now)
			last = id.Timestamp()
		}
	}
	return float64(n) / time.Since(start).Seconds()
}
