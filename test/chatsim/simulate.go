package chatsim

import (
	"parley/chatgw/rooms/machine"
	"parley/test/explore"
)

// Simulation is one random run of a larger world. Everything follows from the
// seed.
type Simulation struct {
	explore.Walk
	world *world
	// weight of each kind of event.
	weight [onLeave + 1]int
}

// NewSimulation makes the world of a seed.
func NewSimulation(seed uint64, traced bool) *Simulation {
	r := explore.NewWalk(seed, 0, traced)
	cfg := &Config{
		Name: "simulation", Stores: 20 + r.IntN(200), Removals: r.IntN(120), Purges: r.IntN(2), Own: r.IntN(2) == 0,
		Copies: 1 + r.IntN(2), Tails: r.IntN(40), Failures: r.IntN(20), Batch: 1 + r.IntN(8),
		Limits: machine.Limits{
			Page: 1 + r.IntN(6), Ring: 1 + r.IntN(12), RingBytes: 1 << 20, Missed: 1 + r.IntN(20),
			Ahead: 1 + r.IntN(8), Hole: 1 + r.IntN(30), Tries: 1 + r.IntN(5), ClaimTries: 1 + r.IntN(4),
		},
	}
	for range 1 + r.IntN(6) {
		m := MemberConfig{Joins: 1 + r.IntN(30)}
		switch r.IntN(4) {
		case 0:
			m.Epoch, m.Number = epoch, uint64(r.IntN(60))
		case 1:
			m.Epoch, m.Number = other, uint64(r.IntN(60))
		}
		cfg.Members = append(cfg.Members, m)
	}
	s := &Simulation{Walk: r, world: newWorld(cfg)}
	for i := range s.weight {
		s.weight[i] = 1 + r.IntN(20)
	}
	return s
}

// Run lets random things happen until there is nothing left or steps have been
// taken, then heals the world. The error is what did not hold.
func (s *Simulation) Run(steps int) error {
	w := s.world
	for range steps {
		es := w.events()
		if w.broken != nil || len(es) == 0 {
			break
		}
		e := s.pick(es)
		s.Step(e.String)
		w.try(e)
	}
	if w.broken == nil {
		w.broken = w.healed()
	}
	if w.broken != nil {
		return w.broken
	}
	return nil
}

// pick takes one of some events. Kinds have weights, so that some runs lose
// nearly everything and others nearly nothing; replicas are seldom far behind.
func (s *Simulation) pick(es []event) event {
	best := len(s.world.log.ops)
	total := 0
	weigh := func(e event) int {
		n := 4 * s.weight[e.kind]
		if e.ops > 0 || e.kind == onRead || e.kind == onFill || e.kind == onRecover || e.kind == onTail {
			n /= 1 << min(best-e.ops, 10)
		}
		return n
	}
	for _, e := range es {
		total += weigh(e)
	}
	at := s.IntN(max(total, 1))
	for _, e := range es {
		if at -= weigh(e); at < 0 {
			return e
		}
	}
	return es[0]
}

// Stored returns how many messages there were.
func (s *Simulation) Stored() int { return s.world.stores }
