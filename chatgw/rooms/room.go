package rooms

import (
	"context"
	"sync"
	"time"

	"parley/chatgw/rooms/machine"
	"parley/wire/chatwire"
)

// room is one room: a mailbox, and the goroutine that owns everything else.
type room struct {
	rooms *Rooms
	name  string
	wake  chan struct{}

	mu    sync.Mutex
	queue []event
	// overflow is the highest number of a message that did not fit in.
	overflow uint64
	closed   bool
	idle     bool // nobody is in it
	active   bool // something came since the tails were compared last

	// Owned by the goroutine.
	m       *machine.Room
	members members
	joins   map[machine.Who]*join
	nextWho machine.Who
	hidden  bool      // the last message delivered was shown to nobody
	batch   []*Shared // used again and again
	retry   time.Duration
}

// event is a message that arrived, or something to do.
type event struct {
	place chatwire.Place
	data  []byte
	do    func()
}

// maxQueue bounds a room's mailbox. What does not fit is read from the stream
// later.
const maxQueue = 1024

func newRoom(r *Rooms, name string) *room {
	rm := &room{rooms: r, name: name, wake: make(chan struct{}, 1), joins: map[machine.Who]*join{}}
	rm.begin()
	return rm
}

// begin gives the room a new machine.
func (rm *room) begin() {
	c := &rm.rooms.cfg
	rm.m = machine.New(rm.rooms.epoch, machine.Limits{
		Page: c.Page, Ring: c.Recent, RingBytes: c.RecentBytes, Missed: c.Missed,
		Ahead: maxAhead, Hole: maxHole, Tries: maxTries, ClaimTries: maxClaimTries,
	})
	rm.hidden = false
}

const (
	// maxAhead bounds the messages kept while a gap in front of them is read.
	maxAhead = 256
	// maxHole bounds the messages read for one gap: half a minute of a busy
	// room. A member whose gateway was away for longer is better served by
	// joining again.
	maxHole = 4096
	// maxTries bounds the reads in a row that do not close a gap, with up to
	// a second between them: replicas are behind by milliseconds, and by
	// seconds while a server starts.
	maxTries = 30
	// maxClaimTries bounds those for a member that claims to know more than the
	// room does.
	maxClaimTries = 6
)

// post puts an event into the mailbox, without blocking. It reports false if
// the room has ended.
func (rm *room) post(do func()) bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if rm.closed {
		return false
	}
	rm.queue = append(rm.queue, event{do: do})
	rm.idle = false // until the room is idle again
	rm.signal()
	return true
}

// offer is post for what may be lost when there is too much.
func (rm *room) offer(do func()) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if !rm.closed && len(rm.queue) < maxQueue {
		rm.queue = append(rm.queue, event{do: do})
		rm.signal()
	}
}

// arrived puts a re-sent message into the mailbox.
func (rm *room) arrived(place chatwire.Place, data []byte) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.active = true
	if len(rm.queue) >= maxQueue {
		rm.overflow = max(rm.overflow, place.Seq)
		return
	}
	rm.queue = append(rm.queue, event{place: place, data: data})
	rm.signal()
}

func (rm *room) signal() {
	select {
	case rm.wake <- struct{}{}:
	default:
	}
}

// run owns the room until it was empty for a while, or ctx ends.
func (rm *room) run(ctx context.Context) {
	linger := time.NewTimer(rm.rooms.cfg.Linger)
	defer linger.Stop()
	var events []event
	for {
		rm.perform()
		select {
		case <-rm.wake:
			rm.mu.Lock()
			events, rm.queue = rm.queue, events[:0]
			overflow, evicted := rm.overflow, rm.closed
			rm.overflow = 0
			rm.mu.Unlock()
			if evicted {
				return
			}
			for i := range events {
				rm.handle(&events[i])
			}
			if overflow > 0 {
				rm.m.Tail(overflow)
			}
		case <-linger.C:
			if rm.end(false) {
				return
			}
			linger.Reset(rm.rooms.cfg.Linger)
		case <-ctx.Done():
			rm.end(true)
			rm.rooms.count.members.Add(-int64(len(rm.members.clear())))
			return
		}
		rm.noteIdle(linger)
	}
}

func (rm *room) handle(e *event) {
	if e.do != nil {
		e.do()
		e.do = nil
		return
	}
	if last, open := rm.m.Last(); !open || e.place.Seq > last {
		rm.m.Live(rm.rooms.message(e.place, e.data))
	}
	e.data = nil
}

// noteIdle starts the linger when the last member has left.
func (rm *room) noteIdle(linger *time.Timer) {
	idle := len(rm.members.list)+len(rm.joins) == 0
	rm.mu.Lock()
	was := rm.idle
	rm.idle = idle && len(rm.queue) == 0 // or somebody is about to come in
	rm.mu.Unlock()
	if idle && !was {
		linger.Reset(rm.rooms.cfg.Linger)
	}
}

// end closes the mailbox, unless somebody is here or something is in it.
func (rm *room) end(force bool) bool {
	rm.rooms.mu.Lock()
	defer rm.rooms.mu.Unlock()
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if !force && (len(rm.queue) > 0 || len(rm.members.list)+len(rm.joins) > 0) {
		return false
	}
	rm.close()
	return true
}

// evict ends a room in which nobody is, from outside. It reports false if
// somebody may be.
func (rm *room) evict() bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if !rm.idle || rm.closed || len(rm.queue) > 0 {
		return false
	}
	rm.close()
	rm.signal()
	return true
}

// close is called with both locks held.
func (rm *room) close() {
	if rm.closed {
		return
	}
	rm.closed = true
	delete(rm.rooms.rooms, rm.name)
	rm.rooms.count.rooms.Add(-1)
}
