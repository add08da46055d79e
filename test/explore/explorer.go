package explore

import (
	"fmt"
	"slices"
)

// Invariant is the name of what must hold in every state.
type Invariant string

// Broken is an invariant that does not hold, and how.
type Broken struct {
	Invariant Invariant
	What      string
}

func (b *Broken) Error() string { return fmt.Sprintf("%s: %s", b.Invariant, b.What) }

// Result is what an exploration found.
type Result struct {
	States, Transitions, Depth int
	// Note is what else is worth knowing about the exploration.
	Note string
	// Broken is nil if every invariant holds; otherwise Trace leads there from the
	// initial state, as short as possible.
	Broken *Broken
	Trace  []string
	// Then is the result of an exploration that went on behind what was Broken, nil
	// if none did.
	Then *Result
}

// Space is a world that can be explored. A state is a fixed number of numbers, and
// E is an event that leads from one state to another.
type Space[E any] interface {
	// Initial returns the state in which the world begins.
	Initial() []uint32
	// Expand calls visit with every event that can happen in a state and the state
	// that it leads to, which is valid during the call, or with the invariant that
	// the event itself violates. It returns when visit returns false.
	Expand(state []uint32, visit func(e E, next []uint32, b *Broken) bool)
	// Check returns what a state violates, or nil.
	Check(state []uint32) *Broken
	// Line returns an event as a person reads it. to is nil if the event itself
	// violates an invariant.
	Line(e E, from, to []uint32) string
}

// Explorer visits every state of a space.
type Explorer[E any] struct {
	Result
	Space Space[E]
	Seen  *States
	// FaultFree reports whether an event can happen while everything works. It is
	// needed by [Explorer.Stuck] alone, and is nil otherwise.
	FaultFree func(E) bool
	// to are the states that fault-free events lead to, from is where those of each
	// state begin.
	to   []uint32
	from []uint64
}

// Run visits every state, breadth first, and ends at the first that violates an
// invariant. limit bounds the states; beyond it Run returns an error, for nothing
// was proven.
func (x *Explorer[E]) Run(limit int) error {
	initial := x.Space.Initial()
	x.Seen = NewStates(len(initial))
	x.Seen.Add(initial, 0)
	levelEnd := 1
	for i := 0; i < x.Seen.Len() && x.Broken == nil; i++ {
		if i == levelEnd {
			levelEnd = x.Seen.Len()
			x.Depth++
		}
		if x.Seen.Len() > limit {
			return fmt.Errorf("there are more than %d states", limit)
		}
		x.expand(uint32(i))
	}
	x.States = x.Seen.Len()
	return nil
}

func (x *Explorer[E]) expand(i uint32) {
	x.from = append(x.from, uint64(len(x.to)))
	x.Space.Expand(x.Seen.At(i), func(e E, next []uint32, b *Broken) bool {
		x.Transitions++
		if b != nil {
			x.Fail(b, i)
			x.trace(x.Space.Line(e, x.Seen.At(i), nil))
			return false
		}
		n, isNew := x.Seen.Add(next, i)
		if isNew {
			if b := x.Space.Check(next); b != nil {
				x.Fail(b, n)
				return false
			}
		}
		if x.FaultFree != nil && x.FaultFree(e) {
			x.to = append(x.to, n)
		}
		return true
	})
}

// Fail notes what is violated in state i, and the shortest way there.
func (x *Explorer[E]) Fail(b *Broken, i uint32) {
	x.Broken, x.Trace = b, nil
	path := x.Seen.Path(i)
	for n := 1; n < len(path); n++ {
		from, to := x.Seen.At(path[n-1]), x.Seen.At(path[n])
		x.Space.Expand(from, func(e E, next []uint32, b *Broken) bool {
			if b != nil || !slices.Equal(next, to) {
				return true
			}
			x.trace(x.Space.Line(e, from, to))
			return false
		})
	}
}

func (x *Explorer[E]) trace(line string) {
	x.Trace = append(x.Trace, fmt.Sprintf("%3d. %s", len(x.Trace)+1, line))
}
