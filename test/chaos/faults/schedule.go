package faults

import (
	"math/rand/v2"
	"slices"
	"time"

	"parley/coordinator"
	"parley/internal/cluster"
	"parley/participants"
)

// Options are what a schedule may contain.
type Options struct {
	Seed   uint64
	Length time.Duration
	// Processes are those of the cluster.
	Processes []cluster.Process
	// Network: links can be broken too.
	Network bool
}

const (
	// quietFirst is before the first fault, so that there is something to
	// break.
	quietFirst = time.Second
	// shortest and longest are between two faults.
	shortest, longest = 300 * time.Millisecond, 1500 * time.Millisecond
	// back is how long a process is left alone after a fault: until it is ready
	// again and takes part.
	back = 3 * time.Second
	// elect is how long brokers are left alone after one of them was away: one
	// that was cut off has stood for election all the time, and when it is back
	// the others have to vote once more, which takes up to 9 s.
	elect = 10 * time.Second
	// recovered is how long brokers are left alone after two of them were dead: a
	// second outage on the heels of the first shows nothing that one long one
	// does not.
	recovered = 20 * time.Second
	// outages are rare, and not part of a short run: nothing can go on.
	outageFrom = time.Minute
	// A journal is restored once in a run, from this long before.
	restoreFrom, restoreMost = 10 * time.Second, 25 * time.Second
)

// Steps at which a process is killed or held: between a vote and its decision,
// between the decision and its delivery, and beside both.
var (
	coordinatorSteps = [...]string{
		coordinator.StepPrepareSent, coordinator.StepAppendBefore, coordinator.StepAppendAfter, coordinator.StepAnswered, coordinator.StepCommitSent,
	}
	participantSteps = [...]string{
		participants.StepPrepareBeforeCommit, participants.StepPrepareAfterCommit, participants.StepVoteSent,
		participants.StepOutcomeBeforeCommit, participants.StepOutcomeAfterCommit, participants.StepAckSent,
	}
)

// clocksOff are by how much clocks are put off: so that an order is over by them,
// below what is refused, and days, in both directions.
var clocksOff = [...]time.Duration{
	11 * time.Second, -11 * time.Second, 50 * time.Minute, -50 * time.Minute,
	25 * time.Hour, -25 * time.Hour, 240 * time.Hour, -240 * time.Hour,
}

// step is a role's step of the protocol.
type step struct{ process, at string }

// planner makes a schedule.
type planner struct {
	Options
	rng *rand.Rand
	now time.Duration
	// busy is until when a process, or one of the names below, is under a
	// fault or recovers from it.
	busy map[string]time.Duration
	// reserved are groups that a fault waits for which needs several together.
	reserved []string

	kinds   *deck[Kind]
	victims *deck[string]
	// clocked have a clock that can be put off, journaled a database.
	clocked, journaled *deck[string]
	offs               *deck[time.Duration]
	restored           bool
	steps              *deck[step]
	links              *deck[[2]string]
}

// What is under one fault at a time, beside the processes.
const (
	theBrokers = "brokers"
	theNetwork = "network"
	// Orders need both participants and one of the coordinators.
	theParticipants = "participants"
	theCoordinators = "coordinators"
)

// Schedule is the faults of a seed, in the order of their times.
func Schedule(o Options) (out []Fault) {
	p := newPlanner(o)
	for p.now = quietFirst; p.now < o.Length; p.now += p.between(shortest, longest) {
		if f, ok := p.next(); ok {
			out = append(out, f)
		}
	}
	return out
}

