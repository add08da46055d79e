package ids

import (
	"context"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"parley/test/proc"
)

// faults breaks a harness, by a seed.
type faults struct {
	*harness
	rng *rand.Rand
	// done counts what was done, by name.
	done map[string]int
}

// fault is one way to break something, and its share of all of them.
type fault struct {
	name  string
	share int
	do    func(*faults, *member)
}

func kinds() []fault {
	return []fault{
		{"kill", 4, (*faults).kill},
		{"hand over", 6, (*faults).handOver},
		{standStill, 2, (*faults).standStill},
		{"clock an hour back", 2, clockBy(-time.Hour)},
		{"clock an hour ahead", 2, clockBy(time.Hour)},
		{"clock a little off", 2, clockBy(1500 * time.Millisecond)},
		{"clock right again", 3, clockBy(0)},
		{"broker killed", 1, (*faults).restartBroker},
	}
}

// pause is between two faults.
const pause = 400 * time.Millisecond

// run breaks things until ctx ends and everything has happened once, and then
// mends what stands still or has a wrong clock. Faults are dealt like cards, so
// that none is left out for long; the first one stands still, since it goes on
// only past its lease.
func (f *faults) run(ctx context.Context) {
	var deck []fault
	tick := time.NewTicker(pause)
	defer tick.Stop()
	late := time.After(longest)
	var still []*member // in the order in which they stopped
	for over := false; !over; {
		select {
		case <-late:
			over = true
		case <-tick.C:
			over = ctx.Err() != nil && len(f.missing()) == 0
		}
		if len(still) > 0 && time.Since(still[0].stopped) > pastLease {
			f.wake(still[0])
			f.done[goneOn]++
			still = still[1:]
		}
		if len(deck) == 0 {
			deck = f.shuffled()
		}
		k, m := deck[0], f.members[f.rng.IntN(len(f.members))]
		if !m.stopped.IsZero() {
			continue
		}
		deck = deck[1:]
		if k.name == standStill && len(still) == maxStill {
			continue
		}
		k.do(f, m)
		f.done[k.name]++
		if !m.stopped.IsZero() {
			still = append(still, m)
		}
	}
	for _, m := range f.members {
		f.wake(m)
		f.setClock(m, 0)
	}
}

// shuffled is every kind as often as its share.
func (f *faults) shuffled() (deck []fault) {
	for _, k := range kinds() {
		deck = append(deck, slices.Repeat([]fault{k}, k.share)...)
	}
	f.rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	if f.done[standStill] == 0 {
		i := slices.IndexFunc(deck, func(k fault) bool { return k.name == standStill })
		deck[0], deck[i] = deck[i], deck[0]
	}
	return deck
}

// missing are the names of what has not happened yet.
func (f *faults) missing() (names []string) {
	for _, k := range append(kinds(), fault{name: goneOn}) {
		if f.done[k.name] == 0 {
			names = append(names, k.name)
		}
	}
	return names
}

const (
	standStill = "stand still"
	goneOn     = "gone on past the lease"
	// longest bounds the wait for what is still missing on a slow machine.
	longest = 5 * time.Minute
	// pastLease is how long one stands still: longer than any lease reaches.
	pastLease = 12 * time.Second
)

// maxStill bounds how many stand still at the same time, so that the others can work.
const maxStill = 3

func (f *faults) kill(m *member) {
	m.process.Kill()
	f.start(m)
}

// handOver ends it as an operator does. One that has only just been started may
// not listen to signals yet, and is ended by this one: exit code -1.
func (f *faults) handOver(m *member) {
	if code := m.process.Interrupt(); code != proc.ExitOK && code != -1 {
		f.Errorf("%s: exit %d after Ctrl-C, want 0", m.name, code)
	}
	f.start(m)
}

func (f *faults) standStill(m *member) {
	m.process.Signal(syscall.SIGSTOP)
	m.stopped = time.Now()
}

func (f *faults) wake(m *member) {
	if !m.stopped.IsZero() {
		m.process.Signal(syscall.SIGCONT)
		m.stopped = time.Time{}
	}
}

func clockBy(d time.Duration) func(*faults, *member) {
	return func(f *faults, m *member) { f.setClock(m, d) }
}

func (f *faults) restartBroker(*member) {
	f.broker.Kill()
	f.broker.Restart()
}
