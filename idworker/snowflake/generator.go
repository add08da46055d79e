package snowflake

import (
	"sync/atomic"
)

// Generator gives IDs from the range that was installed last. The zero value
// has none. It is safe for concurrent use, but for [Generator.Install], which
// is for one goroutine.
type Generator struct{ current atomic.Pointer[Range] }

// Install makes r the range to take from, and closes the one before: otherwise
// a caller that still has it could give a smaller ID after a larger one. A nil r
// leaves the generator without a range.
func (g *Generator) Install(r *Range) {
	if old := g.current.Load(); old != nil && old != r {
		old.Close()
	}
	g.current.Store(r)
}

// Next gives one ID, see [Range.Next]. It is false without a range too.
func (g *Generator) Next(now int64) (ID, bool) {
	r := g.current.Load()
	if r == nil {
		return 0, false
	}
	return r.Next(now)
}

// Take gives up to n IDs, see [Range.Take]. It is false without a range too.
func (g *Generator) Take(now int64, n int) (Block, bool) {
	r := g.current.Load()
	if r == nil {
		return Block{}, false
	}
	return r.Take(now, n)
}

// Range is the installed one, nil if there is none.
func (g *Generator) Range() *Range { return g.current.Load() }
