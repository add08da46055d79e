package ids

import (
	"context"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"parley/test/proc"
)

// faults breaks a crew, by a seed.
type faults struct {
	*crew
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
		{"broker killed", 1, (*faults).broker},
	}
}

// pause is between two faults.
const pause = 400 * time.Millisecond

// run breaks things until ctx ends, and then mends what stands still or has a
// wrong clock.
func (f *faults) run(ctx context.Context) {
	all := kinds()
	var lots []fault
	for _, k := range all {
		lots = append(lots, slices.Repeat([]fault{k}, k.share)...)
	}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	var still []*member // in the order in which they stopped
	for {
		select {
		case <-ctx.Done():
			for _, m := range f.members {
				f.wake(m)
				f.setClock(m, 0)
			}
			return
		case <-tick.C:
		}
		if len(still) > 0 && time.Since(still[0].stopped) > pastLease {
			f.wake(still[0])
			f.done["gone on past the lease"]++
			still = still[1:]
		}
		k, m := lots[f.rng.IntN(len(lots))], f.members[f.rng.IntN(len(f.members))]
		if !m.stopped.IsZero() || k.name == standStill && len(still) == maxStill {
			continue
		}
		k.do(f, m)
		f.done[k.name]++
		if !m.stopped.IsZero() {
			still = append(still, m)
		}
	}
}

const (
	standStill = "stand still"
	// pastLease is how long one stands still: longer than any lease reaches.
	pastLease = 12 * time.Second
)

// maxStill bounds how many stand still at once, so that the others can work.
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

func (f *faults) broker(*member) { f.restartBroker() }
