package idclient

import (
	"fmt"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
)

// stock is the blocks at hand and how much is to be at hand.
type stock struct {
	// A request asks for at least least and at most most IDs.
	least, most int
	maxAge      time.Duration
	// size is how many IDs are to be at hand.
	size int
	// current is handed out from; ready comes after it, ascending.
	current *block
	ready   []*block
	// highest is the largest ID that was ever at hand.
	highest snowflake.ID
	// recent are the latest grants, the oldest overwritten at oldest.
	recent [64]snowflake.Block
	oldest int
}

const (
	// maxAhead bounds what is at hand, in requests of the largest size: 64 ms
	// of a worker's timestamps.
	maxAhead = 4
	// maxReady bounds the blocks at hand, of an idworker that grants a few at
	// a time.
	maxReady = 64
	// quick: a stock that does not last so long is doubled. Half of it and more
	// is left for the answer to arrive.
	quick = 50 * time.Millisecond
)

// add lines up what of the grant is above everything at hand, and reports
// whether that is anything. A grant that overlaps another is an error.
func (s *stock) add(grant snowflake.Block, born moment) (bool, error) {
	for _, g := range s.recent {
		if overlap(g, grant) {
			return false, &wire.Error{Code: wire.CodeViolation, Text: fmt.Sprintf(
				"worker %d granted the counters from %d to %d twice: two idworkers use one number, because the stream of leases was lost or a running machine was copied; stop them and see `parley id workers`",
				grant.Worker, max(g.Start, grant.Start), min(g.Start+int64(g.Count), grant.Start+int64(grant.Count))-1)}
		}
	}
	s.recent[s.oldest] = grant
	s.oldest = (s.oldest + 1) % len(s.recent)
	usable := above(grant, s.highest)
	if usable.Count == 0 {
		return false, nil
	}
	s.highest = last(usable)
	s.ready = append(s.ready, &block{ids: usable, born: born})
	return true, nil
}

// advance makes the next block that is not old the current one, if the current
// one is used up or old. It is false when there is none.
func (s *stock) advance(now moment) bool {
	if s.current != nil && !s.stale(s.current, now) && s.current.left() > 0 {
		return true
	}
	switch {
	case s.current == nil:
	case s.stale(s.current, now):
		s.shrink()
		s.current.end()
	case len(s.ready) == 0:
		s.grow() // it ran out
	}
	s.current = nil
	for len(s.ready) > 0 && s.current == nil {
		if b := s.ready[0]; !s.stale(b, now) {
			s.current = b
		}
		s.ready[0] = nil
		s.ready = s.ready[1:]
	}
	return s.current != nil
}

// drop throws everything away.
func (s *stock) drop() {
	if s.current != nil {
		s.current.end()
	}
	s.current, s.ready = nil, nil
}

func (s *stock) stale(b *block, now moment) bool { return now.since(b.born) >= s.maxAge }

// left counts the IDs at hand, and those that will be for another half of
// their age.
func (s *stock) left(now moment) (all, young int) {
	count := func(b *block) {
		n := b.left()
		all += n
		if now.since(b.born) < s.maxAge/2 {
			young += n
		}
	}
	if s.current != nil {
		count(s.current)
	}
	for _, b := range s.ready {
		count(b)
	}
	return all, young
}

// request is how much to ask for at once.
func (s *stock) request() int { return min(s.size, s.most) }

// enough is below which more is asked for.
func (s *stock) enough() int { return s.size - s.request()/2 }

func (s *stock) full() bool { return len(s.ready) >= maxReady }

func (s *stock) grow()   { s.size = min(2*s.size, maxAhead*s.most) }
func (s *stock) shrink() { s.size = max(s.size/2, s.least) }

// pace is told how long ago the last request was when the next one is due, and
// adapts the stock.
func (s *stock) pace(between time.Duration) {
	if lasts := between.Seconds() * float64(s.size) / float64(s.request()); lasts < quick.Seconds() {
		s.grow()
	}
}
