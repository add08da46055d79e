package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"parley/natsconn"
	"parley/test/proc"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// listener receives what the stream re-sends, as a gateway does, and reads the stream
// itself.
type listener struct {
	testing.TB
	nc *nats.Conn
	js jetstream.JetStream

	mu       sync.Mutex
	received map[uint64]uint64 // prev by number
	wrong    []error
	// missed are those that another one names before it and that did not
	// come.
	missed map[uint64]bool
}

func listen(t testing.TB, url string) *listener {
	t.Helper()
	nc, err := natsconn.Connect(t.Context(), natsconn.Options{URL: url, Name: "chat test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	l := &listener{TB: t, nc: nc, received: map[uint64]uint64{}, missed: map[uint64]bool{}}
	if l.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Subscribe(chatwire.SubjectLive, l.live); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *listener) live(m *nats.Msg) {
	p, err := chatwire.ParseLive(m.Subject, m.Header)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.wrong = append(l.wrong, err)
		return
	}
	l.received[p.Seq] = p.Prev
	delete(l.missed, p.Seq)
	if _, ok := l.received[p.Prev]; !ok && p.Prev > 0 {
		l.missed[p.Prev] = true
	}
}

// count is how many were received.
func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.received)
}

// lost is how many messages were stored and not re-sent, as far as later ones
// show it: no more than there were.
func (l *listener) lost() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.missed)
}

// missing is how many messages of the stream were not re-sent to this listener.
// Those that were must name the one before them.
func (l *listener) missing(stream []Stored) (n int, wrong []Violation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, err := range l.wrong {
		wrong = append(wrong, Violation{Chain, err.Error()})
	}
	prev := map[string]uint64{}
	for i := range stream {
		s := &stream[i]
		named, ok := l.received[s.Seq]
		if !ok {
			n++
		} else if named != prev[s.Room] {
			wrong = append(wrong, Violation{Chain, fmt.Sprintf("%d was re-sent after %d, it is stored after %d", s.Seq, named, prev[s.Room])})
		}
		prev[s.Room] = s.Seq
	}
	return n, wrong
}

func (l *listener) stream() (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(l.Context(), requestTimeout)
	defer cancel()
	return l.js.Stream(ctx, chatwire.Stream().Name)
}

// leader is the server that leads the stream.
func (l *listener) leader() (string, error) {
	s, err := l.stream()
	if err != nil {
		return "", err
	}
	if c := s.CachedInfo().Cluster; c != nil && c.Leader != "" {
		return c.Leader, nil
	}
	return "", errors.New("the stream has no leader")
}

// stepDown makes the stream's leader step down.
func (l *listener) stepDown() error {
	m, err := l.nc.Request("$JS.API.STREAM.LEADER.STEPDOWN."+chatwire.Stream().Name, nil, requestTimeout)
	if err != nil {
		return err
	}
	var answer struct {
		Success bool `json:"success"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil || !answer.Success {
		return fmt.Errorf("the leader did not step down: %s", m.Data)
	}
	return nil
}

// ends are the numbers of each room's last message, as the stream's leader
// has them.
func (l *listener) ends() (map[string]uint64, error) {
	out := map[string]uint64{}
	for _, room := range roomNames {
		request := fmt.Appendf(nil, `{"last_by_subj":%q}`, chatwire.RoomSubject(room))
		m, err := l.nc.Request("$JS.API.STREAM.MSG.GET."+chatwire.Stream().Name, request, requestTimeout)
		if err != nil {
			return nil, err
		}
		var answer struct {
			Message struct {
				Seq uint64 `json:"seq"`
			} `json:"message"`
		}
		if err := json.Unmarshal(m.Data, &answer); err != nil || answer.Message.Seq == 0 {
			return nil, fmt.Errorf("reading the end of %s: %s", room, m.Data)
		}
		out[room] = answer.Message.Seq
	}
	return out, nil
}

// read reads the whole stream, to which nobody writes any more.
func (l *listener) read() (all []Stored) {
	l.Helper()
	proc.Eventually(l, proc.Patience, "reading the stream", func() (err error) {
		all, err = ReadStream(l.Context(), l.js)
		return err
	})
	return all
}
