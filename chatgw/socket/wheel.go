package socket

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"parley/chatgw/frame"
)

// slots divide the time between two pings of a connection, so that not all are
// pinged at the same time.
const slots = 64

// wheel holds all connections, and turns once between two pings of each.
type wheel struct {
	mu    sync.Mutex
	slots [slots][]*Conn
	count int
}

// place is where a connection is on the wheel.
type place struct {
	slot  uint16
	index uint32
}

func (w *wheel) add(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.slots[c.place.slot]
	c.place.index = uint32(len(*s))
	*s = append(*s, c)
	w.count++
}

func (w *wheel) remove(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.slots[c.place.slot]
	last := len(*s) - 1
	(*s)[c.place.index] = (*s)[last]
	(*s)[c.place.index].place.index = c.place.index
	(*s)[last] = nil
	*s = (*s)[:last]
	w.count--
}

// all are the connections of now, in random order.
func (w *wheel) all() []*Conn {
	w.mu.Lock()
	conns := make([]*Conn, 0, w.count)
	for _, s := range w.slots {
		conns = append(conns, s...)
	}
	w.mu.Unlock()
	rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })
	return conns
}

// turn beats for each connection once in every, until ctx ends.
func (w *wheel) turn(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(max(every/slots, time.Millisecond))
	defer tick.Stop()
	ping := message(opPing, nil)
	var conns []*Conn
	for at := 0; ; at = (at + 1) % slots {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		w.mu.Lock()
		conns = append(conns[:0], w.slots[at]...)
		w.mu.Unlock()
		for _, c := range conns {
			c.beat(ping)
		}
		clear(conns)
	}
}

// maxMissed is after how many beats without a sign of life a connection is
// closed.
const maxMissed = 2

func (c *Conn) beat(ping []byte) {
	c.guard.beat()
	if c.alive.Swap(false) {
		c.missed = 0
	} else if c.missed++; c.missed >= maxMissed {
		c.Close(Bye{Code: frame.CloseSilent, Reason: "nothing was heard of you, not even the answer to a ping"})
		return
	}
	c.Push(ping)
}
