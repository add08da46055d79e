package bench

import (
	"context"
	"slices"
	"time"

	"parley/idworker/snowflake"
)

// hotPath returns the time of one ID in nanoseconds, the median of several rounds: with
// the clock read in advance, and with the clock read for each.
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

// perID calls take, which takes some IDs, for about d, and returns the nanoseconds for each ID.
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

// maxLead is how many milliseconds ahead of the clock the worker may run that is measured
// in real time: so it compensates for moments in which the machine did something else,
// and is not faster than the clock over all.
const maxLead = 10

// realTime returns how many IDs a second one worker makes in real time.
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
