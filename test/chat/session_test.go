package chat

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
)

// sessionClient is a client by the library's session. It records only what a person is
// shown.
type sessionClient struct {
	*notes
	*crowd
	rng     *rand.Rand
	session *chatclient.Session
	idle    bool // nothing was sent that is not acknowledged
}

func newSessionClient(c *crowd, name string, seed uint64, rooms []string) *sessionClient {
	s := &sessionClient{notes: newNotes(name, rooms), crowd: c, rng: rand.New(rand.NewPCG(seed, 3))}
	// It always connects to the same gateway: a session has one address.
	g := c.gateways[s.rng.IntN(len(c.gateways))]
	s.session = chatclient.NewSession(chatclient.Config{URL: g.URL, Name: name, Timeout: dialTimeout}, chatclient.Events{
		Reset: func(j frame.Joined) { s.note(func() { s.views[j.Room].Joined(&j, 0) }) },
		Said:  func(room string, m frame.Message) { s.note(func() { s.views[room].Delivered(&m) }) },
		Sent: func(a frame.Ack) {
			s.acknowledged.Add(1)
			s.note(func() { s.acks[a.CID] = append(s.acks[a.CID], a) })
		},
		Unsent: func(room, cid, _, why string, _ bool) {
			s.note(func() { s.fail("%s was not sent to %s: %s", cid, room, why) })
		},
		Other: func(f frame.FromGateway) {
			if p, ok := f.(*frame.Page); ok {
				s.note(func() {
					if v := s.views[p.Room]; p.Ref == int64(v.Hole()) {
						v.Page(p)
					}
				})
			}
		},
	})
	return s
}

func (s *sessionClient) note(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *sessionClient) run(ctx context.Context) {
	done := make(chan error, 1)
	go func() { done <- s.session.Run(ctx) }()
	for _, room := range s.rooms {
		_ = s.session.Join(ctx, room) // fails when ctx has ended
	}
	for ctx.Err() == nil {
		s.talk(ctx)
		select {
		case <-time.After(rand.N(maxThink)):
		case <-ctx.Done():
		}
	}
	if err := <-done; err != nil {
		s.note(func() { s.fail("the session ended: %v", err) })
	}
}

// talk sends some messages, the next without waiting for the one before, and
// closes holes.
func (s *sessionClient) talk(ctx context.Context) {
	s.note(func() { s.idle = false })
	for range 3 {
		if s.quiet.Load() {
			break
		}
		m := s.compose(s.rng)
		cid, err := s.session.Send(ctx, m.Room, m.Text)
		if err != nil {
			return
		}
		m.CID = cid
		s.note(func() { s.sent = append(s.sent, *m) })
	}
	if s.session.Flush(ctx) != nil {
		return
	}
	s.note(func() { s.idle = true })
	for room, v := range s.views {
		before := uint64(0)
		s.note(func() { before = v.Hole() })
		if before > 0 {
			_ = s.session.Do(ctx, frame.Encode(frame.History{Ref: int64(before), Room: room, Before: before})) // requested again
		}
	}
}

func (s *sessionClient) settled() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.idle {
		return fmt.Errorf("%s waits for an acknowledgement", s.name)
	}
	for room, v := range s.views {
		if v.Hole() > 0 {
			return fmt.Errorf("%s has not resumed %s", s.name, room)
		}
	}
	return nil
}
