package hosts

import (
	"fmt"
	"time"
)

// Counts is what a link did so far.
type Counts struct {
	Passed, Dropped uint64 // packets
	Bytes           uint64 // of those that passed
}

// Cut drops everything between two hosts, from when it returns.
func (n *Network) Cut(a, b string) { n.CutOneWay(a, b); n.CutOneWay(b, a) }

// CutOneWay drops everything that one host sends to another; the way back stays
// as it is.
func (n *Network) CutOneWay(from, to string) { n.link(from, to).set(func(l *link) { l.cut = true }) }

// Isolate cuts a host from all others, the driver included.
func (n *Network) Isolate(name string) {
	for _, other := range n.names() {
		if other != name {
			n.Cut(name, other)
		}
	}
}

// Slow delays every packet between two hosts, in both directions, by delay and,
// at random, up to jitter more. Their order is kept.
func (n *Network) Slow(a, b string, delay, jitter time.Duration) {
	for _, l := range []*link{n.link(a, b), n.link(b, a)} {
		l.once.Do(func() { n.running.Go(func() { l.deliver(n.ctx) }) })
		l.set(func(l *link) { l.delay, l.jitter = delay, jitter })
	}
}

// Heal ends what Cut, CutOneWay and Slow did between two hosts, in both
// directions. What is under way on a slow link still arrives when it is due.
func (n *Network) Heal(a, b string) {
	for _, l := range []*link{n.link(a, b), n.link(b, a)} {
		l.set(func(l *link) { l.cut, l.delay, l.jitter = false, 0, 0 })
	}
}

// HealAll heals every link.
func (n *Network) HealAll() {
	names := n.names()
	for i, a := range names {
		for _, b := range names[:i] {
			n.Heal(a, b)
		}
	}
}

// Count returns what the link from one host to another did so far. Packets that
// wait on a slow link are not counted yet.
func (n *Network) Count(from, to string) Counts {
	l := n.link(from, to)
	return Counts{Passed: l.passed.Load(), Dropped: l.dropped.Load(), Bytes: l.bytes.Load()}
}

func (n *Network) names() (names []string) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, h := range n.hosts {
		names = append(names, h.name)
	}
	return names
}

// link finds a link. That there is none is a mistake in the test.
func (n *Network) link(from, to string) *link {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for p, l := range n.links {
		if p.from.name == from && p.to.name == to {
			return l
		}
	}
	panic(fmt.Sprintf("hosts: there is no link from %q to %q", from, to))
}
