package idsim

import (
	"fmt"
	"math/rand/v2"

	"parley/idworker/lease"
	"parley/test/explore"
)

// Simulation is one random run of a larger world: the same parts as in an
// exploration with the times of production, and in the end a healed world in
// which numbers must be held again. Everything follows from the seed.
type Simulation struct {
	explore.Walk
	w *world
}

// Chances in a thousand of what happens in a step. The rest is answers.
const (
	tickChance  = 250
	applyChance = 150
	takeChance  = 150
	moodChance  = 12
	stopChance  = 5
	// staleChance and silenceChance are of an answer, wakeChance is of a process
	// that is stopped.
	staleChance   = 50
	silenceChance = 60
	wakeChance    = 10
)

// SimulationConfig is the world of a seed: more processes than numbers, on a
// broker that keeps what it acknowledged, or on one that does not.
func SimulationConfig(r *rand.Rand) *Config {
	cfg := &Config{
		Name: "simulation", Processes: 2 + r.IntN(6), Numbers: 1 + r.IntN(maxNumbers-1), Production: true, Unverified: r.IntN(4) == 0,
		Offsets: []int64{0, 0, -1, 40, -3_000, 4_000, 6_000, -86_400_000, 3_600_000},
	}
	if cfg.Numbers > 1 && r.IntN(4) == 0 {
		cfg.Poisoned = []int{r.IntN(cfg.Numbers)}
	}
	for range cfg.Processes {
		cfg.Starts = append(cfg.Starts, r.IntN(cfg.Numbers))
	}
	return cfg
}

// NewSimulation makes the world of a seed.
func NewSimulation(seed uint64, traced bool) *Simulation {
	s := &Simulation{Walk: explore.NewWalk(seed, 0, traced)}
	s.w = newWorld(SimulationConfig(s.Rand))
	if s.w.cfg.Unverified {
		s.w.g.left.Cuts = 1 // which also keeps older records
	} else {
		s.w.g.left.Stale = 1
	}
	return s
}

// Run takes random steps and then heals the world. The error names the invariant
// that is broken, if one is.
func (s *Simulation) Run(steps int) error {
	for range steps {
		e, ok := s.pick()
		if !ok {
			continue
		}
		s.do(e)
		if b := s.w.broken; b != nil {
			return fmt.Errorf("step %d: %w", s.Steps(), b)
		}
	}
	if b := s.w.heal(); b != nil {
		return fmt.Errorf("after all trouble ended: %w", b)
	}
	return nil
}

func (s *Simulation) do(e event) {
	s.Step(func() string { return s.w.text(e) })
	troubles := s.w.g.left
	s.w.do(e)
	s.w.g.left = troubles // chances bound them, not numbers
}

// chance is true n times in a thousand.
func (s *Simulation) chance(n int) bool { return s.IntN(1000) < n }

func (s *Simulation) pick() (event, bool) {
	p := int8(s.IntN(len(s.w.procs)))
	n := int8(s.IntN(len(s.w.regs)))
	switch at := s.IntN(1000); {
	case at < tickChance:
		return event{kind: onTick, ms: s.span()}, true
	case at < tickChance+applyChance:
		return s.one(func(yield func(event)) {
			for n := range s.w.regs {
				s.w.registerEvents(int8(n), func(e event) {
					if e.kind == onApply {
						yield(e)
					}
				})
			}
		})
	case at < tickChance+applyChance+takeChance:
		q := s.w.process(int(p))
		q.takes = 2
		return event{kind: onTake, at: p, count: s.count()}, q.r != nil
	case at < tickChance+applyChance+takeChance+moodChance:
		return s.mood(p, n)
	default:
		return s.answer(p)
	}
}

// span is by how much time moves on: mostly as long as a request takes, at times
// past a lease.
func (s *Simulation) span() int64 {
	switch {
	case s.chance(5):
		return 1 + s.Int64N(30_000)
	case s.chance(200):
		return 1 + s.Int64N(2_000)
	default:
		return 1 + s.Int64N(100)
	}
}

func (s *Simulation) count() int32 {
	if s.chance(20) {
		return everyID
	}
	return 1 + s.Int32N(20_000)
}

// mood is what a process, its operator or the broker does by itself.
func (s *Simulation) mood(p, n int8) (event, bool) {
	q := s.w.procs[p]
	running := q.m != nil
	switch s.IntN(6) {
	case 0:
		return event{kind: onCrash, at: p}, running
	case 1:
		return event{kind: onDrain, at: p}, running
	case 2:
		return event{kind: onRestart, at: p}, !running
	case 3:
		return event{kind: onJump, at: p, offset: s.w.cfg.Offsets[s.IntN(len(s.w.cfg.Offsets))]}, true
	case 4:
		e := event{kind: onRetire, at: n}
		s.w.seeNewest(&e)
		return e, !s.w.cfg.Unverified
	default:
		rows := len(s.w.regs[n].rows)
		return event{kind: onCut, at: n, n: int8(1 + s.IntN(max(rows, 1)))}, s.w.cfg.Unverified && rows > 0
	}
}

// answer is the answer that the process receives.
func (s *Simulation) answer(p int8) (event, bool) {
	q := s.w.process(int(p))
	switch {
	case q.m == nil:
		return event{kind: onRestart, at: p}, s.chance(wakeChance)
	case q.stopped && !s.chance(wakeChance):
		return event{}, false
	case s.chance(stopChance):
		return event{kind: onStop, at: p}, !q.stopped
	}
	if _, waits := q.open.(lease.Wait); !waits && s.chance(silenceChance) {
		return event{kind: onSilence, at: p}, true
	}
	stale := s.w.g.left.Stale
	if s.chance(staleChance) && stale > 0 {
		s.w.g.left.Stale = maxNumbers
	} else {
		s.w.g.left.Stale = 0
	}
	defer func() { s.w.g.left.Stale = stale }()
	return s.one(func(yield func(event)) { s.w.answers(p, yield) })
}

// one of what a function yields.
func (s *Simulation) one(of func(yield func(event))) (chosen event, ok bool) {
	n := 0
	of(func(e event) {
		n++
		if s.IntN(n) == 0 {
			chosen, ok = e, true
		}
	})
	return chosen, ok
}

// IDs is how many IDs were made.
func (s *Simulation) IDs() (n int64) {
	for _, r := range s.w.regs {
		for _, t := range r.taken {
			n += t.to - t.from
		}
	}
	return n
}

// Records is how many records were stored.
func (s *Simulation) Records() (n uint64) {
	for _, r := range s.w.regs {
		n += r.last(s.w.g.incarnation)
	}
	return n
}
