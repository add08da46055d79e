package snowflake

import (
	"sync/atomic"
)

// Generator issues IDs from the range that was installed last. The zero value has no
// range. It is safe for concurrent use, except that only one goroutine may call
// [Generator.Install].
type Generator struct{ current atomic.Pointer[Range] }

// Install makes r the current range, and closes the one before: otherwise a
// concurrent call could issue a smaller ID from it after a larger one. A nil r leaves
// the generator without a range.
func (g *Generator) Install(r *Range) {
	if old := g.current.Load(); old != nil && old != r {
		old.Close()
	}
	g.current.Store(r)
}

// Next issues one ID, see [Range.Next]. It returns false without a range too.
func (g *Generator) Next(now int64) (ID, bool) {
	r := g.current.Load()
	if r == nil {
		return 0, false
	}
	return r.Next(now)
}

// Take issues up to n IDs, see [Range.Take]. It returns false without a range too.
func (g *Generator) Take(now int64, n int) (Block, bool) {
	r := g.current.Load()
	if r == nil {
		return Block{}, false
	}
	return r.Take(now, n)
}

// Range returns the current range, nil if there is none.
func (g *Generator) Range() *Range { return g.current.Load() }
