package status

import (
	"time"

	"parley/wire"
	"parley/wire/chatwire"
)

// counters are what grows, by who counts it: a process that is gone, or new,
// has no rate.
type counters struct {
	at        time.Time
	committed map[string]uint64 // by log
	aborted   map[string]uint64
	issued    map[string]uint64 // by holder
	said      map[string]uint64 // by incarnation of the stream
}

func count(a *answers) *counters {
	c := &counters{at: a.at, committed: map[string]uint64{}, aborted: map[string]uint64{}, issued: map[string]uint64{}, said: map[string]uint64{}}
	for _, s := range a.Coordinators {
		c.committed[s.Log], c.aborted[s.Log] = s.Committed, s.Aborted
	}
	for _, w := range a.workers {
		c.issued[w.Holder] = w.Issued
	}
	if chat := a.streams[chatwire.Stream().Name]; chat != nil {
		c.said[chat.Config.Metadata[wire.MetaIncarnation]] = chat.State.LastSeq
	}
	return c
}

// rates are rates per second over a while.
type rates struct {
	OverMS   int64   `json:"over_ms"`
	Commits  float64 `json:"commits"`
	Aborts   float64 `json:"aborts"`
	IDs      float64 `json:"ids"`
	Messages float64 `json:"messages"`

	commits, ids map[string]float64 // by log, by holder
}

// since are the rates from an earlier count on, nil without one.
func (c *counters) since(before *counters) *rates {
	if before == nil {
		return nil
	}
	over := c.at.Sub(before.at)
	if over <= 0 {
		return nil
	}
	r := &rates{OverMS: over.Milliseconds()}
	r.Commits, r.commits = growth(over, before.committed, c.committed)
	r.Aborts, _ = growth(over, before.aborted, c.aborted)
	r.IDs, r.ids = growth(over, before.issued, c.issued)
	r.Messages, _ = growth(over, before.said, c.said)
	return r
}

// growth is the rate in all and of each.
func growth(over time.Duration, before, now map[string]uint64) (sum float64, each map[string]float64) {
	each = map[string]float64{}
	for who, n := range now {
		if was, ok := before[who]; ok && n >= was {
			each[who] = float64(n-was) / over.Seconds()
			sum += each[who]
		}
	}
	return sum, each
}
