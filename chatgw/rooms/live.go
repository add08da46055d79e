package rooms

import (
	"context"
	"errors"
	"time"

	"parley/chatgw/rooms/presence"
	"parley/internal/streams"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
)

const (
	// maxPending and maxPendingBytes bound what waits in the client for the
	// live subscription; what is dropped beyond it shows as gaps.
	maxPending      = 1 << 17
	maxPendingBytes = 64 << 20
	// watchEvery is how often the stream is checked without a reason.
	watchEvery = 30 * time.Second
)

// subscribe subscribes to everything that rooms receive. What is returned is to be
// unsubscribed, also with an error.
func (r *Rooms) subscribe() (subs []*nats.Subscription, err error) {
	// A new leader of the stream: the old one may not have re-sent its last
	// messages.
	leaderElected := "$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED." + chatwire.Stream().Name
	for subject, handle := range map[string]nats.MsgHandler{
		chatwire.SubjectLive:     r.live,
		chatwire.SubjectTyping:   r.typing,
		chatwire.SubjectPresence: r.people.receive,
		leaderElected:            func(*nats.Msg) { r.checkAll() },
	} {
		sub, err := r.deps.NATS.Subscribe(subject, handle)
		if err != nil {
			return subs, err
		}
		subs = append(subs, sub)
		if err := sub.SetPendingLimits(maxPending, maxPendingBytes); err != nil {
			return subs, err
		}
	}
	return subs, nil
}

func unsubscribe(subs []*nats.Subscription) {
	for _, s := range subs {
		_ = s.Unsubscribe() // fails only if the connection is closed
	}
}

// live takes what the stream re-sends, of all rooms.
func (r *Rooms) live(m *nats.Msg) {
	r.count.live.Add(1)
	place, err := chatwire.ParseLive(m.Subject, m.Header)
	if err != nil {
		// Somebody published there; the broker sets headers.
		r.count.malformed.Add(1)
		return
	}
	r.index.live(place.Room, place.Prev, place.Seq)
	if rm := r.find(place.Room); rm != nil {
		rm.arrived(place, m.Data)
	}
}

// checkAll makes every room check whether it missed something.
func (r *Rooms) checkAll() {
	for _, rm := range r.all() {
		rm.post(func() { rm.m.Reconnected() })
	}
}

// watch monitors the connection and the stream: after a reconnect every room
// may have missed something, and the stream may be another one, which is an error.
func (r *Rooms) watch(ctx context.Context, changes chan nats.Status) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case status := <-changes:
			r.people.with(func(c *presence.Core, now int64) { c.Online(now, status == nats.CONNECTED) })
			if status != nats.CONNECTED {
				continue
			}
			r.checkAll()
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		// Where JetStream does not answer, that is noticed elsewhere.
		_, err := r.stream.Check(ctx)
		if _, ok := errors.AsType[*streams.Error](err); ok {
			return err
		}
	}
}
