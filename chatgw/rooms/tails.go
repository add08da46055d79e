package rooms

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"parley/internal/pause"
)

// tailRequests are the rooms that want to know their tail now.
type tailRequests struct {
	mu    sync.Mutex
	rooms map[string]bool
	wake  chan struct{}
}

func newTailRequests() tailRequests {
	return tailRequests{rooms: map[string]bool{}, wake: make(chan struct{}, 1)}
}

func (r *Rooms) requestTail(room string) {
	r.tails.mu.Lock()
	defer r.tails.mu.Unlock()
	r.tails.rooms[room] = true
	select {
	case r.tails.wake <- struct{}{}:
	default:
	}
}

// take removes and returns the rooms that requested their tail.
func (a *tailRequests) take() (rooms []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rooms = slices.Collect(maps.Keys(a.rooms))
	clear(a.rooms)
	return rooms
}

// tailRetry is the pause after a broker did not answer.
const tailRetry = 250 * time.Millisecond

// compareTails gives rooms the numbers of their last messages: those that request
// it, and from time to time the quiet ones. In a room where messages arrive, the
// next one shows whether one is missing.
func (r *Rooms) compareTails(ctx context.Context) {
	tick := time.NewTicker(r.cfg.TailEvery)
	defer tick.Stop()
	for {
		var rooms []string
		wanted := false
		select {
		case <-r.tails.wake:
			rooms, wanted = r.tails.take(), true
		case <-tick.C:
			rooms = r.quiet()
		case <-ctx.Done():
			return
		}
		for chunk := range slices.Chunk(rooms, maxLasts) {
			if err := r.postTails(ctx, chunk); err != nil && wanted {
				for _, room := range chunk {
					r.requestTail(room)
				}
				if !pause.For(ctx, tailRetry) {
					return
				}
			}
		}
	}
}

// quiet are the rooms with members in which nothing arrived since the last
// call.
func (r *Rooms) quiet() (names []string) {
	for _, rm := range r.all() {
		rm.mu.Lock()
		if !rm.active && !rm.idle {
			names = append(names, rm.name)
		}
		rm.active = false
		rm.mu.Unlock()
	}
	return names
}

// postTails posts to each room the number of its last message. A room without
// messages gets none: it cannot have missed any.
func (r *Rooms) postTails(ctx context.Context, rooms []string) error {
	found, err := r.reader.lasts(ctx, rooms)
	if err != nil {
		r.logUnread("comparing tails", "", err)
		return err
	}
	for _, s := range found {
		if rm := r.find(s.Room); rm != nil {
			rm.post(func() { rm.m.Tail(s.Seq) })
		}
	}
	return nil
}
