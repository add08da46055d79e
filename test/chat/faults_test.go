package chat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"parley/test/proc"
)

// faults breaks a crew under the eyes of a crowd, by a seed.
type faults struct {
	*crew
	*crowd
	heard *listener
	rng   *rand.Rand
	// done counts what was done, by name.
	done map[string]int
}

// fault is one way to break something, and how often.
type fault struct {
	name  string
	times int
	do    func(*faults)
}

// ofBoth are what may happen with any number of brokers.
func ofBoth(share int) []fault {
	return []fault{
		{"gateway killed", 2 * share, (*faults).killGateway},
		{"gateway drained", share, (*faults).drainGateway},
		{"gateway stood still for a moment", share, (*faults).pauseGateway},
		{"gateway stood still until its clients had left", 1, (*faults).pauseLong},
		{"client stalled", 2 * share, (*faults).stallClient},
		{"clients disconnected", share, (*faults).cutClients},
	}
}

func ofOne() []fault { return append(ofBoth(2), fault{"broker killed", 2, (*faults).killBroker}) }

func ofThree() []fault {
	return append(ofBoth(1), fault{"broker killed", 1, (*faults).killBroker}, fault{"leader stepped down", 8, (*faults).stepDown})
}

// traffic is how many messages are acknowledged after each fault, before the
// next.
const traffic = 150

// run breaks everything as often as it is due, in an order by the seed.
func (f *faults) run(kinds []fault) {
	f.Helper()
	var deck []fault
	for _, k := range kinds {
		deck = append(deck, slices.Repeat([]fault{k}, k.times)...)
	}
	f.rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	for _, k := range deck {
		f.once(k)
	}
}

func (f *faults) once(k fault) {
	f.Helper()
	f.alive()
	began := time.Now()
	k.do(f)
	f.await(f, traffic)
	f.done[k.name]++
	f.Logf("%s: %v", k.name, time.Since(began).Round(time.Millisecond))
}

func (f *faults) gateway() *gateway { return f.crew.gateways[f.rng.IntN(len(f.crew.gateways))] }

func (f *faults) killGateway() {
	g := f.gateway()
	g.process.Kill()
	f.await(f, traffic/3)
	f.crew.start(g)
}

// drainGateway ends one as an operator does.
func (f *faults) drainGateway() {
	g := f.gateway()
	g.process.Stop()
	f.crew.start(g)
}

// pauseGateway lets one stand still so shortly that its clients may not notice.
func (f *faults) pauseGateway() {
	g := f.gateway()
	g.process.Signal(syscall.SIGSTOP)
	f.await(f, traffic)
	g.process.Signal(syscall.SIGCONT)
}

// pauseLong lets one stand still until everybody has gone to the other one.
func (f *faults) pauseLong() {
	g := f.gateway()
	g.process.Signal(syscall.SIGSTOP)
	proc.Eventually(f, proc.Patience, "its clients leave a gateway that stands still", func() error {
		if n := g.here.Load(); n > 0 {
			return fmt.Errorf("%d are still there", n)
		}
		return nil
	})
	g.process.Signal(syscall.SIGCONT)
}

func (f *faults) stallClient() { f.order(stall) }

func (f *faults) cutClients() {
	for range len(f.raw) / 4 {
		f.order(cut)
	}
}

// order tells a client, unless it has an order already.
func (f *faults) order(o order) {
	select {
	case f.raw[f.rng.IntN(len(f.raw))].orders <- o:
	default:
	}
}

func (f *faults) killBroker() {
	b := f.brokers[f.rng.IntN(len(f.brokers))]
	f.restart(b, func() {
		if len(f.brokers) > 1 {
			f.await(f, traffic)
		}
	})
}

// stepDown takes the stream's leader out of office while everybody writes as
// fast as they can.
func (f *faults) stepDown() {
	f.hurry.Store(true)
	f.await(f, traffic)
	proc.Eventually(f, proc.Patience, "the leader steps down", f.heard.stepDown)
	proc.Eventually(f, proc.Patience, "a leader", func() error { _, err := f.heard.leader(); return err })
	f.await(f, traffic)
	f.hurry.Store(false)
}