func newPlanner(o Options) *planner {
	rng := rand.New(rand.NewPCG(o.Seed, 1))
	p := &planner{Options: o, rng: rng, busy: map[string]time.Duration{}}
	kinds := []Kind{Kill, Kill, Kill, Kill, Pause, Pause, Pause, Crash, Crash, Crash, Hold, Hold, Hold, Clock, Clock, Lock, Fail, Fill}
	if o.Network {
		kinds = append(kinds, Cut, Cut, OneWay, OneWay, Isolate, Minority, Slow)
	}
	if o.Length >= outageFrom {
		kinds = append(kinds, Outage, Restore)
	}
	p.kinds = newDeck(rng, kinds...)
	var victims, clocked, journaled []string
	var steps []step
	var links [][2]string
	brokers := p.brokers()
	for _, process := range o.Processes {
		victims = append(victims, process.Name)
		switch process.Role {
		case cluster.RoleIDWorker:
			clocked = append(clocked, process.Name)
		case cluster.RoleCoordinator:
			clocked = append(clocked, process.Name)
			for _, at := range coordinatorSteps {
				steps = append(steps, step{process.Name, at})
			}
		case cluster.RoleInventory, cluster.RoleDelivery:
			clocked, journaled = append(clocked, process.Name), append(journaled, process.Name)
			for _, at := range participantSteps {
				steps = append(steps, step{process.Name, at})
			}
		}
		for _, broker := range brokers {
			if process.Name != broker && (process.Role != cluster.RoleBroker || process.Name < broker) {
				links = append(links, [2]string{process.Name, broker})
			}
		}
	}
	p.victims, p.steps, p.links = newDeck(rng, victims...), newDeck(rng, steps...), newDeck(rng, links...)
	p.clocked, p.journaled, p.offs = newDeck(rng, clocked...), newDeck(rng, journaled...), newDeck(rng, clocksOff[:]...)
	return p
}

func (p *planner) brokers() (names []string) {
	for _, process := range p.Processes {
		if process.Role == cluster.RoleBroker {
			names = append(names, process.Name)
		}
	}
	return names
}

func (p *planner) isBroker(name string) bool { return slices.Contains(p.brokers(), name) }

// group is the name under which only one of several is broken at a time, and
// how long they are then left alone.
func (p *planner) group(name string) (string, time.Duration) {
	for _, process := range p.Processes {
		if process.Name != name {
			continue
		}
		switch process.Role {
		case cluster.RoleBroker:
			return theBrokers, elect
		case cluster.RoleCoordinator:
			return theCoordinators, back
		case cluster.RoleInventory, cluster.RoleDelivery:
			return theParticipants, back
		}
	}
	if name == theBrokers {
		return theBrokers, elect
	}
	return name, back
}

// clockOf is the name under which the clock of a process is under one fault at a
// time.
func clockOf(process string) string { return "clock of " + process }

func (p *planner) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.rng.Int64N(int64(most-least)))
}

// free reports whether none of the names, or of their groups, is under a fault.
func (p *planner) free(names ...string) bool {
	for _, n := range names {
		group, _ := p.group(n)
		if p.busy[n] > p.now || p.busy[group] > p.now || slices.Contains(p.reserved, group) {
			return false
		}
	}
	return true
}

// take notes that the names are under a fault for a while. There is none without
// a target.
func (p *planner) take(f Fault, names ...string) (Fault, bool) {
	for _, n := range names {
		group, rest := p.group(n)
		p.busy[group] = f.At + f.For + rest
	}
	return f, f.Target != ""
}

func (p *planner) next() (Fault, bool) {
	p.reserved = nil
	if len(p.kinds.left) > 0 && !p.possible(p.kinds.left[0]) {
		p.reserved = needs(p.kinds.left[0])
	}
	kind, ok := p.kinds.deal(p.possible)
	if !ok {
		return Fault{}, false
	}
	f := Fault{At: p.now, Kind: kind}
	switch kind {
	case Kill:
		f.Target, _ = p.victims.deal(func(v string) bool { return p.free(v) })
		f.For = p.away(f.Target, 3*time.Second)
		return p.take(f, f.Target)
	case Pause:
		f.Target, _ = p.victims.deal(func(v string) bool { return p.free(v) })
		f.For = p.away(f.Target, 6*time.Second)
		return p.take(f, f.Target)
	case Clock:
		// Also of a process that is under another fault: its clock is that of its
		// machine.
		f.Target, _ = p.clocked.deal(func(v string) bool { return p.free(clockOf(v)) })
		f.Delay, _ = p.offs.deal(func(time.Duration) bool { return true })
		f.For = p.away(f.Target, 6*time.Second)
		return p.take(f, clockOf(f.Target))
	case Lock, Fail, Fill:
		f.Target, _ = p.journaled.deal(func(v string) bool { return p.free(v) })
		f.For = p.away(f.Target, 8*time.Second)
		return p.take(f, f.Target)
	case Restore:
		p.restored = true
		f.Target, _ = p.journaled.deal(func(v string) bool { return p.free(v) })
		f.For = p.between(restoreFrom, restoreMost)
		return p.take(f, f.Target)
	case Crash, Hold:
		s, _ := p.steps.deal(func(s step) bool { return p.free(s.process) })
		f.Target, f.Step = s.process, s.at
		f.For = p.away(f.Target, 4*time.Second)
		return p.take(f, f.Target)
	case Isolate:
		all := p.brokers()
		f.Target = all[p.rng.IntN(len(all))]
		f.For = p.between(2*time.Second, 8*time.Second)
		return p.take(f, theBrokers, theNetwork)
	case Minority:
		return p.minority(f)
	case Outage:
		all := p.brokers()
		spared := p.rng.IntN(len(all))
		all = slices.Delete(all, spared, spared+1)
		f.Target, f.Peers = all[0], all[1:]
		f.For = p.between(time.Second, 4*time.Second)
		f, ok := p.take(f, theBrokers)
		p.busy[theBrokers] = f.At + f.For + recovered
		return f, ok
	default:
		return p.link(f)
	}
}

