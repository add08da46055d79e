package chat

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley/chatgw/frame"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
)

// service posts many messages in rooms at once, over plain NATS, each of them once.
type service struct {
	nc    *nats.Conn
	inbox string

	mu   sync.Mutex
	sent []Sent
	acks map[string]frame.Ack // by cid
}

const serviceUser = "oven"

func newService(t testing.TB, nc *nats.Conn) *service {
	t.Helper()
	s := &service{nc: nc, inbox: nc.NewInbox() + ".", acks: map[string]frame.Ack{}}
	if _, err := nc.Subscribe(s.inbox+"*", s.answered); err != nil {
		t.Fatal(err)
	}
	return s
}

// post posts n messages. They are under way when it returns.
func (s *service) post(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		cid := fmt.Sprint("oven-", len(s.sent))
		m := Sent{User: serviceUser, Room: roomNames[len(s.sent)%len(roomNames)], CID: cid, Text: "ready: " + cid, Once: true}
		s.sent = append(s.sent, m)
		data := wire.Encode(chatwire.Post{V: wire.Version, User: m.User, Text: m.Text, CID: m.CID})
		if err := s.nc.PublishRequest(chatwire.PostSubject(m.Room), s.inbox+cid, data); err != nil {
			return err
		}
	}
	return s.nc.Flush()
}

func (s *service) answered(m *nats.Msg) {
	a, err := wire.Decode[chatwire.Posted](m.Data)
	if err != nil || a.Code != "" {
		return // then it is not known, or not stored
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acks[strings.TrimPrefix(m.Subject, s.inbox)] = frame.Ack{Seq: a.Seq, ID: a.ID, At: a.ID.Time().UnixMilli()}
}

// all is what was posted, with the answers.
func (s *service) all() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.sent {
		if a, ok := s.acks[s.sent[i].CID]; ok {
			s.sent[i].Acks = []frame.Ack{a}
		}
	}
	return s.sent
}
