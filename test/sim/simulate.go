package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"parley/test/explore"
	"parley/wire/txwire"
)

// Simulation is one random run of a larger world: the same parts as in an
// exploration, messages that are lost, repeated and late with some
// probability, crashes, and in the end a healed world that has to come to rest.
// Everything follows from the seed.
type Simulation struct {
	explore.Walk
	cfg          *Config
	coordinators []*coordinator
	participants []*participant
	clients      []*client
	logs         []*commitLog
	mail         []*message

	txs    txIndex
	keys   []string
	facts  snapshot
	stored map[txwire.ID]txwire.Committed
	events eventFacts
	err    error
}

// Chances of what happens to a message, in a hundred.
const (
	losePercent   = 10
	repeatPercent = 5
	refusePercent = 4
	faultPercent  = 15
)

// SimulationConfig is the world of a seed: three coordinators and four
// participants, with several clients; with odd seeds every other one has an event. In two of three seeds some share a key; in the
// others journals are restored from copies and collect, which forgets keys.
func SimulationConfig(r *rand.Rand) *Config {
	names := []string{"inventory", "delivery", "kitchen", "courier"}
	cfg := &Config{
		Name: "simulation", Participants: names, Refuses: names, Groups: true, Late: true, Absent: true, Asks: true, Abandons: true,
	}
	lossy := r.IntN(3) == 0
	cfg.Copies, cfg.Collects = lossy, lossy
	for range 3 {
		c := CoordinatorConfig{Crashes: r.IntN(8), Seals: r.IntN(4), Trims: 50, Restarts: 5, Closes: r.IntN(2)}
		for range 40 {
			c.Logs = append(c.Logs, randomName(r))
		}
		cfg.Coordinators = append(cfg.Coordinators, c)
	}
	for i := range 12 {
		order := r.Perm(len(names))[:1+r.IntN(len(names))]
		c := ClientConfig{
			Name: fmt.Sprintf("client%d", i), Key: fmt.Sprintf("key%d", i), Content: "order", Tries: 1 + r.IntN(4), Once: r.IntN(2) == 0,
		}
		if r.IntN(2) == 0 {
			c.Wait = txwire.WaitApplied
		}
		for _, p := range order {
			c.Participants = append(c.Participants, names[p])
		}
		if lossy {
			c.Tries = 1
		}
		cfg.Clients = append(cfg.Clients, c)
		if !lossy && !c.Once && r.IntN(2) == 0 {
			c.Name += "b"
			if r.IntN(2) == 0 {
				c.Content = "another order"
			}
			cfg.Clients = append(cfg.Clients, c)
		}
	}
	return cfg
}

func randomName(r *rand.Rand) string {
	b := make([]byte, 6)
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b)
}

// NewSimulation makes the world of a seed.
func NewSimulation(seed uint64, traced bool) *Simulation {
	r := explore.NewWalk(seed, 0, traced)
	s := &Simulation{
		Walk: r, cfg: SimulationConfig(r.Rand),
		txs: txIndex{numbers: map[txwire.ID]int{}}, stored: map[txwire.ID]txwire.Committed{},
	}
	s.cfg.Events = seed%2 == 1
	for i := range s.cfg.Clients {
		c := &s.cfg.Clients[i]
		c.Event = s.cfg.Events && i%2 == 0
		if !slices.Contains(s.keys, c.Key) {
			s.keys = append(s.keys, c.Key)
		}
		s.clients = append(s.clients, &client{cfg: c})
		s.facts.clients = append(s.facts.clients, clientFacts{key: slices.Index(s.keys, c.Key)})
	}
	for _, name := range s.cfg.Participants {
		s.participants = append(s.participants, newParticipant(s.cfg, name))
		s.facts.parts = append(s.facts.parts, branchSets{})
	}
	for i := range s.cfg.Coordinators {
		c, f := newCoordinator(s.cfg, i)
		s.coordinators = append(s.coordinators, c)
		s.spread(f)
	}
	return s
}

// Run lets steps random things happen, heals the world, and waits for it to
// come to rest.
func (s *Simulation) Run(steps int) error {
	for range steps {
		if s.err != nil {
			break
		}
		s.random()
	}
	if s.err == nil {
		s.heal()
	}
	return s.err
}

// Committed returns how many transactions have committed.
func (s *Simulation) Committed() int { return len(s.stored) }

// Transactions returns how many there ever were.
func (s *Simulation) Transactions() int { return len(s.txs.ids) }

// random lets one thing happen.
func (s *Simulation) random() {
	switch n := s.IntN(100); {
	case n < 45:
		s.randomMessage()
	case n < 65:
		s.randomLog()
	case n < 75:
		s.pickFor(explore.Pick(s.Rand, s.participants))
	case n < 88:
		s.pickTimer(explore.Pick(s.Rand, s.coordinators))
	default:
		c := explore.Pick(s.Rand, s.clients)
		if es := c.events(); len(es) > 0 && s.IntN(4) == 0 {
			s.clientDo(c, es[0])
		}
	}
}

func (s *Simulation) percent(n int) bool { return s.IntN(100) < n }

// randomMessage delivers, repeats or loses one of the messages under way.
func (s *Simulation) randomMessage() {
	if len(s.mail) == 0 {
		return
	}
	i := s.IntN(len(s.mail))
	m := s.mail[i]
	if m.kind == kindSubmit || !s.percent(repeatPercent) {
		last := len(s.mail) - 1
		s.mail[i], s.mail = s.mail[last], s.mail[:last]
	}
	if !s.percent(losePercent) {
		s.deliver(m)
	}
}

// randomLog lets a log apply something, or lets a coordinator learn of one.
func (s *Simulation) randomLog() {
	l := explore.Pick(s.Rand, s.logs)
	if es := l.events(); len(es) > 0 && s.IntN(2) == 0 {
		s.logDo(l, explore.Pick(s.Rand, es))
		return
	}
	c := explore.Pick(s.Rand, s.coordinators)
	es := s.allowed(c, c.logEvents(l, nil, 0))
	if slices.Contains(c.reading, l.name) && s.percent(faultPercent) {
		es = append(es, event{kind: onRead, log: l.name, found: s.stale(l), fault: true})
	}
	s.choose(c, es)
}

// choose takes one of some events, seldom a fault.
func (s *Simulation) choose(c *coordinator, es []event) {
	if len(es) == 0 {
		return
	}
	if e := explore.Pick(s.Rand, es); !e.fault || s.percent(faultPercent) {
		s.coordinatorDo(c, e)
	}
}

// pickTimer fires a timer, or lets a process crash or stop, which is rare.
func (s *Simulation) pickTimer(c *coordinator) {
	es := c.events()
	if len(es) == 0 {
		return
	}
	switch e := explore.Pick(s.Rand, es); e.kind {
	case onCrash, onClose, onAbandon:
		if s.IntN(20) == 0 {
			s.coordinatorDo(c, e)
		}
	case onDeadline, onGiveUp, onNoSubscriber:
		if s.IntN(50) == 0 {
			s.coordinatorDo(c, e)
		}
	default:
		s.coordinatorDo(c, e)
	}
}

// pickFor makes a group durable, or loses it; seldom it does something else to a
// journal.
func (s *Simulation) pickFor(p *participant) {
	es := p.events()
	if p.group == nil && len(es) > 0 && s.IntN(50) == 0 {
		s.participantDo(p, explore.Pick(s.Rand, es))
		return
	}
	if p.group != nil {
		e := es[0]
		if s.percent(faultPercent) {
			e = es[1]
		}
		s.participantDo(p, e)
		return
	}
	s.askAgain(p)
}
