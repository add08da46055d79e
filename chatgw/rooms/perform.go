package rooms

import (
	"context"
	"maps"
	"slices"
	"time"

	"parley/chatgw/rooms/machine"
	"parley/internal/pause"
)

// perform performs the actions of the machine.
func (rm *room) perform() {
	for actions := rm.m.Actions(); len(actions) > 0; actions = rm.m.Actions() {
		m := rm.m
		for _, a := range actions {
			if rm.m != m {
				break // the room was lost, and what its machine wanted with it
			}
			rm.do(a)
		}
	}
}

func (rm *room) do(a machine.Action) {
	r := rm.rooms
	switch a := a.(type) {
	case machine.Deliver:
		rm.deliver(rm.show(a.Messages))
	case machine.Admit:
		rm.admit(a)
	case machine.Lost:
		rm.lost(a)
	case machine.Read:
		rm.read(a.Again, r.reads, rm.open)
	case machine.Fill:
		r.count.gaps.Add(1)
		rm.read(a.Again, r.fills, func(ctx context.Context) readEvent { return rm.fill(ctx, a.From) })
	case machine.Recover:
		rm.read(a.Again, r.reads, func(ctx context.Context) readEvent { return rm.recover(ctx, a.Who, a.Since) })
	case machine.ReadTail:
		r.requestTail(rm.name)
	case machine.Remind:
		m := rm.m
		r.goDo(func(ctx context.Context) {
			if pause.For(ctx, r.cfg.AckGrace) {
				rm.postTo(m, (*machine.Room).Due)
			}
		})
	}
}

// deliver passes something on to every member. It is encoded before anybody
// receives it, so that the first member does not do it for all.
func (rm *room) deliver(batch []*Shared) {
	if len(batch) == 0 || len(rm.members.list) == 0 {
		return
	}
	for _, s := range batch {
		s.Bytes()
	}
	// First, so that nobody has what is not counted.
	rm.rooms.count.delivered.Add(uint64(len(batch) * len(rm.members.list)))
	for _, m := range rm.members.list {
		m.Deliver(batch)
	}
}

// lost notifies all members, and moves those who wait to a new machine: also those
// who came after the room was lost, for whom the same machine reports it later.
func (rm *room) lost(l machine.Lost) {
	rm.rooms.count.lost.Add(1)
	rm.rooms.deps.Log.Warn("lost the place in a room", "room", rm.name, "why", l.Why)
	left := rm.members.clear()
	rm.rooms.count.members.Add(-int64(len(left)))
	for _, m := range left {
		m.Lost(rm.name)
	}
	rm.begin()
	for _, who := range slices.Sorted(maps.Keys(rm.joins)) {
		rm.m.Join(who, rm.joins[who].epoch, rm.joins[who].since)
	}
}

const (
	// minRetry and maxRetry bound the pause before a read is repeated.
	minRetry = 30 * time.Millisecond
	maxRetry = time.Second
)

// readEvent gives a machine the result of a read.
type readEvent func(*machine.Room)

// read reads the stream concurrently with the room and then posts the result to
// the machine. At most as many reads as slots has places are under way at a time.
// again: wait a little first, longer each time in a row.
func (rm *room) read(again bool, slots chan struct{}, read func(context.Context) readEvent) {
	wait := time.Duration(0)
	if again {
		rm.retry = min(max(2*rm.retry, minRetry), maxRetry)
		wait = rm.retry
	} else {
		rm.retry = 0
	}
	m := rm.m
	rm.rooms.goDo(func(ctx context.Context) {
		if wait > 0 && !pause.For(ctx, wait) {
			return
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		event := read(ctx)
		<-slots
		rm.postTo(m, event)
	})
}

// postTo posts what is meant for one machine, and for none after it.
func (rm *room) postTo(m *machine.Room, event readEvent) {
	rm.post(func() {
		if rm.m == m {
			event(m)
		}
	})
}
