package rooms

import (
	"context"
	"slices"
	"sync"
	"time"
)

// asked are the rooms that want to know their tail now.
type asked struct {
	mu    sync.Mutex
	rooms map[string]bool
	wake  chan struct{}
}

func newAsked() asked { return asked{rooms: map[string]bool{}, wake: make(chan struct{}, 1)} }

func (r *Rooms) askTail(room string) {
	r.asked.mu.Lock()
	defer r.asked.mu.Unlock()
	r.asked.rooms[room] = true
	select {
	case r.asked.wake <- struct{}{}:
	default:
	}
}

// take hands over who asked.
func (a *asked) take() (rooms []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for room := range a.rooms {
		rooms = append(rooms, room)
	}
	clear(a.rooms)
	return rooms
}

// tailRetry is the pause after a broker did not answer.
const tailRetry = 250 * time.Millisecond

// compareTails passes rooms the numbers of their last messages: those that ask,
// and from time to time those in which it is quiet. Where messages arrive, the
// next one shows whether one is missing.
func (r *Rooms) compareTails(ctx context.Context) {
	tick := time.NewTicker(r.cfg.TailEvery)
	defer tick.Stop()
	for {
		var rooms []string
		wanted := false
		select {
		case <-r.asked.wake:
			rooms, wanted = r.asked.take(), true
		case <-tick.C:
			rooms = r.quiet()
		case <-ctx.Done():
			return
		}
		for chunk := range slices.Chunk(rooms, maxLasts) {
			if err := r.tellTails(ctx, chunk); err != nil && wanted {
				for _, room := range chunk {
					r.askTail(room)
				}
				if !pause(ctx, tailRetry) {
					return
				}
			}
		}
	}
}

// quiet are the rooms with members in which nothing was heard since the last
// call.
func (r *Rooms) quiet() (names []string) {
	for _, rm := range r.all() {
		rm.mu.Lock()
		if !rm.heard && !rm.idle {
			names = append(names, rm.name)
		}
		rm.heard = false
		rm.mu.Unlock()
	}
	return names
}

// tellTails passes each room its last message. A room without messages is told
// nothing: it cannot have missed any.
func (r *Rooms) tellTails(ctx context.Context, rooms []string) error {
	found, err := r.reader.lasts(ctx, rooms)
	if err != nil {
		r.unread("comparing tails", "", err)
		return err
	}
	for _, s := range found {
		if rm := r.find(s.Room); rm != nil {
			rm.post(func() { rm.m.Tail(s.Seq) })
		}
	}
	return nil
}
