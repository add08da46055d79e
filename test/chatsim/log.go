package chatsim

import (
	"slices"

	"parley/chatgw/rooms/machine"
)

// op is one thing that the stream did to the room.
type op int

const (
	store  op = iota // the next message
	remove           // the oldest goes
	purge            // all go
)

// log is the room in the stream: everything that happened to it. A replica is
// a prefix of it. The n-th message has the number 2n; odd numbers are those of
// other rooms.
type log struct {
	ops []op
	// prevs are what each message named as the one before it.
	prevs []uint64
}

// clone shares what was written: it only grows.
func (l log) clone() log { return log{slices.Clip(l.ops), slices.Clip(l.prevs)} }

// prev is what a message named as the one before it. exists: it was stored.
func (l *log) prev(seq uint64) (prev uint64, exists bool) {
	i := int(seq)/2 - 1
	if seq%2 != 0 || i < 0 || i >= len(l.prevs) {
		return 0, false
	}
	return l.prevs[i], true
}

// view is what a replica has after some operations.
type view struct {
	// Messages are numbered from 2 in steps of 2: those above floor, up to top.
	floor, top uint64
	// removed: something was removed from the stream.
	removed bool
}

func (l *log) view(ops int) (v view) {
	for _, op := range l.ops[:ops] {
		switch op {
		case store:
			v.top += 2
		case remove:
			v.floor, v.removed = min(v.floor+2, v.top), true
		case purge:
			v.floor, v.removed = v.top, true
		}
	}
	return v
}

// now is what the best replica has.
func (l *log) now() view { return l.view(len(l.ops)) }

// store adds a message and returns its place.
func (l *log) store() (seq, prev uint64) {
	v := l.now()
	seq = v.top + 2
	if v.has(v.top) {
		prev = v.top
	}
	l.ops, l.prevs = append(l.ops, store), append(l.prevs, prev)
	return seq, prev
}

func (v view) has(seq uint64) bool { return seq%2 == 0 && seq > v.floor && seq <= v.top }

func (v view) empty() bool { return v.floor == v.top }

// last is the number of the room's last message, 0 if there is none.
func (v view) last() uint64 {
	if v.empty() {
		return 0
	}
	return v.top
}

// from answers a read that begins at a number, with at most batch messages
// after it. over: there are more.
func (v view) from(seq uint64, batch int) (base machine.Base, found []machine.Message, over bool) {
	if v.empty() && seq > 0 {
		return machine.Unknown, nil, false
	}
	first := max(v.floor+2, (seq/2)*2+2)
	for s := first; s <= v.top; s += 2 {
		if len(found) == batch {
			over = true
			break
		}
		found = append(found, machine.Message{Seq: s, Size: 1})
	}
	switch {
	case seq == 0 && !v.removed, v.has(seq):
		base = machine.Found
	case len(found) > 0 || seq == 0:
		base = machine.Gone
	default:
		base = machine.Unknown
	}
	return base, found, over
}

// newest is the newest page.
func (v view) newest(n int) (page []machine.Message, more bool) {
	first := max(v.floor+2, v.top+2-min(v.top, uint64(2*n)))
	for s := first; s <= v.top; s += 2 {
		page = append(page, machine.Message{Seq: s, Size: 1})
	}
	if more = len(page) > 0 && first > v.floor+2; more {
		page[0].Prev = first - 2
	}
	return page, more
}
