package chatclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/chatgw/frame"
)

// Events are the callbacks of a session. They are called from one goroutine, one
// after the other, and must not call the session; nil ones are left out.
type Events struct {
	// Up: connected, and the rooms are being joined.
	Up func(frame.Welcome)
	// Down: not connected; the next try is after retry.
	Down func(why error, retry time.Duration)
	// Reset: a room's newest page, in place of whatever was shown of it; more
	// reports that there are older ones. It comes with the first join, and when
	// what was missed cannot be had.
	Reset func(j frame.Joined)
	// Received: the room's next message.
	Received func(room string, m frame.Message)
	// Sent: a message of this session has its place in the room.
	Sent func(a frame.Ack)
	// Unsent: a message of this session is not in the room; or, if unknown is
	// set, whether it is cannot be found out.
	Unsent func(room, cid, text, why string, unknown bool)
	// Other is every other frame, and the error when a room cannot be joined.
	Other func(f frame.FromGateway)
}

// Session is a connection that is reopened whenever it ends. It is safe for
// concurrent use.
type Session struct {
	cfg    Config
	events Events
	calls  chan func(*session)
	done   chan struct{}
}

// NewSession makes a session; [Session.Run] runs it, once.
func NewSession(cfg Config, events Events) *Session {
	return &Session{cfg: cfg, events: events, calls: make(chan func(*session)), done: make(chan struct{})}
}

// ErrFull is what [Session.Send] returns when 1,000 messages wait already; see
// [Session.Flush].
var ErrFull = fmt.Errorf("chatclient: %d messages wait to be sent already", maxOutbox)

// ErrEnded is what calls get after the session has ended.
var ErrEnded = errors.New("chatclient: the session has ended")

// call has f done by the goroutine of Run.
func (s *Session) call(ctx context.Context, f func(*session)) error {
	select {
	case s.calls <- f:
		return nil
	case <-s.done:
		return ErrEnded
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// callErr is call for what may fail.
func (s *Session) callErr(ctx context.Context, f func(*session) error) error {
	answer := make(chan error, 1)
	if err := s.call(ctx, func(s *session) { answer <- f(s) }); err != nil {
		return err
	}
	return <-answer
}

// Join adds a room, now and after every reconnect. Joining one again that was
// refused asks again.
func (s *Session) Join(ctx context.Context, name string) error {
	return s.call(ctx, func(s *session) {
		r := s.rooms[name]
		if r != nil && r.refused == "" {
			return
		}
		if r == nil {
			r = &room{name: name}
			s.rooms[name] = r
		}
		if s.conn != nil {
			_ = s.join(r) // a lost connection fails the reader too
		}
	})
}

// Leave removes a room. Messages to it that were not sent yet are given up.
func (s *Session) Leave(ctx context.Context, name string) error {
	return s.call(ctx, func(s *session) {
		r := s.rooms[name]
		if r == nil {
			return
		}
		for _, p := range slices.Clone(r.outbox.all) {
			if !p.waits { // otherwise its answer is on the way
				s.unsent(p.Room, p.CID, "the room was left", !p.first.IsZero())
			}
		}
		s.left.all = append(s.left.all, r.outbox.all...)
		delete(s.rooms, name)
		if s.conn != nil {
			_ = s.conn.Write(frame.Encode(frame.Leave{Room: name}))
		}
	})
}

// Send sends a message to a room that was joined, now or when it is connected
// again, and returns the message's cid.
func (s *Session) Send(ctx context.Context, room, text string) (cid string, err error) {
	err = s.callErr(ctx, func(s *session) error {
		r := s.rooms[room]
		switch {
		case r == nil:
			return fmt.Errorf("chatclient: the room %.80q was not joined", room)
		case r.refused != "":
			return fmt.Errorf("chatclient: the room %s cannot be joined: %s", room, r.refused)
		case s.unacked >= maxOutbox:
			return ErrFull
		}
		s.unacked++
		cid = r.outbox.add(room, text).CID
		_ = s.sendNext(r) // a lost connection fails the reader too
		return nil
	})
	if err != nil {
		return "", err
	}
	return cid, nil
}

// Do sends any other frame, as [frame.Encode] makes it, if there is a
// connection. Its ref must be below 2^52; the session's own begin there.
func (s *Session) Do(ctx context.Context, data []byte) error {
	return s.callErr(ctx, func(s *session) error {
		if s.conn == nil {
			return errors.New("chatclient: not connected")
		}
		return s.conn.Write(data)
	})
}

// Flush waits until everything that was sent is acknowledged or given up.
func (s *Session) Flush(ctx context.Context) error {
	empty := make(chan struct{})
	if err := s.call(ctx, func(s *session) {
		if s.unacked == 0 {
			close(empty)
		} else {
			s.flushing = append(s.flushing, empty)
		}
	}); err != nil {
		return err
	}
	select {
	case <-empty:
		return nil
	case <-s.done:
		return ErrEnded
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
