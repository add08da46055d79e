package chat

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"parley/test/chat/cluster"
	"parley/test/proc"
)

// faults injects faults into the processes while a crowd is connected, by a seed.
type faults struct {
	*cluster.Cluster
	*crowd
	listener *listener
	oven     *service
	rng      *rand.Rand
	// done counts what was done, by name.
	done map[string]int
}

// fault is one way to break something, and how often.
type fault struct {
	name  string
	times int
	do    func(*faults)
}

func ofOne() []fault {
	return []fault{
		{"gateway killed", 2, (*faults).killGateway},
		{"gateway drained", 1, (*faults).drainGateway},
		{"gateway paused for a moment", 1, (*faults).pauseGateway},
		{"gateway paused until its clients had left", 1, (*faults).pauseLong},
		{"client stalled", 2, (*faults).stallClient},
		{"clients disconnected", 1, (*faults).cutClients},
		{"broker killed", 2, (*faults).killBroker},
	}
}

func ofThree() []fault {
	return []fault{
		{stepDown, 2, (*faults).stepDown},
		{"broker killed", 1, (*faults).killBroker},
		{"gateway killed", 1, (*faults).killGateway},
		{"gateway paused for a moment", 1, (*faults).pauseGateway},
		{"client stalled", 2, (*faults).stallClient},
		{"clients disconnected", 1, (*faults).cutClients},
	}
}

const stepDown = "leaders stepped down"

// traffic is how many messages are acknowledged after each fault, before the
// next.
const traffic = 100

// run injects every fault as often as it is due, in an order by the seed.
func (f *faults) run(kinds []fault) {
	f.Helper()
	var deck []fault
	for _, k := range kinds {
		deck = append(deck, slices.Repeat([]fault{k}, k.times*(*rounds))...)
	}
	f.rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	for _, k := range deck {
		f.once(k)
	}
}

func (f *faults) once(k fault) {
	f.Helper()
	f.Alive()
	began := time.Now()
	k.do(f)
	f.await(f, traffic)
	f.done[k.name]++
	f.Logf("%s: %v", k.name, time.Since(began).Round(time.Millisecond))
}

func (f *faults) gateway() *cluster.Member {
	return f.Cluster.Gateways[f.rng.IntN(len(f.Cluster.Gateways))]
}

func (f *faults) killGateway() {
	g := f.gateway()
	g.Process.Kill()
	f.await(f, traffic/2)
	f.Cluster.Start(g)
}

// drainGateway ends one as an operator does.
func (f *faults) drainGateway() {
	g := f.gateway()
	g.Process.Stop()
	f.Cluster.Start(g)
}

// pauseGateway pauses one so shortly that its clients may not notice.
func (f *faults) pauseGateway() {
	g := f.gateway()
	g.Process.Signal(syscall.SIGSTOP)
	f.await(f, traffic)
	g.Process.Signal(syscall.SIGCONT)
}

// pauseLong pauses one until every client has connected to the other one.
func (f *faults) pauseLong() {
	g := f.gateway()
	g.Process.Signal(syscall.SIGSTOP)
	proc.Eventually(f, proc.Patience, "its clients leave a gateway that is paused", func() error {
		if n := g.Connected.Load(); n > 0 {
			return fmt.Errorf("%d are still connected", n)
		}
		return nil
	})
	g.Process.Signal(syscall.SIGCONT)
}

func (f *faults) stallClient() { f.order(stall) }

func (f *faults) cutClients() {
	for range len(f.raw) / 4 {
		f.order(cut)
	}
}

// order gives an order to a client, unless it has one already.
func (f *faults) order(o order) {
	select {
	case f.raw[f.rng.IntN(len(f.raw))].orders <- o:
	default:
	}
}

func (f *faults) killBroker() {
	b := f.Brokers[f.rng.IntN(len(f.Brokers))]
	f.Restart(b, func() {
		if len(f.Brokers) > 1 {
			f.await(f, traffic)
		}
	})
}

// atOnce is how many messages are on their way to the stream when its leader
// steps down: the more, the more of them are stored and not re-sent.
const atOnce = 400

// stepDown makes the stream's leaders step down, one after another, while much is on its
// way to them.
func (f *faults) stepDown() {
	before := f.listener.count()
	if err := f.oven.post(atOnce); err != nil {
		f.Fatal(err)
	}
	proc.Eventually(f, proc.Patience, "receiving some of what is on its way", func() error {
		if f.listener.count() < before+atOnce/8 {
			return errors.New("not yet")
		}
		return nil
	})
	for range 3 {
		proc.Eventually(f, proc.Patience, "the leader steps down", f.listener.stepDown)
		proc.Eventually(f, proc.Patience, "a leader", func() error { _, err := f.listener.leader(); return err })
	}
}
