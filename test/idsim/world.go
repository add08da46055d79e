package idsim

import (
	"encoding/binary"
	"slices"

	"parley/idworker/lease"
	"parley/test/explore"
	"parley/wire/idwire"
)

// world is one state of everything.
type world struct {
	cfg   *Config
	g     globals
	procs []*process
	regs  []*register
	// ownProcs and ownRegs are the parts that belong to this world alone, as
	// bits; others are shared with the world that it was forked from.
	ownProcs, ownRegs uint64
	broken            *explore.Broken
}

// globals are what is not a part.
type globals struct {
	// now is the broker's clock.
	now int64
	// incarnation counts how often the stream was made.
	incarnation uint8
	left        Troubles
}

// newWorld is the initial state: every process has started.
func newWorld(cfg *Config) *world {
	w := &world{cfg: cfg, g: globals{now: begin, left: cfg.May}}
	for n := range cfg.Numbers {
		r := &register{number: n}
		if slices.Contains(cfg.Poisoned, n) {
			r.rows = []row{{Row: lease.Row{Seq: 1, Record: idwire.Lease{
				Worker: n, State: idwire.LeaseHeld, Until: begin + 1000, Holder: "ghost", Nonce: "ghost",
			}}}}
		}
		w.regs = append(w.regs, r)
	}
	w.ownRegs = 1<<len(w.regs) - 1
	for i := range cfg.Processes {
		w.procs = append(w.procs, &process{index: i, takes: uint8(cfg.Takes)})
	}
	w.ownProcs = 1<<len(w.procs) - 1
	for _, p := range w.procs {
		w.start(p)
	}
	return w
}

// fork is a copy whose parts are copied when they are first changed.
func (w *world) fork() *world {
	return &world{cfg: w.cfg, g: w.g, procs: slices.Clone(w.procs), regs: slices.Clone(w.regs)}
}

// process is process i, for change.
func (w *world) process(i int) *process {
	if w.ownProcs>>i&1 == 0 {
		w.procs[i] = w.procs[i].clone()
		w.ownProcs |= 1 << i
	}
	return w.procs[i]
}

// register is worker number n, for change.
func (w *world) register(n int) *register {
	if w.ownRegs>>n&1 == 0 {
		c := *w.regs[n] // what its slices hold is never changed
		w.regs[n] = &c
		w.ownRegs |= 1 << n
	}
	return w.regs[n]
}

func (g *globals) appendKey(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(g.now))
	l := g.left
	return append(b, g.incarnation, l.Stops, l.Crashes, l.Drains, l.Silences, l.Stale, l.Jumps, l.Retires, l.Lost, l.Cuts)
}
