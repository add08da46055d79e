package shards

import (
	"sync"

	"parley/wire"
)

// Counts is what happened to posts since the start.
type Counts struct {
	// Posts were stored, Repeats answered with the post of an earlier request
	// with their key, Conflicts refused because that has another text.
	Posts     uint64 `json:"posts"`
	Repeats   uint64 `json:"repeats"`
	Conflicts uint64 `json:"conflicts"`
	// Violations are IDs that were given twice: anything but 0 is a fault of the
	// ID service.
	Violations uint64 `json:"violations"`
	// Failures were not stored because a database or the ID service failed, and
	// of Unknown it is not known.
	Failures uint64 `json:"failures"`
	Unknown  uint64 `json:"unknown"`
	// Groups is the number of transactions that stored them.
	Groups uint64 `json:"groups"`
}

// counts are those of all shards.
type counts struct {
	mu  sync.Mutex
	now Counts
}

func (c *counts) add(fn func(now *Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn(&c.now)
}

func (c *counts) result(r Stored) {
	c.add(func(now *Counts) {
		switch wire.CodeOf(r.Err) {
		case wire.CodeConflict:
			now.Conflicts++
		case wire.CodeViolation:
			now.Violations++
		case wire.CodeUndecided:
			now.Unknown++
		default:
			switch {
			case r.Err != nil:
				now.Failures++
			case r.New:
				now.Posts++
			default:
				now.Repeats++
			}
		}
	})
}
