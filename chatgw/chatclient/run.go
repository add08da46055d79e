package chatclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"parley/chatgw/frame"
)

// session is the state, owned by the goroutine of Run.
type session struct {
	*Session
	conn  *Conn         // nil: not connected
	user  string        // the name that the gateway gave
	retry time.Duration // how long cids are known, from the gateway's welcome
	ref   int64         // of the last join
	rooms map[string]*room
	// left was sent in rooms that were left since, and is not answered.
	left outbox
	// unacked counts what is in any outbox; flushing are closed at 0.
	unacked  int
	flushing []chan struct{}
}

const (
	// Pauses between tries to connect: doubled from the first to the last,
	// half of each at random, so that the clients of a gateway that comes back
	// do not come all at the same time.
	minBackoff = 250 * time.Millisecond
	maxBackoff = 15 * time.Second
	// defaultRetry is used until a gateway has named its own.
	defaultRetry = 10 * time.Minute
	// firstRef is where the refs of joins begin, out of the way of those of
	// [Session.Do].
	firstRef = 1 << 52
)

// Run connects, again and again, until ctx ends (then it returns nil), or the
// gateway reports that connecting again is of no use (then the error is a
// [*Closed]).
func (s *Session) Run(ctx context.Context) error {
	defer close(s.done)
	st := &session{Session: s, retry: defaultRetry, ref: firstRef, rooms: make(map[string]*room)}
	backoff := minBackoff
	for {
		lasted, err := st.runConnection(ctx)
		if ctx.Err() != nil {
			return nil
		}
		closed, ok := errors.AsType[*Closed](err)
		if ok && closed.Retry < 0 {
			return err
		}
		if lasted > backoff {
			backoff = minBackoff // it had worked for longer than it would wait now
		}
		wait := backoff/2 + rand.N(backoff/2)
		if ok && closed.Retry > 0 {
			wait = closed.Retry
		}
		backoff = min(2*backoff, maxBackoff)
		if s.events.Down != nil {
			s.events.Down(err, wait)
		}
		waiting, cancel := context.WithTimeout(ctx, wait)
		st.takeCalls(waiting.Done())
		cancel()
	}
}

// takeCalls takes calls while there is no connection, until a channel is closed.
func (s *session) takeCalls(until <-chan struct{}) {
	for {
		select {
		case <-until:
			return
		case f := <-s.calls:
			f(s)
		}
	}
}

// dial connects, and takes calls meanwhile.
func (s *session) dial(ctx context.Context) (conn *Conn, err error) {
	dialled := make(chan struct{})
	go func() {
		defer close(dialled)
		conn, err = Dial(ctx, s.cfg)
	}()
	s.takeCalls(dialled)
	return conn, err
}

// runConnection is one connection, from dialling to its end, and how long it lasted.
func (s *session) runConnection(ctx context.Context) (lasted time.Duration, err error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	frames := make(chan frame.FromGateway)
	ended, failed := make(chan struct{}), make(chan error, 1)
	go func() { failed <- conn.readFrames(frames, ended) }()
	s.connected(conn)
	err = s.serve(ctx, frames, failed)
	close(ended)
	conn.Close()
	for range frames { // until the reader has ended
	}
	s.disconnected()
	return time.Since(began), err
}

// readFrames reads frames until there are no more, or nobody wants them.
func (c *Conn) readFrames(frames chan<- frame.FromGateway, ended <-chan struct{}) error {
	defer close(frames)
	for {
		f, err := c.Read()
		if err != nil {
			return err
		}
		select {
		case frames <- f:
		case <-ended:
			return nil
		}
	}
}

func (s *session) connected(conn *Conn) {
	s.conn, s.user = conn, conn.Welcome.User
	if ms := conn.Welcome.Limits.RetryMS; ms > 0 {
		s.retry = time.Duration(ms) * time.Millisecond
	}
	if s.events.Up != nil {
		s.events.Up(conn.Welcome)
	}
}

func (s *session) disconnected() {
	s.conn = nil
	for _, r := range s.rooms {
		r.disconnect()
	}
	for p := s.left.head(); p != nil; p = s.left.head() {
		s.unsent(p.Room, p.CID, "the room was left and the connection ended before an answer", true)
	}
}

// serve is a connection that is up, until its end.
func (s *session) serve(ctx context.Context, frames <-chan frame.FromGateway, failed <-chan error) error {
	for _, r := range s.rooms {
		if err := s.join(r); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-s.calls:
			f(s)
		case f, ok := <-frames:
			if !ok {
				return <-failed
			}
			if err := s.handle(f); err != nil {
				return err
			}
		}
	}
}

// handle acts on one frame.
func (s *session) handle(f frame.FromGateway) error {
	switch f := f.(type) {
	case *frame.Joined:
		return s.joined(f)
	case *frame.Message:
		return s.message(f)
	case *frame.Ack:
		return s.acked(f)
	case *frame.Error:
		return s.refused(f)
	case *frame.Bye:
		return closed(f)
	default:
		s.other(f)
		return nil
	}
}

// join asks for a room, from where it was left.
func (s *session) join(r *room) error {
	s.ref++
	return s.conn.Write(frame.Encode(r.join(s.ref)))
}

// joined takes the answer to a join: it delivers what was missed, and then sends
// what waits to be sent.
func (s *session) joined(j *frame.Joined) error {
	r := s.rooms[j.Room]
	if r == nil || r.joinRef == 0 || j.Ref != r.joinRef {
		return nil // the room was left, or requested again
	}
	reset := r.answer(j)
	if reset && s.events.Reset != nil {
		s.events.Reset(*j)
	}
	for _, m := range j.Messages {
		if reset {
			s.settleOwn(j.Room, m)
		} else {
			s.deliver(j.Room, m)
		}
	}
	s.resolveDoubt(r, reset)
	return s.sendNext(r)
}

// message takes a live message.
func (s *session) message(m *frame.Message) error {
	r := s.rooms[m.Room]
	if r == nil || !r.joined {
		return nil // it crossed a leave, or a join under way that has it
	}
	switch r.take(m) {
	case next:
		s.deliver(m.Room, *m)
		return s.sendNext(r)
	case gap:
		return s.join(r)
	}
	return nil
}

func (s *session) deliver(room string, m frame.Message) {
	s.settleOwn(room, m)
	if s.events.Received != nil {
		s.events.Received(room, m)
	}
}

func (s *session) other(f frame.FromGateway) {
	if s.events.Other != nil {
		s.events.Other(f)
	}
}
