package rooms

import (
	"context"

	"parley/chatgw/rooms/machine"
	"parley/wire/chatwire"
)

// The reads of a room from the stream. Each runs concurrently with the room and
// returns the event for the room's machine.

const (
	// fillBatch and fillBytes bound one answer on the way through a gap.
	fillBatch = 512
	fillBytes = 512 << 10
)

// open reads the newest page.
func (rm *room) open(ctx context.Context) readEvent {
	found, more, err := rm.rooms.page(ctx, rm.name, 0, rm.rooms.cfg.Page)
	if err != nil {
		rm.rooms.logUnread("opening a room", rm.name, err)
		return (*machine.Room).OpenFailed
	}
	return func(m *machine.Room) { m.Opened(found, more) }
}

// fill reads what follows a message.
func (rm *room) fill(ctx context.Context, from uint64) readEvent {
	base, found, _, err := rm.after(ctx, from, fillBatch, fillBytes)
	if err != nil {
		rm.rooms.logUnread("filling a gap", rm.name, err)
		return (*machine.Room).FillFailed
	}
	rm.rooms.count.filled.Add(uint64(len(found)))
	return func(m *machine.Room) { m.Filled(base, found) }
}

// recover reads what a returning member has missed.
func (rm *room) recover(ctx context.Context, who machine.Who, since uint64) readEvent {
	c := &rm.rooms.cfg
	base, found, over, err := rm.after(ctx, since, c.Missed, c.MissedBytes)
	if err != nil {
		rm.rooms.logUnread("reading what was missed", rm.name, err)
		return func(m *machine.Room) { m.RecoverFailed(who) }
	}
	return func(m *machine.Room) { m.Recovered(who, base, found, over) }
}

// after reads what follows the message with the number seq, in one answer of
// one replica. over: there is more than batch messages, or bytes.
func (rm *room) after(ctx context.Context, seq uint64, batch, bytes int) (base machine.Base, found []machine.Message, over bool, err error) {
	r := rm.rooms
	// The broker counts headers too. It may end the answer before it holds so
	// many bytes of ours; what does not reach the room's end is read on.
	got, err := r.reader.from(ctx, rm.name, seq, batch+2, 2*bytes)
	if err != nil {
		return 0, nil, false, err
	}
	switch {
	case seq == 0:
		// There is no such message: everything was there from the beginning
		// if nothing was ever removed. That is checked after the read.
		whole, err := r.neverRemoved(ctx)
		if err != nil {
			return 0, nil, false, err
		}
		if base = machine.Gone; whole {
			base = machine.Found
		}
	case len(got) == 0:
		base = machine.Unknown
	case got[0].Seq == seq:
		base, got = machine.Found, got[1:]
	default:
		base = machine.Gone
	}
	size := 0
	for i, s := range got {
		if size += len(s.data); i >= batch || size > bytes {
			return base, r.messages(got[:i]), true, nil
		}
	}
	return base, r.messages(got), false, nil
}

// neverRemoved reports whether the stream still holds everything that was ever
// stored in it.
func (r *Rooms) neverRemoved(ctx context.Context) (bool, error) {
	if r.removed.Load() {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	s, err := r.js.Stream(ctx, chatwire.Stream().Name)
	if err != nil {
		return false, err
	}
	if state := s.CachedInfo().State; state.FirstSeq > 1 || state.NumDeleted > 0 {
		r.removed.Store(true)
	}
	return !r.removed.Load(), nil
}
