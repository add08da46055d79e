package chatgw

import (
	"sync"
	"time"
)

// people are those who are connected to this gateway.
type people struct {
	mu  sync.Mutex
	all map[string]*person
}

// person is all connections of one user.
type person struct {
	name string
	// Guarded by people.mu.
	connections int
	messages    bucket
}

// enter counts a connection of a user.
func (p *people) enter(user string) *person {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.all[user]
	if who == nil {
		who = &person{name: user}
		p.all[user] = who
	}
	who.connections++
	return who
}

// leave ends it.
func (p *people) leave(who *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who.connections--
}

// sweep forgets disconnected people once nothing of their rate is used any more: else
// coming back would be a way around it.
func (p *people) sweep(now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, who := range p.all {
		if who.connections == 0 && who.messages.full <= now {
			delete(p.all, name)
		}
	}
}

// takeMessage takes one message of the person's rate, or returns how long to wait.
func (p *people) takeMessage(who *person, now time.Duration, r rate) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return who.messages.take(now, r)
}

// count is how many people are connected.
func (p *people) count() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, who := range p.all {
		if who.connections > 0 {
			n++
		}
	}
	return n
}
