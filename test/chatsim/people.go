package chatsim

import (
	"fmt"
	"slices"
	"strings"

	"parley/chatgw/rooms/presence"
	"parley/test/explore"
	"parley/wire"
	"parley/wire/chatwire"
)

// Times of a presence world, in milliseconds.
const (
	peopleStep = 100
	grace      = 3000
	settle     = 800
	account    = 1500
	silence    = 3 * account
)

// PeopleWorld is several gateways' presence cores, what they publish,
// and people who arrive, reload, change gateways and leave. Everything follows from
// the seed.
type PeopleWorld struct {
	explore.Walk
	now int64
	// lossy: what gateways publish may get lost, and they may be cut off; then
	// only what they know in the end is checked, not what they write.
	lossy    bool
	gateways []*gateway
	people   []*visitor
	names    int
	// startAt is when the last gateway started, killAt when one died.
	startAt, killAt int64
	// lines are the notices that the stream stored, and known their ids.
	lines []presence.Notice
	known map[string]bool
}

// gateway is one process.
type gateway struct {
	name   string
	core   *presence.Core
	alive  bool
	online bool
	// coming are the messages of others, in order, with the time they arrive.
	coming []delivery
}

type delivery struct {
	at int64
	m  chatwire.Presence
}

// visitor is a person with a plan: stays, each of several sessions.
type visitor struct {
	name  string
	tabs  []tab
	until int64 // end of this stay, or of this absence
	here  bool
	back  int64 // when its reload ends, 0 if it is not reloading
	moved int64 // when it came or went last
	stays int
	tabNo int
}

type tab struct {
	g       *gateway
	session string
}

const peopleRoom = "room"

// NewPeopleWorld makes the world of a seed. Every other one is lossy.
func NewPeopleWorld(seed uint64, traced bool) *PeopleWorld {
	w := &PeopleWorld{Walk: explore.NewWalk(seed, 1, traced), now: 1_000_000, lossy: seed%2 == 0, known: map[string]bool{}}
	for range 1 + w.IntN(3) {
		w.addGateway()
	}
	for i := range 1 + w.IntN(6) {
		w.people = append(w.people, &visitor{name: fmt.Sprint("user", i), until: w.now + w.Int64N(4*grace)})
	}
	return w
}

func (w *PeopleWorld) addGateway() {
	w.names++
	w.startAt = w.now
	// The order of the names is not that of their ages.
	name := wire.Token([10]byte{byte(w.IntN(256)), byte(w.names)})
	w.gateways = append(w.gateways, &gateway{name: name, alive: true, online: true, core: presence.New(name, presence.Limits{
		Grace: grace, Settle: settle, Account: account, Silence: silence, Notices: 100, Names: 100, Claims: 1000,
	})})
}

// Run lets time pass with everything that happens, then without faults until
// all must agree, and checks.
func (w *PeopleWorld) Run(steps int) error {
	for range steps {
		w.disturb()
		w.step()
	}
	for _, g := range w.gateways {
		if g.alive && !g.online {
			g.online = true
			w.act(g, func() { g.core.Online(w.now, true) })
		}
	}
	lossy := w.lossy
	w.lossy = false
	for range 3 * (grace + silence + account) / peopleStep {
		w.step()
	}
	if err := w.checkPeople(); err != nil || lossy {
		return err
	}
	return w.checkLines()
}

// step is one moment.
func (w *PeopleWorld) step() {
	w.now += peopleStep
	for _, p := range w.people {
		w.move(p)
	}
	for _, g := range w.gateways {
		if !g.alive {
			continue
		}
		for len(g.coming) > 0 && g.coming[0].at <= w.now {
			m := g.coming[0].m
			g.coming = g.coming[1:]
			w.act(g, func() { g.core.Receive(w.now, m) })
		}
		w.act(g, func() { g.core.Tick(w.now) })
	}
}

// disturb lets a gateway die, start or be cut off, now and then.
func (w *PeopleWorld) disturb() {
	switch w.IntN(400) {
	case 0:
		if alive := w.alive(); len(alive) > 1 && !w.arriving() {
			w.kill(alive[w.IntN(len(alive))])
		}
	case 1:
		// One that starts does not learn of the people of a dead one. (The
		// shell reads the room's last notice before it writes.)
		if len(w.gateways) < 12 && (w.lossy || w.now-w.killAt > 2*silence) {
			w.addGateway()
		}
	case 2:
		g := w.gateways[w.IntN(len(w.gateways))]
		if w.lossy && g.alive {
			g.online = !g.online
			w.act(g, func() { g.core.Online(w.now, g.online) })
		}
	}
}

// arriving reports whether somebody has just come, or a gateway has: one that
// dies then may take with it what nobody else knows yet.
func (w *PeopleWorld) arriving() bool {
	if w.now-w.startAt < settle {
		return true
	}
	return !w.lossy && slices.ContainsFunc(w.people, func(p *visitor) bool { return p.here && w.now-p.moved < settle+4*peopleStep })
}

