package rooms

import (
	"context"
	"strconv"

	"parley/chatgw/frame"
	"parley/chatgw/rooms/presence"
	"parley/wire/chatwire"
)

// write writes notices into rooms, one after another.
func (p *people) write(ctx context.Context) {
	for {
		select {
		case n := <-p.notices:
			p.rooms.notice(ctx, n)
		case <-ctx.Done():
			return
		}
	}
}

// notice stores that somebody came or left, unless the room shows that already:
// a gateway that has just started does not know who was there before.
func (r *Rooms) notice(ctx context.Context, n presence.Notice) {
	recent, _, err := r.History(ctx, n.Room, 0, r.cfg.MaxPage)
	if err == nil && noticed(recent, n) {
		return
	}
	if err == nil {
		_, err = r.send(ctx, Post{Room: n.Room, User: n.User, Kind: n.Kind},
			messageID(string(n.Kind), n.Room, n.User, strconv.FormatInt(n.Stay, 10)))
	}
	if err != nil && ctx.Err() == nil {
		r.deps.Log.Warn("did not write who came or left", "room", n.Room, "user", n.User, "kind", n.Kind, "error", err)
	}
}

// noticed reports whether this is already the room's last notice of the person.
func noticed(recent []frame.Message, n presence.Notice) bool {
	for i := len(recent) - 1; i >= 0; i-- {
		m := &recent[i]
		if m.User == n.User && (m.Kind == chatwire.KindJoin || m.Kind == chatwire.KindLeave) {
			return m.Kind == n.Kind
		}
	}
	return false
}
