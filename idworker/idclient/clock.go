package idclient

import "time"

// moment is a reading of two clocks, since neither is reliable: the wall clock can be
// set back, and the monotonic one stops while the machine is suspended.
type moment struct {
	wall time.Duration // since 1970
	run  time.Duration // since the client was made
}

// since returns the time from an earlier moment, by the clock that advanced more: a
// block that is wrongly considered stale is fetched again, which costs little.
func (m moment) since(earlier moment) time.Duration {
	return max(m.wall-earlier.wall, m.run-earlier.run)
}

// clock reads both clocks, or the monotonic one alone for half the price.
type clock struct {
	moment func() moment
	run    func() time.Duration
}

func newClock() clock {
	start := time.Now()
	c := clockOf(start, time.Now)
	c.run = func() time.Duration { return time.Since(start) } // half of time.Now
	return c
}

func clockOf(start time.Time, now func() time.Time) clock {
	return clock{
		moment: func() moment {
			t := now()
			return moment{wall: time.Duration(t.UnixNano()), run: t.Sub(start)}
		},
		run: func() time.Duration { return now().Sub(start) },
	}
}
