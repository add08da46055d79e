package idclient

import (
	"fmt"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
)

// stock holds the blocks in stock, and how many IDs are wanted in stock.
type stock struct {
	// A request is for at least least and at most most IDs.
	least, most int
	maxAge      time.Duration
	// size is how many IDs are wanted in stock.
	size int
	// IDs are taken from current; the blocks of ready follow it, ascending.
	current *block
	ready   []*block
	// highest is the largest ID that was ever in stock.
	highest snowflake.ID
	// recent are the latest grants, the oldest overwritten at oldest.
	recent [64]snowflake.Block
	oldest int
}

const (
	// maxAhead bounds the stock, in requests of the largest size: 64 ms of a
	// worker's timestamps.
	maxAhead = 4
	// maxReady bounds the blocks in stock, if an idworker grants few IDs at a time.
	maxReady = 64
	// quick is the least time that the stock should last; a stock that is used up
	// sooner is doubled. At least half of it is left for the answer to arrive.
	quick = 50 * time.Millisecond
)

// add queues the part of the grant that is above every ID in stock, and reports
// whether that is any. A grant that overlaps another is an error.
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

// advance makes the next block that is not stale the current one, if the current one
// is used up or stale. It returns false if there is none.
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

// drop discards all blocks.
func (s *stock) drop() {
	if s.current != nil {
		s.current.end()
	}
	s.current, s.ready = nil, nil
}

func (s *stock) stale(b *block, now moment) bool { return now.since(b.born) >= s.maxAge }

// left counts the IDs in stock, and those among them that are younger than half of
// maxAge.
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

// request returns the number of IDs to request at a time.
func (s *stock) request() int { return min(s.size, s.most) }

// enough returns the number of IDs below which more are requested.
func (s *stock) enough() int { return s.size - s.request()/2 }

func (s *stock) full() bool { return len(s.ready) >= maxReady }

func (s *stock) grow()   { s.size = min(2*s.size, maxAhead*s.most) }
func (s *stock) shrink() { s.size = max(s.size/2, s.least) }

// adapt enlarges the stock if it lasts less than quick. between is the time between
// the last request and the next one.
func (s *stock) adapt(between time.Duration) {
	if lasts := between.Seconds() * float64(s.size) / float64(s.request()); lasts < quick.Seconds() {
		s.grow()
	}
}
