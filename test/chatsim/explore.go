package chatsim

import (
	"fmt"
	"hash/maphash"
)

// Result is what an exploration found.
type Result struct {
	States, Transitions, Depth int
	// Broken is what does not hold, nil if all does, and Trace leads there, as
	// short as possible.
	Broken *Broken
	Trace  []string
}

// node is a state on the way, with how it was reached.
type node struct {
	world  *world
	event  event
	parent *node
}

// Explore visits every state of a configuration, breadth first, and ends at the
// first that violates an invariant. limit bounds the states; beyond it the
// result is an error, for nothing was proven. States are known by a hash of 128
// bits.
func Explore(cfg *Config, limit int) (r *Result, err error) {
	r = &Result{}
	seen := seenSet{a: maphash.MakeSeed(), b: maphash.MakeSeed(), keys: map[[2]uint64]struct{}{}}
	start := &node{world: newWorld(cfg)}
	seen.add(start.world.key())
	for level := []*node{start}; len(level) > 0; r.Depth++ {
		var next []*node
		for _, n := range level {
			for _, e := range n.world.events() {
				r.Transitions++
				child := &node{world: n.world.clone(), event: e, parent: n}
				w := child.world
				if w.try(e); w.broken == nil {
					if !seen.add(w.key()) {
						continue
					}
					w.broken = w.healed()
				}
				if w.broken != nil {
					r.States, r.Broken, r.Trace = len(seen.keys), w.broken, child.trace()
					return r, nil
				}
				next = append(next, child)
			}
			n.world = nil // only the way here is needed any more
		}
		if r.States = len(seen.keys); r.States > limit {
			return r, fmt.Errorf("%s has more than %d states", cfg.Name, limit)
		}
		level = next
	}
	return r, nil
}

// try lets an event happen; a machine that panics is broken.
func (w *world) try(e event) {
	defer func() {
		if p := recover(); p != nil {
			w.fail(Loud, fmt.Sprint("the machine panics: ", p))
		}
	}()
	w.do(e)
}

func (n *node) trace() (lines []string) {
	if n.parent == nil {
		return nil
	}
	return append(n.parent.trace(), n.event.String())
}

type seenSet struct {
	a, b maphash.Seed
	keys map[[2]uint64]struct{}
}

// add reports whether the key is new.
func (s *seenSet) add(key string) bool {
	k := [2]uint64{maphash.String(s.a, key), maphash.String(s.b, key)}
	if _, ok := s.keys[k]; ok {
		return false
	}
	s.keys[k] = struct{}{}
	return true
}
