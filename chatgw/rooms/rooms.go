package rooms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Rooms are all rooms of one gateway. Make them with [New].
type Rooms struct {
	cfg   Config
	deps  Deps
	count counters
	ready chan struct{}
	ended chan struct{} // closed when Run begins to end

	// Set by Run, before ready is closed.
	stream     *streams.Binding
	js         jetstream.JetStream
	epoch      string
	reader     *reader
	background context.Context
	work       sync.WaitGroup

	// Places for what is under way: see [Config.MaxReads], maxFills and
	// [Config.MaxSends].
	reads, fills, sends chan struct{}

	mu      sync.RWMutex
	rooms   map[string]*room
	started bool

	tails    tailRequests
	index    *index
	spacings spacings
	removed  atomic.Bool // something was removed from the stream, which cannot be undone
	people   *people
}

// maxFills bounds the reads under way that close gaps. They are not behind
// those for pages: members wait for them.
const maxFills = 4

// New checks the configuration. It opens nothing.
func New(cfg Config, deps Deps) (*Rooms, error) {
	if err := natsconn.Check(deps.NATS); err != nil {
		return nil, fmt.Errorf("rooms: %w", err)
	}
	if deps.NextID == nil {
		return nil, errors.New("rooms: a source of ids is required")
	}
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	r := &Rooms{
		cfg: cfg, deps: deps, ready: make(chan struct{}), ended: make(chan struct{}),
		reads: make(chan struct{}, cfg.MaxReads), fills: make(chan struct{}, maxFills), sends: make(chan struct{}, cfg.MaxSends),
		rooms: map[string]*room{}, tails: newTailRequests(), index: newIndex(cfg.IndexAll, cfg.Index), spacings: newSpacings(cfg.MaxRooms),
	}
	r.people = newPeople(r)
	return r, nil
}

// Ready is closed once rooms can be joined.
func (r *Rooms) Ready() <-chan struct{} { return r.ready }

// Gateway is this process's name among the gateways.
func (r *Rooms) Gateway() string { return r.cfg.Gateway }

// Epoch is the stream's incarnation, known once Ready is closed.
func (r *Rooms) Epoch() string { return r.epoch }

// Run serves rooms until ctx is cancelled. It returns an error if the stream
// cannot be trusted: it is missing, another one, or set differently.
func (r *Rooms) Run(ctx context.Context) (err error) {
	defer func() {
		if ctx.Err() != nil {
			err = nil
		} else if err != nil {
			err = fmt.Errorf("rooms: %w", err)
		}
	}()
	if r.stream, err = streams.Bind(ctx, r.deps.NATS, chatwire.Stream(), r.deps.Log); err != nil {
		return err
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer r.work.Wait()
	defer cancel()
	defer r.stop()
	r.js, r.epoch, r.background = r.stream.JS, r.stream.Found.Incarnation, background
	if r.reader, err = newReader(r.deps.NATS); err != nil {
		return err
	}
	defer r.reader.close()
	subs, err := r.subscribe()
	defer unsubscribe(subs)
	if err != nil {
		return err
	}
	changes := r.deps.NATS.StatusChanged(nats.CONNECTED, nats.RECONNECTING)
	defer r.deps.NATS.RemoveStatusListener(changes)
	r.goDo(r.compareTails)
	r.goDo(r.people.run)
	r.goDo(r.recall)
	failed := make(chan error, 1)
	r.goDo(func(ctx context.Context) {
		if err := r.watch(ctx, changes); err != nil {
			failed <- err
		}
	})
	if err := natsconn.Flush(ctx, r.deps.NATS); err != nil {
		return fmt.Errorf("subscribing: %w", err)
	}
	r.mu.Lock()
	r.started = true
	r.mu.Unlock()
	close(r.ready)
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// stop refuses what comes from now on.
func (r *Rooms) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = false
	close(r.ended)
}

// logUnread logs what went wrong while reading the stream; it is tried again.
func (r *Rooms) logUnread(what, room string, err error) {
	r.deps.Log.Debug("the stream was not read, trying again", "for", what, "room", room, "error", err)
}

// openAndPost posts something to a room, which is opened if it is not open.
func (r *Rooms) openAndPost(name string, do func(*room)) (*room, error) {
	for {
		rm, err := r.open(name)
		if err != nil {
			return nil, err
		}
		if rm.post(func() { do(rm) }) {
			return rm, nil
		}
	}
}

func (r *Rooms) open(name string) (*room, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.started {
		return nil, wire.Errorf(wire.CodeUnavailable, "room %s: the gateway is not serving", name)
	}
	if rm := r.rooms[name]; rm != nil {
		return rm, nil
	}
	if len(r.rooms) >= r.cfg.MaxRooms && !r.evict() {
		return nil, wire.Errorf(wire.CodeBusy, "room %s: %d rooms are open here, which is the limit", name, r.cfg.MaxRooms)
	}
	rm := newRoom(r, name)
	r.rooms[name] = rm
	r.count.rooms.Add(1)
	r.goDo(rm.run)
	return rm, nil
}

// evict closes a room in which nobody is. It reports false if there is none.
func (r *Rooms) evict() bool {
	for _, rm := range r.rooms {
		if rm.evict() {
			return true
		}
	}
	return false
}

// find is a room that is open, or nil.
func (r *Rooms) find(name string) *room {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.rooms[name]
}

// all are the rooms that are open.
func (r *Rooms) all() (list []*room) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, rm := range r.rooms {
		list = append(list, rm)
	}
	return list
}

// goDo runs f in its own goroutine until it ends or the rooms do.
func (r *Rooms) goDo(f func(context.Context)) {
	r.work.Go(func() { f(r.background) })
}
