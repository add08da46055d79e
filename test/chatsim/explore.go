package chatsim

import (
	"fmt"

	"parley/test/explore"
)

// Explore visits every state of a configuration and ends at the first that violates
// an invariant, see [explore.Explorer].
func Explore(cfg Config, limit int) (*explore.Result, error) {
	x := explore.Explorer[event]{Space: &space{cfg: &cfg, worlds: explore.NewTable[world]()}}
	err := x.Run(limit)
	return &x.Result, err
}

// space knows every world that was reached. A state is the number of one.
type space struct {
	cfg *Config
	// worlds has the initial one, and those that were not expanded yet.
	worlds  *explore.Table[world]
	origins []origin
}

// origin is how a world was reached.
type origin struct {
	from  uint32
	event event
}

func (s *space) Initial() []uint32 { return s.intern(newWorld(s.cfg), origin{}) }

func (s *space) intern(w *world, o origin) []uint32 {
	return []uint32{s.worlds.Intern(w.appendKey(nil), func() *world {
		s.origins = append(s.origins, o)
		return w
	})}
}

// world returns the world of a number, and repeats what led there if it is not kept.
func (s *space) world(n uint32) *world {
	if w := s.worlds.Items[n]; w != nil {
		return w
	}
	o := s.origins[n]
	w := s.world(o.from).clone()
	w.do(o.event)
	return w
}

func (s *space) Expand(state []uint32, visit func(event, []uint32, *explore.Broken) bool) {
	n := state[0]
	w := s.world(n)
	for _, e := range w.events() {
		next := w.clone()
		if next.try(e); next.broken != nil {
			if !visit(e, nil, next.broken) {
				return
			}
			continue
		}
		if !visit(e, s.intern(next, origin{n, e}), nil) {
			return
		}
	}
	if n > 0 {
		s.worlds.Items[n] = nil
	}
}

func (s *space) Check(state []uint32) *explore.Broken { return s.world(state[0]).healed() }

func (s *space) Line(e event, _, _ []uint32) string { return e.String() }

// try lets an event happen; a machine that panics is broken.
func (w *world) try(e event) {
	defer func() {
		if p := recover(); p != nil {
			w.fail(Loud, fmt.Sprint("the machine panics: ", p))
		}
	}()
	w.do(e)
}
