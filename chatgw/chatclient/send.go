package chatclient

import (
	"context"
	"time"

	"parley/chatgw/frame"
)

// sendNext sends the next message to a room, if it is its turn.
func (s *session) sendNext(r *room) error {
	if r == nil { // it was left
		return nil
	}
	p := r.outbox.head()
	if s.conn == nil || !r.joined || p == nil || p.waits || p.later {
		return nil
	}
	if p.doubtful(time.Now(), s.retry) {
		return s.join(r) // the answer shows whether it is there
	}
	if p.first.IsZero() {
		p.first = time.Now()
	}
	p.waits = true
	return s.conn.Write(frame.Encode(p.Send))
}

// resolveDoubt finds out what became of a message that was sent too long ago to send
// it again as it is. The answer to a join is all that the session had missed,
// unless reset.
func (s *session) resolveDoubt(r *room, reset bool) {
	p := r.outbox.head()
	if p == nil || p.waits || !p.doubtful(time.Now(), s.retry) {
		return
	}
	if reset {
		s.unsent(p.Room, p.CID, "it was sent too long ago to send it again, and not all messages since are known", true)
		return
	}
	// Every message since is known and it is not among them; the
	// connection it was sent on has ended long ago.
	p.renew()
}

// acked: a message has its place.
func (s *session) acked(a *frame.Ack) error {
	if s.drop(a.Room, a.CID) != nil && s.events.Sent != nil {
		s.events.Sent(*a)
	}
	return s.sendNext(s.rooms[a.Room])
}

// settleOwn takes a message of the room that is this session's own for its
// acknowledgement, which was lost or is on its way.
func (s *session) settleOwn(room string, m frame.Message) {
	if m.CID == "" || m.User != s.user || s.drop(room, m.CID) == nil || s.events.Sent == nil {
		return
	}
	s.events.Sent(frame.Ack{T: frame.TypeAck, Room: room, CID: m.CID, Seq: m.Seq, ID: m.ID, At: m.At})
}

// refused acts on an error of the gateway about something that was sent.
func (s *session) refused(e *frame.Error) error {
	r := s.rooms[e.Room]
	switch {
	case e.CID == "" && r != nil && r.joinRef != 0 && e.Ref == r.joinRef:
		s.refusedJoin(r, e)
		return nil
	case e.CID == "":
		s.other(e)
		return nil
	case e.RetryMS == 0:
		s.unsent(e.Room, e.CID, e.Reason, false)
	case r != nil:
		if p := r.outbox.head(); p != nil && p.CID == e.CID {
			p.waits, p.later = false, true
			s.after(e.RetryMS, func(s *session) error {
				p.later = false
				return s.sendNext(r)
			})
		}
	}
	return s.sendNext(r)
}

// refusedJoin asks again later, or gives up the messages to that room.
func (s *session) refusedJoin(r *room, e *frame.Error) {
	if e.RetryMS > 0 {
		s.after(e.RetryMS, func(s *session) error {
			if r.joinRef != e.Ref {
				return nil
			}
			return s.join(r)
		})
		return
	}
	r.joinRef, r.refused = 0, e.Reason
	for p := r.outbox.head(); p != nil; p = r.outbox.head() {
		s.unsent(p.Room, p.CID, e.Reason, !p.first.IsZero())
	}
	s.other(e)
}

// after has something done on this connection after a while.
func (s *session) after(ms int64, f func(*session) error) {
	conn := s.conn
	time.AfterFunc(time.Duration(ms)*time.Millisecond, func() {
		_ = s.call(context.Background(), func(s *session) { // fails when the session has ended
			if s.conn == conn {
				_ = f(s) // a lost connection fails the reader too
			}
		})
	})
}

// unsent gives a message up, if it is not acknowledged.
func (s *session) unsent(room, cid, why string, unknown bool) {
	if p := s.drop(room, cid); p != nil && s.events.Unsent != nil {
		s.events.Unsent(room, cid, p.Text, why, unknown)
	}
}

// drop removes a message that is acknowledged or given up. Callers of Flush are
// notified when it was the last.
func (s *session) drop(room, cid string) *pending {
	p := s.left.drop(cid)
	if r := s.rooms[room]; p == nil && r != nil {
		p = r.outbox.drop(cid)
	}
	if p == nil {
		return nil
	}
	if s.unacked--; s.unacked == 0 {
		for _, w := range s.flushing {
			close(w)
		}
		s.flushing = nil
	}
	return p
}