// kill ends a gateway, with a word or without. Most of its people come
// elsewhere.
func (w *PeopleWorld) kill(g *gateway) {
	if w.IntN(2) == 0 {
		w.act(g, g.core.Close)
	}
	g.alive, w.killAt = false, w.now
	for _, p := range w.people {
		n := len(p.tabs)
		p.tabs = slices.DeleteFunc(p.tabs, func(t tab) bool { return t.g == g })
		switch {
		case n == 0 || len(p.tabs) > 0:
		case w.IntN(4) == 0:
			p.leave(w)
		default:
			p.back = w.now + w.Int64N(grace/2)
		}
	}
}

// leave ends a stay, for long.
func (p *visitor) leave(w *PeopleWorld) {
	p.here, p.moved, p.until = false, w.now, w.now+3*(grace+silence)+w.Int64N(4*grace)
}

func (w *PeopleWorld) alive() (list []*gateway) {
	for _, g := range w.gateways {
		if g.alive {
			list = append(list, g)
		}
	}
	return list
}

// move lets a person do something. Absences are either much shorter than the
// grace or much longer, stays much longer than it takes to notice them.
func (w *PeopleWorld) move(p *visitor) {
	switch {
	case !p.here && w.now >= p.until:
		p.here, p.moved, p.until = true, w.now, w.now+3*settle+w.Int64N(4*grace)
		p.stays++
		w.open(p)
	case p.here && w.now >= p.until && p.back == 0:
		for len(p.tabs) > 0 {
			w.shut(p)
		}
		p.leave(w)
	case p.back != 0 && w.now >= p.back:
		p.back = 0
		w.open(p)
	case p.here && p.back == 0 && w.IntN(15) == 0:
		if w.IntN(2) == 0 && len(p.tabs) < 3 {
			w.open(p)
		} else if w.shut(p); len(p.tabs) == 0 {
			p.back = w.now + w.Int64N(grace/2)
		}
	}
}

func (w *PeopleWorld) open(p *visitor) {
	alive := w.alive()
	p.tabNo++
	t := tab{alive[w.IntN(len(alive))], fmt.Sprint(p.tabNo)}
	p.tabs = append(p.tabs, t)
	w.act(t.g, func() { t.g.core.Enter(w.now, peopleRoom, p.name, t.session) })
}

func (w *PeopleWorld) shut(p *visitor) {
	t := p.tabs[0]
	p.tabs = p.tabs[1:]
	w.act(t.g, func() { t.g.core.Exit(w.now, peopleRoom, p.name, t.session) })
}

// act lets something happen at a gateway and publishes what it reports.
func (w *PeopleWorld) act(g *gateway, f func()) {
	f()
	for _, a := range g.core.Actions() {
		w.Step(func() string { return fmt.Sprintf("at %d %s: %T %+v", w.now, g.name, a, a) })
		switch a := a.(type) {
		case presence.Publish:
			w.spread(g, a.Message)
		case presence.Notice:
			if id := fmt.Sprint(a); !w.known[id] {
				w.known[id] = true
				w.lines = append(w.lines, a)
			}
		}
	}
}

// spread publishes a message to every gateway, the sender included.
func (w *PeopleWorld) spread(from *gateway, m chatwire.Presence) {
	m, err := wire.Decode[chatwire.Presence](wire.Encode(m))
	if err != nil {
		panic(err)
	}
	for _, to := range w.gateways {
		lost := !from.online || !to.online || w.lossy && w.IntN(5) == 0
		if !lost {
			to.coming = append(to.coming, delivery{w.now + w.Int64N(2)*peopleStep, m})
		}
	}
}

// checkPeople holds what the gateways know against the truth.
func (w *PeopleWorld) checkPeople() error {
	var truth []string
	for _, p := range w.people {
		if p.here {
			truth = append(truth, p.name)
		}
	}
	// Not every gateway knows yet who has just come or left.
	for _, g := range w.alive() {
		names, _ := g.core.People(peopleRoom, 100)
		for _, p := range w.people {
			if w.now-p.moved > grace+silence+settle && slices.Contains(names, p.name) != p.here {
				return fmt.Errorf("gateway %s reports that %v are present, present are %v", g.name, names, truth)
			}
		}
	}
	return nil
}

// checkLines: each person has notices that it came and that it left, in
// turn, once for each stay.
func (w *PeopleWorld) checkLines() error {
	for _, p := range w.people {
		var kinds []string
		for _, n := range w.lines {
			if n.User == p.name {
				kinds = append(kinds, string(n.Kind))
			}
		}
		for i, k := range kinds {
			if k != []string{"join", "leave"}[i%2] {
				return fmt.Errorf("%s has the notices %s", p.name, strings.Join(kinds, ", "))
			}
		}
		if n := (len(kinds) + 1) / 2; n > p.stays || n < p.stays-1 {
			return fmt.Errorf("%s was present %d times and has the notices %s", p.name, p.stays, strings.Join(kinds, ", "))
		}
	}
	return nil
}
