package idsim

import (
	"encoding/binary"
	"fmt"
	"slices"

	"parley/test/explore"
)

// Result is what an exploration found.
type Result struct {
	States, Transitions, Depth int
	// Healed is how many different situations were let go on without trouble,
	// see Live.
	Healed int
	// Parts are how many different states the processes and the registers have.
	Processes, Registers int
	// Broken is the invariant that does not hold, empty if all do, What says
	// how, and Trace leads there from the initial state, as short as possible.
	Broken Invariant
	What   string
	Trace  []string
}

// Explore visits every state of a configuration, breadth first, and ends at the
// first that violates an invariant. limit bounds the states; beyond it the
// result is an error, for nothing was proven.
func Explore(cfg *Config, limit int) (*Result, error) {
	x := newExplorer(cfg)
	err := x.run(limit)
	if err == nil && x.result.Broken == "" {
		x.checkLive()
	}
	x.result.States, x.result.Healed = x.seen.Len(), x.healed.Len()
	x.result.Processes, x.result.Registers = len(x.procs.Items), len(x.regs.Items)
	return x.result, err
}

// explorer has the states that were reached. One is the numbers of its globals,
// its processes and its registers, in this order.
type explorer struct {
	cfg     *Config
	seen    *explore.States
	globals *explore.Table[globals]
	procs   *explore.Table[process]
	regs    *explore.Table[register]
	// newest are the registers without what a healed world does not depend on,
	// and newestOf is the number of each register's.
	newest   *explore.Table[register]
	newestOf []uint32
	healed   *explore.States
	key      []byte
	result   *Result
}

func newExplorer(cfg *Config) *explorer {
	size := 1 + cfg.Processes + cfg.Numbers
	return &explorer{
		cfg: cfg, seen: explore.NewStates(size), healed: explore.NewStates(size),
		globals: explore.NewTable[globals](), procs: explore.NewTable[process](), regs: explore.NewTable[register](), newest: explore.NewTable[register](),
		result: &Result{},
	}
}

func (x *explorer) run(limit int) error {
	first := newWorld(x.cfg)
	buf := x.encode(first, make([]uint32, 1+x.cfg.Processes+x.cfg.Numbers))
	x.seen.Add(buf, 0)
	levelEnd := 1
	for i := 0; i < x.seen.Len() && x.result.Broken == ""; i++ {
		if i == levelEnd {
			levelEnd = x.seen.Len()
			x.result.Depth++
		}
		if x.seen.Len() > limit {
			return fmt.Errorf("%s has more than %d states", x.cfg.Name, limit)
		}
		w := x.decode(x.seen.At(uint32(i)))
		w.events(func(e event) {
			if x.result.Broken != "" {
				return
			}
			x.result.Transitions++
			next := w.fork()
			next.do(e)
			if next.broken != nil {
				x.fail(next.broken, uint32(i), &e)
				return
			}
			copy(buf, x.seen.At(uint32(i)))
			x.seen.Add(x.encode(next, buf), uint32(i))
		})
	}
	return nil
}

// encode writes the numbers of a world. buf has those of the world that it was
// forked from, whose parts it shares.
func (x *explorer) encode(w *world, buf []uint32) []uint32 {
	x.key = w.g.appendKey(x.key[:0])
	buf[0] = x.globals.Intern(x.key, func() *globals { g := w.g; return &g })
	for i, p := range w.procs {
		if w.ownProcs>>i&1 == 1 {
			x.key = p.appendKey(x.key[:0])
			buf[1+i] = x.procs.Intern(x.key, func() *process { return p })
		}
	}
	for n, r := range w.regs {
		if w.ownRegs>>n&1 == 1 {
			x.key = r.appendKey(x.key[:0])
			buf[1+len(w.procs)+n] = x.regs.Intern(x.key, func() *register { return r })
		}
	}
	return buf
}

func (x *explorer) decode(s []uint32) *world {
	w := &world{cfg: x.cfg, g: *x.globals.Items[s[0]]}
	for i := range x.cfg.Processes {
		w.procs = append(w.procs, x.procs.Items[s[1+i]])
	}
	for n := range x.cfg.Numbers {
		w.regs = append(w.regs, x.regs.Items[s[1+x.cfg.Processes+n]])
	}
	return w
}

// checkLive heals every world, but for those that go on like one that was healed
// before: troubles left, writes on their way, older records and what was taken do
// not matter then.
func (x *explorer) checkLive() {
	key := make([]uint32, len(x.seen.At(0)))
	for i := range uint32(x.seen.Len()) {
		w := x.decode(x.seen.At(i))
		copy(key, x.seen.At(i))
		key[0] = uint32(w.g.now)<<8 | uint32(w.g.incarnation)
		for n := range x.cfg.Numbers {
			at := &key[1+x.cfg.Processes+n]
			*at = x.newestNumber(*at)
		}
		if _, isNew := x.healed.Add(key, 0); !isNew {
			continue
		}
		if b := w.heal(); b != nil {
			b.text = "after all trouble ended: " + b.text
			x.fail(b, i, nil)
			return
		}
	}
}

func (x *explorer) newestNumber(reg uint32) uint32 {
	for len(x.newestOf) <= int(reg) {
		x.key = x.key[:0]
		if r := x.regs.Items[len(x.newestOf)]; len(r.rows) > 0 {
			row := r.rows[len(r.rows)-1]
			x.key = appendRecord(binary.AppendUvarint(append(x.key, row.incarnation), row.Seq), row.Record)
		}
		x.newestOf = append(x.newestOf, x.newest.Intern(x.key, func() *register { return nil }))
	}
	return x.newestOf[reg]
}

// fail notes a violation in state i, or by an event there.
func (x *explorer) fail(b *broken, i uint32, last *event) {
	x.result.Broken, x.result.What = b.invariant, b.text
	x.result.Trace = x.trace(x.seen.Path(i), last)
}

// trace has one line for each step of a path.
func (x *explorer) trace(path []uint32, last *event) (lines []string) {
	buf := make([]uint32, len(x.seen.At(0)))
	say := func(w *world, e event) {
		lines = append(lines, fmt.Sprintf("%3d. %s", len(lines)+1, w.text(e)))
	}
	for n := 1; n < len(path); n++ {
		from, to := x.seen.At(path[n-1]), x.seen.At(path[n])
		w, found := x.decode(from), false
		w.events(func(e event) {
			if found {
				return
			}
			next := w.fork()
			next.do(e)
			copy(buf, from)
			if found = slices.Equal(x.encode(next, buf), to); found {
				say(w, e)
			}
		})
	}
	if last != nil {
		say(x.decode(x.seen.At(path[len(path)-1])), *last)
	}
	return lines
}
