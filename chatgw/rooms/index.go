package rooms

import (
	"slices"
	"sync"
)

// index remembers the numbers of messages, room by room, so that a page of
// history is read by number. Without it the broker has to search every message
// of every room in between, which takes it milliseconds where a room speaks
// seldom.
//
// It is filled by what the stream holds at the start, by what it re-sends, in all
// rooms, and by the pages that are read. For each room it holds runs: numbers
// between which the room has no others.
type index struct {
	max, maxRoom int

	mu    sync.Mutex
	rooms map[string][]run // oldest first, none overlapping another
	size  int
}

// run are numbers of one room, ascending, each the one after the one before it.
// whole: nothing is before the first.
type run struct {
	seqs  []uint64
	whole bool
}

func newIndex(limit, room int) *index {
	return &index{max: limit, maxRoom: room, rooms: map[string][]run{}}
}

// live adds a message that was stored after another, 0 if it was the first.
func (x *index) live(room string, prev, seq uint64) {
	if prev == 0 { // or the first that is left
		x.add(room, true, []uint64{seq})
		return
	}
	x.add(room, false, []uint64{prev, seq})
}

// add adds a run, and joins it with those that it overlaps.
func (x *index) add(room string, whole bool, seqs []uint64) {
	if len(seqs) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	runs := x.rooms[room]
	add := run{seqs, whole}
	// Those that end before it, those that overlap it, those behind it.
	i := 0
	for i < len(runs) && end(runs[i]) < seqs[0] {
		i++
	}
	if !whole && i < len(runs) && end(runs[i]) == seqs[0] && (i+1 == len(runs) || runs[i+1].seqs[0] > end(add)) {
		// What follows a run is appended, not joined: joining copies.
		runs[i].seqs = append(runs[i].seqs, seqs[1:]...)
		x.size += len(seqs) - 1
		x.bound(room)
		return
	}
	j := i
	for j < len(runs) && runs[j].seqs[0] <= end(add) {
		add = join2(runs[j], add)
		x.size -= len(runs[j].seqs)
		j++
	}
	x.rooms[room] = slices.Replace(runs, i, j, add)
	x.size += len(add.seqs)
	x.bound(room)
}

func end(r run) uint64 { return r.seqs[len(r.seqs)-1] }

// join2 joins two runs that have a number in common, or whose ranges overlap:
// within both a number that one has the other has too.
func join2(a, b run) run {
	if b.seqs[0] < a.seqs[0] {
		a, b = b, a
	}
	out := run{whole: a.whole || b.whole && b.seqs[0] == a.seqs[0], seqs: a.seqs}
	i, _ := slices.BinarySearch(b.seqs, end(a)+1)
	out.seqs = append(out.seqs, b.seqs[i:]...)
	return out
}

// bound forgets the oldest of a room that has too many, and the older half of
// every room when there are too many in all: by so much at a time that it costs
// nothing for most messages. It is called with the lock held.
func (x *index) bound(room string) {
	if n := length(x.rooms[room]); n > x.maxRoom {
		x.drop(room, n-x.maxRoom*3/4)
	}
	if x.size > x.max {
		for name, runs := range x.rooms {
			x.drop(name, (length(runs)+1)/2)
		}
	}
}

// drop forgets the n oldest numbers of a room.
func (x *index) drop(room string, n int) {
	for _, r := range x.rooms[room] {
		if n <= len(r.seqs) {
			x.cut(room, r.seqs[n-1])
			return
		}
		n -= len(r.seqs)
	}
}

// cut forgets the numbers of a room up to one. What is left of a run is copied, so that
// the memory of the others is free.
func (x *index) cut(room string, upTo uint64) {
	var left []run
	for _, r := range x.rooms[room] {
		i, _ := slices.BinarySearch(r.seqs, upTo+1)
		x.size -= i
		if i > 0 {
			r = run{seqs: slices.Clone(r.seqs[i:])}
		}
		if len(r.seqs) > 0 {
			left = append(left, r)
		}
	}
	if x.rooms[room] = left; left == nil {
		delete(x.rooms, room)
	}
}

func length(runs []run) (n int) {
	for _, r := range runs {
		n += len(r.seqs)
	}
	return n
}

// before are the numbers of the n messages before a number, fewer if the room
// has no more. ok: they are known, and edge is: the number of a message that is
// at or behind the end of what is requested, so that nothing is between.
func (x *index) before(room string, below, edge uint64, n int) (seqs []uint64, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range x.rooms[room] {
		if r.seqs[0] >= below || end(r) < edge {
			continue
		}
		if i, _ := slices.BinarySearch(r.seqs, below); i >= n || r.whole {
			return slices.Clone(r.seqs[max(0, i-n):i]), true
		}
	}
	return nil, false
}

// known is how many numbers it holds.
func (x *index) known() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.size
}

// forget removes the numbers up to one: those messages are removed from the stream.
func (x *index) forget(room string, upTo uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cut(room, upTo)
}
