package chatgw

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/chatgw/socket"
	"parley/wire"
	"parley/wire/chatwire"
)

// act does what a frame requests. An error is the answer to it.
func (s *session) act(ctx context.Context, f frame.FromClient) error {
	switch f := f.(type) {
	case *frame.Join:
		return s.join(ctx, f)
	case *frame.Leave:
		s.leave(f.Room)
		return nil
	case *frame.Send:
		return s.sendMessage(ctx, f)
	case *frame.History:
		return s.history(ctx, f)
	case *frame.TypingIn:
		return s.typing(f.Room)
	case *frame.Extension:
		return s.extend(ctx, f)
	default:
		panic(fmt.Sprintf("chatgw: nothing acts on a %T", f))
	}
}

func (s *session) join(ctx context.Context, f *frame.Join) error {
	if !s.may.mayRead(f.Room) {
		return forbidden("read", f.Room)
	}
	s.conn.AwaitSpace(ctx)
	if err := s.begin(f.Room); err != nil {
		return err
	}
	user, gw := s.person.name, s.gateway
	gw.rooms.Enter(f.Room, user, s.name()) // before, so that the joiner sees itself
	var joined rooms.Joined
	err := gw.rooms.Join(ctx, f.Room, f.Epoch, f.Since, s, func(j rooms.Joined) { joined = j })
	if err != nil {
		s.finish(nil, nil)
		gw.rooms.Exit(f.Room, user, s.name())
		return err
	}
	// A page is encoded here, not in the room: others are waiting there.
	s.finish(&membership{room: f.Room, last: joined.Last}, frame.Encode(frame.Joined{
		Ref: f.Ref, Room: f.Room, Epoch: joined.Epoch, Last: joined.Last,
		Recovered: joined.Recovered, Messages: joined.Messages, More: joined.More && !joined.Recovered,
		Write: s.may.mayWrite(f.Room), People: joined.People, Present: joined.Present,
	}))
	return nil
}

// begin reserves a place for a room. One that is joined already is joined again.
func (s *session) begin(room string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(room)
	if i < 0 && len(s.rooms) >= s.gateway.cfg.Rooms {
		return wire.Errorf(wire.CodeBusy, "%d rooms are joined, which is the limit of a connection: leave one first", len(s.rooms))
	}
	if i >= 0 {
		s.rooms = slices.Delete(s.rooms, i, i+1)
	}
	s.joining = room
	return nil
}

// finish ends a join: it queues the answer, and after it what the room sent
// meanwhile. Without a membership the join has failed.
func (s *session) finish(m *membership, answer []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m != nil {
		s.rooms = append(s.rooms, *m)
		s.Send(answer)
		for _, shared := range s.held {
			s.pass(shared)
		}
	}
	s.joining, s.held = "", nil
}

func (s *session) leave(room string) {
	s.mu.Lock()
	i := s.find(room)
	if i >= 0 {
		s.rooms = slices.Delete(s.rooms, i, i+1)
	}
	s.mu.Unlock()
	if i >= 0 {
		s.gateway.rooms.Leave(room, s)
		s.gateway.rooms.Exit(room, s.person.name, s.name())
	}
}

func (s *session) sendMessage(ctx context.Context, f *frame.Send) error {
	if !s.may.mayWrite(f.Room) {
		return forbidden("write", f.Room)
	}
	if wait := s.gateway.people.takeMessage(s.person, s.gateway.since(), s.gateway.messages); wait > 0 {
		s.gateway.counters.tooFast.Add(1)
		s.answerError(f, wire.Errorf(frame.CodeRate, "more than %v messages a second", s.gateway.cfg.MessagesPerSecond), wait)
		return nil
	}
	ack, err := s.gateway.rooms.Send(ctx, rooms.Post{Room: f.Room, User: s.person.name, Kind: chatwire.KindText, CID: f.CID, Text: f.Text})
	if err != nil {
		return err
	}
	s.Send(frame.Encode(ack))
	return nil
}

func (s *session) history(ctx context.Context, f *frame.History) error {
	if !s.may.mayRead(f.Room) {
		return forbidden("read", f.Room)
	}
	s.conn.AwaitSpace(ctx)
	messages, more, err := s.gateway.rooms.History(ctx, f.Room, f.Before, f.Limit)
	if err != nil {
		return err
	}
	s.Send(frame.Encode(frame.Page{Ref: f.Ref, Room: f.Room, Messages: messages, More: more}))
	return nil
}

// typingEvery is the shortest time between two announcements that a person is
// typing: the indicator is shown for longer.
const typingEvery = 1500 * time.Millisecond

func (s *session) typing(room string) error {
	if !s.may.mayWrite(room) {
		return forbidden("write", room)
	}
	now := s.gateway.since()
	if s.typed != 0 && now-s.typed < typingEvery {
		return nil
	}
	s.typed = now
	s.gateway.rooms.Typing(room, s.person.name)
	return nil
}

func forbidden(what, room string) error {
	return wire.Errorf(frame.CodeForbidden, "you may not %s in the room %s", what, room)
}

var (
	_ socket.Session = (*session)(nil)
	_ rooms.Member   = (*session)(nil)
)
