package shards

import (
	"sync/atomic"

	"parley/wire"
)

// counts is what happened to posts since the start.
type counts struct {
	posts, repeats, conflicts, violations, failures, unknown, groups atomic.Uint64
}

// Counts is what happened to posts since the start.
type Counts struct {
	// Posts were stored, Repeats answered with the post of an earlier request
	// with their key, Conflicts refused because that has another text.
	Posts     uint64 `json:"posts"`
	Repeats   uint64 `json:"repeats"`
	Conflicts uint64 `json:"conflicts"`
	// Violations are ids that were given twice: anything but 0 is a fault of the
	// ID service.
	Violations uint64 `json:"violations"`
	// Failures were not stored because a database or the ID service failed, and
	// of Unknown it is not known.
	Failures uint64 `json:"failures"`
	Unknown  uint64 `json:"unknown"`
	// Groups is the number of transactions that stored them.
	Groups uint64 `json:"groups"`
}

func (c *counts) result(r Stored) {
	switch {
	case r.Err == nil && r.New:
		c.posts.Add(1)
	case r.Err == nil:
		c.repeats.Add(1)
	default:
		switch wire.CodeOf(r.Err) {
		case wire.CodeConflict:
			c.conflicts.Add(1)
		case wire.CodeViolation:
			c.violations.Add(1)
		case wire.CodeUndecided:
			c.unknown.Add(1)
		default:
			c.failures.Add(1)
		}
	}
}

func (c *counts) read() Counts {
	return Counts{
		Posts: c.posts.Load(), Repeats: c.repeats.Load(), Conflicts: c.conflicts.Load(), Violations: c.violations.Load(),
		Failures: c.failures.Load(), Unknown: c.unknown.Load(), Groups: c.groups.Load(),
	}
}
