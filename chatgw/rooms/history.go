package rooms

import (
	"context"

	"parley/chatgw/frame"
	"parley/chatgw/rooms/machine"
	"parley/wire"
	"parley/wire/chatwire"
)

// History is the page of messages before a sequence number, oldest first;
// before 0 means the newest, limit 0 [Config.Page]. more: there are older ones.
// The error is a [*wire.Error].
func (r *Rooms) History(ctx context.Context, room string, before uint64, limit int) (messages []frame.Message, more bool, err error) {
	if limit == 0 {
		limit = r.cfg.Page
	}
	if err := chatwire.CheckRoom(room); err != nil {
		return nil, false, wire.Invalidf("%v", err)
	}
	if limit < 0 || limit > r.cfg.MaxPage {
		return nil, false, wire.Invalidf("a page of %d messages was asked for, allowed are 1 to %d", limit, r.cfg.MaxPage)
	}
	select {
	case <-r.ready:
	default:
		return nil, false, wire.Errorf(wire.CodeUnavailable, "history of room %s: the gateway is not serving", room)
	}
	if found, more, ok := r.remembered(ctx, room, before, limit); ok {
		return page(found), more, nil
	}
	select {
	case r.reads <- struct{}{}:
	case <-ctx.Done():
		return nil, false, wire.Errorf(wire.CodeBusy, "history of room %s: %d reads are under way, which is the limit", room, r.cfg.MaxReads)
	}
	defer func() { <-r.reads }()
	found, more, err := r.page(ctx, room, before, limit)
	if err != nil {
		return nil, false, wire.Errorf(wire.CodeUnavailable, "history of room %s: %v", room, err)
	}
	return page(found), more, nil
}

// remembered is a page that an open room has in memory.
func (r *Rooms) remembered(ctx context.Context, name string, before uint64, limit int) (found []machine.Message, more, ok bool) {
	type answer struct {
		found    []machine.Message
		more, ok bool
	}
	rm := r.find(name)
	done := make(chan answer, 1)
	if rm == nil || !rm.post(func() {
		// What the room has taken in is shown first: that completes the
		// messages, after which nobody writes to them.
		rm.perform()
		var a answer
		a.found, a.more, a.ok = rm.m.Page(before, limit)
		done <- a
	}) {
		return nil, false, false
	}
	select {
	case a := <-done:
		return a.found, a.more, a.ok
	case <-ctx.Done():
	case <-r.ended:
	}
	return nil, false, false
}
