package rooms

import (
	"context"
	"sync"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/rooms/presence"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
)

// people is who is present, over all gateways: the shell around the presence
// core. The actions of the core are performed before the lock is released, so
// that changes are published in order; none of them blocks.
type people struct {
	rooms   *Rooms
	started time.Time
	notices chan presence.Notice

	mu   sync.Mutex
	core *presence.Core
}

const (
	// peopleTick is how long a change may wait to be published with others.
	peopleTick = 250 * time.Millisecond
	// settle is how long gateways wait for each other's claims before a notice,
	// and never longer than half the grace.
	settle = time.Second
	// silentFor is after how many accounts that did not come a gateway is dead.
	silentFor = 3
	// maxClaims bounds the people of other gateways, about 200 bytes each.
	maxClaims = 200_000
	// maxNotices bounds the notices that wait to be written; more are dropped,
	// they are a courtesy.
	maxNotices = 256
)

func newPeople(r *Rooms) *people {
	return &people{
		rooms: r, started: time.Now(), notices: make(chan presence.Notice, maxNotices),
		core: presence.New(r.cfg.Gateway, presence.Limits{
			Grace: r.cfg.Grace.Milliseconds(), Settle: min(settle, r.cfg.Grace/2).Milliseconds(),
			Account: r.cfg.Announce.Milliseconds(), Silence: silentFor * r.cfg.Announce.Milliseconds(),
			Notices: max(r.cfg.Notices, 0), Names: frame.MaxPeople, Claims: maxClaims,
		}),
	}
}

// now is the time in milliseconds since 1970, and never steps back.
func (p *people) now() int64 { return p.started.UnixMilli() + time.Since(p.started).Milliseconds() }

// with lets something happen and does what follows.
func (p *people) with(f func(c *presence.Core, now int64)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.core, p.now())
	for _, a := range p.core.Actions() {
		switch a := a.(type) {
		case presence.Publish:
			// If this is not sent, the next account corrects it.
			_ = p.rooms.deps.NATS.Publish(chatwire.SubjectPresence, wire.Encode(a.Message))
		case presence.Changed:
			p.rooms.announce(a.Room, &Shared{Presence: &frame.Presence{
				T: frame.TypePresence, Room: a.Room, Came: a.Came, Left: a.Left, Present: a.Present,
			}})
		case presence.Notice:
			select {
			case p.notices <- a:
			default:
			}
		}
	}
}

// run lets time pass, and writes notices, until ctx ends.
func (p *people) run(ctx context.Context) {
	p.rooms.goDo(p.write)
	tick := time.NewTicker(peopleTick)
	defer tick.Stop()
	for {
		p.with((*presence.Core).Tick)
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.with(func(c *presence.Core, _ int64) { c.Close() })
			return
		}
	}
}

// receive handles a message of another gateway.
func (p *people) receive(m *nats.Msg) {
	message, err := wire.Decode[chatwire.Presence](m.Data)
	if err != nil {
		p.rooms.count.malformed.Add(1)
		return
	}
	p.with(func(c *presence.Core, now int64) { c.Receive(now, message) })
}

// Enter records that a person's session is in a room, Exit that it has left.
// Both may be repeated. A session is any name that is unique here. What
// cannot be a room or a user is ignored.
func (r *Rooms) Enter(room, user, session string) {
	if chatwire.CheckRoom(room) != nil || wire.CheckUser(user) != nil {
		return
	}
	r.people.with(func(c *presence.Core, now int64) { c.Enter(now, room, user, session) })
}

// Exit is the inverse of [Rooms.Enter].
func (r *Rooms) Exit(room, user, session string) {
	r.people.with(func(c *presence.Core, now int64) { c.Exit(now, room, user, session) })
}

// People are the first [frame.MaxPeople] of those present in a room, over all
// gateways, sorted, and how many there are.
func (r *Rooms) People(room string) (names []string, present int) {
	r.people.mu.Lock()
	defer r.people.mu.Unlock()
	return r.people.core.People(room, frame.MaxPeople)
}
