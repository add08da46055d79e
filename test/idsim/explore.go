package idsim

import (
	"encoding/binary"
	"fmt"

	"parley/test/explore"
)

// Explore visits every state of a configuration and ends at the first that violates
// an invariant, see [explore.Explorer]. Then it heals every world.
func Explore(cfg Config, limit int) (*explore.Result, error) {
	s := newSpace(&cfg)
	x := explore.Explorer[event]{Space: s}
	err := x.Run(limit)
	if err == nil && x.Broken == nil {
		s.checkLive(&x)
	}
	x.Note = fmt.Sprintf("healed %7d  processes %6d  registers %6d", s.healed.Len(), len(s.procs.Items), len(s.regs.Items))
	return &x.Result, err
}

// space has the parts of every world that was reached. A state is the numbers of
// its globals, its processes and its registers, in this order.
type space struct {
	cfg     *Config
	globals *explore.Table[globals]
	procs   *explore.Table[process]
	regs    *explore.Table[register]
	// healed are the situations that were let go on without trouble, see Live.
	// newest are the registers without what a healed world does not depend on, and
	// newestOf is the number of each register's.
	healed   *explore.States
	newest   *explore.Table[register]
	newestOf []uint32
	// key and buf are scratch.
	key []byte
	buf []uint32
}

func newSpace(cfg *Config) *space {
	size := 1 + cfg.Processes + cfg.Numbers
	return &space{
		cfg: cfg, healed: explore.NewStates(size), buf: make([]uint32, size),
		globals: explore.NewTable[globals](), procs: explore.NewTable[process](), regs: explore.NewTable[register](), newest: explore.NewTable[register](),
	}
}

func (s *space) Initial() []uint32 { return s.encode(newWorld(s.cfg), s.buf) }

func (s *space) Expand(state []uint32, visit func(event, []uint32, *explore.Broken) bool) {
	w, more := s.decode(state), true
	w.events(func(e event) {
		if !more {
			return
		}
		next := w.fork()
		if next.do(e); next.broken != nil {
			more = visit(e, nil, next.broken)
			return
		}
		copy(s.buf, state)
		more = visit(e, s.encode(next, s.buf), nil)
	})
}

// Check finds nothing: every event checks what it changes.
func (s *space) Check([]uint32) *explore.Broken { return nil }

func (s *space) Line(e event, from, _ []uint32) string { return s.decode(from).text(e) }

// encode writes the numbers of a world. buf has those of the world that it was
// forked from, whose parts it shares.
func (s *space) encode(w *world, buf []uint32) []uint32 {
	s.key = w.g.appendKey(s.key[:0])
	buf[0] = s.globals.Intern(s.key, func() *globals { g := w.g; return &g })
	for i, p := range w.procs {
		if w.ownProcs>>i&1 == 1 {
			s.key = p.appendKey(s.key[:0])
			buf[1+i] = s.procs.Intern(s.key, func() *process { return p })
		}
	}
	for n, r := range w.regs {
		if w.ownRegs>>n&1 == 1 {
			s.key = r.appendKey(s.key[:0])
			buf[1+len(w.procs)+n] = s.regs.Intern(s.key, func() *register { return r })
		}
	}
	return buf
}

func (s *space) decode(state []uint32) *world {
	w := &world{cfg: s.cfg, g: *s.globals.Items[state[0]]}
	for i := range s.cfg.Processes {
		w.procs = append(w.procs, s.procs.Items[state[1+i]])
	}
	for n := range s.cfg.Numbers {
		w.regs = append(w.regs, s.regs.Items[state[1+s.cfg.Processes+n]])
	}
	return w
}

// checkLive heals every world, but for those that go on like one that was healed
// before: troubles left, writes on their way, older records and what was taken do
// not matter then.
func (s *space) checkLive(found *explore.Explorer[event]) {
	key := make([]uint32, len(s.buf))
	for i := range uint32(found.Seen.Len()) {
		state := found.Seen.At(i)
		w := s.decode(state)
		copy(key, state)
		key[0] = uint32(w.g.now)<<8 | uint32(w.g.incarnation)
		for n := range s.cfg.Numbers {
			at := &key[1+s.cfg.Processes+n]
			*at = s.newestNumber(*at)
		}
		if _, isNew := s.healed.Add(key, 0); !isNew {
			continue
		}
		if b := w.heal(); b != nil {
			b.What = "after all trouble ended: " + b.What
			found.Fail(b, i)
			return
		}
	}
}

func (s *space) newestNumber(reg uint32) uint32 {
	for len(s.newestOf) <= int(reg) {
		s.key = s.key[:0]
		if r := s.regs.Items[len(s.newestOf)]; len(r.rows) > 0 {
			row := r.rows[len(r.rows)-1]
			s.key = appendRecord(binary.AppendUvarint(append(s.key, row.incarnation), row.Seq), row.Record)
		}
		s.newestOf = append(s.newestOf, s.newest.Intern(s.key, func() *register { return nil }))
	}
	return s.newestOf[reg]
}