// away is for how long a process is broken. Without a participant there are no
// orders at all, so they are back sooner, but for once in a while.
func (p *planner) away(name string, most time.Duration) time.Duration {
	if group, _ := p.group(name); group == theParticipants && p.rng.IntN(6) > 0 {
		most /= 6
	}
	return p.between(100*time.Millisecond, most)
}

// needs are the groups that a kind of fault takes together.
func needs(k Kind) []string {
	switch k {
	case Minority:
		return []string{theBrokers, theNetwork, theParticipants, theCoordinators}
	case Isolate:
		return []string{theBrokers, theNetwork}
	case Outage:
		return []string{theBrokers}
	case Cut, OneWay, Slow:
		return []string{theNetwork}
	default:
		return nil
	}
}

// possible reports whether a kind of fault has something to break now.
func (p *planner) possible(k Kind) bool { return p.free(needs(k)...) && p.freeOf(k) }

func (p *planner) freeOf(k Kind) bool {
	switch k {
	case Kill, Pause:
		return slices.ContainsFunc(p.victims.cards, func(v string) bool { return p.free(v) })
	case Clock:
		return slices.ContainsFunc(p.clocked.cards, func(v string) bool { return p.free(clockOf(v)) })
	case Restore:
		if p.restored {
			return false
		}
		fallthrough
	case Lock, Fail, Fill:
		return slices.ContainsFunc(p.journaled.cards, func(v string) bool { return p.free(v) })
	case Crash, Hold:
		return slices.ContainsFunc(p.steps.cards, func(s step) bool { return p.free(s.process) })
	default:
		return true
	}
}

// minority is a broker with a coordinator and a participant, whom a client can
// reach.
func (p *planner) minority(f Fault) (Fault, bool) {
	byRole := map[string][]string{}
	for _, process := range p.Processes {
		byRole[process.Role] = append(byRole[process.Role], process.Name)
	}
	pick := func(names []string) string { return names[p.rng.IntN(len(names))] }
	f.Target = pick(byRole[cluster.RoleBroker])
	f.Peers = []string{pick(byRole[cluster.RoleCoordinator]), pick([]string{cluster.RoleInventory, cluster.RoleDelivery})}
	f.For = p.between(3*time.Second, 8*time.Second)
	return p.take(f, append(f.Peers, theBrokers, theNetwork)...)
}

// link is a fault of one link.
func (p *planner) link(f Fault) (Fault, bool) {
	l, ok := p.links.deal(func(l [2]string) bool { return !p.isBroker(l[0]) || p.free(theBrokers) })
	if !ok {
		return f, false
	}
	f.Target, f.Peers = l[0], l[1:]
	if f.Kind == OneWay && p.rng.IntN(2) == 0 {
		f.Target, f.Peers = l[1], l[:1]
	}
	f.For = p.between(time.Second, 6*time.Second)
	if f.Kind == Slow {
		f.Delay = p.between(20*time.Millisecond, 300*time.Millisecond)
		f.Jitter = f.Delay / 2
	}
	taken := []string{theNetwork}
	if p.isBroker(l[0]) && f.Kind != Slow {
		taken = append(taken, theBrokers)
	}
	return p.take(f, taken...)
}
