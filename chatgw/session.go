package chatgw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/chatgw/socket"
	"parley/wire"
)

// session is one client, from its connection to its end. It is what its
// connection serves ([socket.Session]) and a member of its rooms ([rooms.Member]).
// Its fields are few, since thousands are idle.
type session struct {
	gateway *Gateway
	conn    *socket.Conn
	number  uint64 // unique here

	// Of the frames alone, which come one after another.
	person   *person // nil until hello
	may      *permissions
	guest    bool
	claims   json.RawMessage
	frames   bucket
	refusals bucket
	typed    time.Duration // when typing was last announced
	expiry   *time.Timer   // nil: it does not expire

	running atomic.Int32 // functions of Client.Go

	mu    sync.Mutex
	rooms []membership
	// joining is the room that is being joined; held is what it sends until the
	// answer to the join is queued.
	joining string
	held    []*rooms.Shared
}

// membership is a room that is joined, and how far it is known.
type membership struct {
	room string
	last uint64
}

func (g *Gateway) newSession(c *socket.Conn) socket.Session {
	return &session{gateway: g, conn: c, number: g.sessions.Add(1)}
}

// Frame acts on one message of the client.
func (s *session) Frame(data []byte) {
	now := s.gateway.since()
	if wait := s.frames.take(now, s.gateway.frames); wait > 0 {
		s.tooFast(data, now, wait)
		return
	}
	f, err := frame.DecodeClient(data)
	if bad, ok := errors.AsType[*frame.Malformed](err); ok {
		s.gateway.counters.malformed.Add(1)
		s.end(frame.CloseFrame, bad.Text)
		return
	}
	hello, isHello := f.(*frame.Hello)
	switch {
	case s.person == nil && !isHello:
		s.end(frame.CloseHello, "the first frame must be a hello")
	case s.person == nil && err != nil:
		s.end(frame.CloseHello, err.Error())
	case s.person == nil:
		s.hello(hello)
	case isHello:
		s.end(frame.CloseHello, "hello may be sent only once")
	case err != nil:
		s.refuse(f, err)
	default:
		ctx, cancel := context.WithTimeout(s.gateway.background, s.gateway.cfg.ActTimeout)
		defer cancel()
		if err := s.act(ctx, f); err != nil {
			s.refuse(f, err)
		}
	}
}

// hello lets the client in, or not.
func (s *session) hello(h *frame.Hello) {
	g, err := s.gateway.identity.greet(h)
	if err != nil {
		s.gateway.counters.unwelcome.Add(1)
		s.end(frame.CloseToken, err.Error())
		return
	}
	s.person, s.may, s.guest = s.gateway.people.enter(g.user), g.may, g.guest
	if len(s.gateway.deps.Extensions) > 0 { // nobody else reads them
		s.claims = g.claims
	}
	s.conn.Greeted()
	if !g.until.IsZero() {
		s.expiry = time.AfterFunc(time.Until(g.until.Add(leeway)), func() { s.end(frame.CloseToken, "the token has expired") })
	}
	w := s.gateway.welcome
	w.User, w.Guest = g.user, g.guest
	s.Send(frame.Encode(w))
	s.opened()
}

// tooFast refuses a frame that is beyond the rate, and ends the connection of
// a client that goes on all the same.
func (s *session) tooFast(data []byte, now, wait time.Duration) {
	s.gateway.counters.tooFast.Add(1)
	if s.refusals.take(now, s.gateway.refusals) > 0 {
		s.endRetry(frame.CloseRate, fmt.Sprintf("more than %v frames a second, in spite of refusals", s.gateway.cfg.FramesPerSecond), time.Second+wait)
		return
	}
	f, err := frame.DecodeClient(data)
	if bad, ok := errors.AsType[*frame.Malformed](err); ok {
		s.end(frame.CloseFrame, bad.Text)
		return
	}
	s.answerError(f, wire.Errorf(frame.CodeRate, "more than %v frames a second", s.gateway.cfg.FramesPerSecond), wait)
}

// refuse answers a frame that is not acted on.
func (s *session) refuse(f frame.FromClient, err error) {
	var retry time.Duration
	switch wire.CodeOf(err) {
	case wire.CodeBusy, wire.CodeUnavailable:
		retry = time.Second
	case wire.CodeInternal:
		s.gateway.cfg.Log.Error("a frame failed", "user", s.person.name, "frame", fmt.Sprintf("%T", f), "error", err)
		err = &wire.Error{Code: wire.CodeInternal, Text: "the gateway failed in a way it did not expect"}
	}
	s.answerError(f, err, retry)
}

func (s *session) answerError(f frame.FromClient, err error, retry time.Duration) {
	s.gateway.counters.refused(wire.CodeOf(err))
	s.Send(frame.Encode(frame.Refuse(f, err, retry)))
}

// end closes the connection for good.
func (s *session) end(code int, reason string) { s.endRetry(code, reason, 0) }

func (s *session) endRetry(code int, reason string, retry time.Duration) {
	s.conn.Close(socket.Bye{Code: code, Reason: wire.Clip(reason), Retry: retry})
}

// Closed forgets the client. Others see that after a while, if it does not
// reconnect.
func (s *session) Closed(int) {
	if s.person == nil {
		return
	}
	if s.expiry != nil {
		s.expiry.Stop()
	}
	s.mu.Lock()
	left := s.rooms
	s.rooms = nil
	s.mu.Unlock()
	for _, m := range left {
		s.gateway.rooms.Leave(m.room, s)
		s.gateway.rooms.Exit(m.room, s.person.name, s.name())
	}
	s.closed()
	s.gateway.people.leave(s.person)
}

// name is the session among those of its person.
func (s *session) name() string { return strconv.FormatUint(s.number, 36) }

// Send queues a frame for the client alone.
func (s *session) Send(encoded []byte) { s.conn.Send(socket.Text(encoded)) }
