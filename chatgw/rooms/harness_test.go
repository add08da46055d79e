package rooms_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chatgw/chattest"
	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/internal/lifecycle/roletest"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// encode replaces the encoding of the gateway.
func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*roletest.Patience)
	t.Cleanup(cancel)
	return ctx
}

// serve runs rooms until the test ends.
func serve(t testing.TB, nc *nats.Conn, change func(*rooms.Config)) *rooms.Rooms {
	t.Helper()
	r, _ := start(t, nc, change)
	return r
}

// start runs rooms as a process.
func start(t testing.TB, nc *nats.Conn, change func(*rooms.Config)) (*rooms.Rooms, *roletest.Process) {
	t.Helper()
	cfg := rooms.Config{Encode: encode, TailEvery: 300 * time.Millisecond, AckGrace: 50 * time.Millisecond, Notices: -1}
	if change != nil {
		change(&cfg)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	r, err := rooms.New(cfg, rooms.Deps{NATS: nc, NextID: new(chattest.IDs).Next, Log: log})
	roletest.Must(t, err)
	p := roletest.Start(t, nc, r)
	p.AwaitReady()
	return r, p
}

// newRooms is rooms on a broker of their own.
func newRooms(t testing.TB, change func(*rooms.Config)) (*rooms.Rooms, *chattest.Harness) {
	t.Helper()
	h := chattest.New(t)
	return serve(t, h.Connect(t), change), h
}

// purge removes messages from the stream.
func purge(t testing.TB, h *chattest.Harness, opts ...jetstream.StreamPurgeOpt) {
	t.Helper()
	s, err := h.JS.Stream(testContext(t), chatwire.Stream().Name)
	if err == nil {
		err = s.Purge(testContext(t), opts...)
	}
	roletest.Must(t, err)
}

// member keeps what it was given.
type member struct {
	mu     sync.Mutex
	change chan struct{} // closed and replaced at each change
	joined rooms.Joined
	have   []frame.Message // since it joined, with the joined page
	others []*rooms.Shared // presence, typing
	lost   int
	wrong  string
}

func newMember() *member { return &member{change: make(chan struct{})} }

func (m *member) changed() {
	close(m.change)
	m.change = make(chan struct{})
}

func (m *member) Deliver(batch []*rooms.Shared) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range batch {
		if len(s.Bytes()) == 0 {
			m.wrong = "a frame without bytes"
		}
		if s.Message == nil {
			m.others = append(m.others, s)
			continue
		}
		m.take(*s.Message)
	}
	m.changed()
}

// take checks the chain.
func (m *member) take(msg frame.Message) {
	if n := len(m.have); n > 0 {
		before := m.have[n-1].Seq
		if msg.Seq <= before || msg.Prev != 0 && msg.Prev != before {
			m.wrong = fmt.Sprintf("message %d after %d came behind %d", msg.Seq, msg.Prev, before)
		}
	} else if msg.Seq <= m.joined.Last || msg.Prev != 0 && msg.Prev != m.joined.Last {
		m.wrong = fmt.Sprintf("message %d after %d came first, it joined at %d", msg.Seq, msg.Prev, m.joined.Last)
	}
	m.have = append(m.have, msg)
}

func (m *member) Lost(string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost++
	m.changed()
}

// admitted takes the answer to a join.
func (m *member) admitted(j rooms.Joined) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !j.Recovered {
		m.have = nil
	}
	m.joined = j
	m.have = append(m.have, j.Messages...)
	m.changed()
}

// newJoined is a new member of a room.
func newJoined(t testing.TB, r *rooms.Rooms, room string) *member {
	t.Helper()
	m := newMember()
	m.join(t, r, room, "", 0)
	return m
}

// join makes it a member, with what it knows.
func (m *member) join(t testing.TB, r *rooms.Rooms, room, epoch string, since uint64) rooms.Joined {
	t.Helper()
	roletest.Must(t, r.Join(testContext(t), room, epoch, since, m, m.admitted))
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.joined
}

// wait waits until ok, which is called with the lock held.
func (m *member) wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(roletest.Patience)
	for {
		m.mu.Lock()
		done, change, wrong := ok(), m.change, m.wrong
		m.mu.Unlock()
		if wrong != "" {
			t.Fatal(wrong)
		}
		if done {
			return
		}
		select {
		case <-change:
		case <-deadline:
			m.mu.Lock()
			defer m.mu.Unlock()
			t.Fatalf("waited %v for %s; it has %d messages, lost %d", roletest.Patience, what, len(m.have), m.lost)
		}
	}
}

// last is the number of its last message, 0 if it has none. The caller holds the lock.
func (m *member) last() uint64 {
	if len(m.have) == 0 {
		return 0
	}
	return m.have[len(m.have)-1].Seq
}

func (m *member) lastSeq() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last()
}

// awaitCount waits for n messages.
func (m *member) awaitCount(t testing.TB, n int) {
	t.Helper()
	m.wait(t, fmt.Sprintf("%d messages", n), func() bool { return len(m.have) >= n })
}

// wantTexts waits for messages, and expects that it has exactly these.
func (m *member) wantTexts(t testing.TB, want ...string) {
	t.Helper()
	m.awaitCount(t, len(want))
	m.mu.Lock()
	defer m.mu.Unlock()
	var got []string
	for _, msg := range m.have {
		got = append(got, msg.Text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("it has %q, want %q", got, want)
	}
}

// send sends a text and returns its acknowledgement.
func send(t testing.TB, r *rooms.Rooms, room, user, cid, text string) frame.Ack {
	t.Helper()
	ack, err := r.Send(testContext(t), rooms.Post{Room: room, User: user, Kind: chatwire.KindText, CID: cid, Text: text})
	roletest.Must(t, err)
	return ack
}
