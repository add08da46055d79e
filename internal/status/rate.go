package status

import (
	"time"

	"parley/wire"
	"parley/wire/chatwire"
)

// counters are the totals of one snapshot, by the process that counts them. A process
// that is missing from one of two snapshots has no rate.
type counters struct {
	at        time.Time
	committed map[string]uint64 // by log
	aborted   map[string]uint64
	issued    map[string]uint64 // by holder
	messages  map[string]uint64 // by incarnation of the stream
}

func count(a *responses) *counters {
	c := &counters{at: a.at, committed: map[string]uint64{}, aborted: map[string]uint64{}, issued: map[string]uint64{}, messages: map[string]uint64{}}
	for _, s := range a.Coordinators {
		c.committed[s.Log], c.aborted[s.Log] = s.Committed, s.Aborted
	}
	for _, w := range a.workers {
		c.issued[w.Holder] = w.Issued
	}
	if chat := a.streams[chatwire.Stream().Name]; chat != nil {
		c.messages[chat.Config.Metadata[wire.MetaIncarnation]] = chat.State.LastSeq
	}
	return c
}

// rates are per second, over an interval of OverMS milliseconds.
type rates struct {
	OverMS   int64   `json:"over_ms"`
	Commits  float64 `json:"commits"`
	Aborts   float64 `json:"aborts"`
	IDs      float64 `json:"ids"`
	Messages float64 `json:"messages"`

	commits, ids map[string]float64 // by log, by holder
}

// since returns the rates since an earlier snapshot, nil without one.
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
	r.Messages, _ = growth(over, before.messages, c.messages)
	return r
}

// growth returns the rate of each counter, and their sum.
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
