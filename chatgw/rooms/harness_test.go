package rooms_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test.
const patience = 2 * time.Minute

// ids makes ids without a service.
type ids struct {
	mu   sync.Mutex
	last snowflake.ID
}

func (g *ids) next(context.Context) (snowflake.ID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(g.last+1, snowflake.MinAt(time.Now()))
	return g.last, nil
}

// encode stands for what the gateway puts on a socket.
func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	return ctx
}

// makeStream creates the stream.
func makeStream(t testing.TB, nc *nats.Conn, replicas int) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := streams.Ensure(testContext(t), js, chatwire.Stream(), replicas); err != nil {
		t.Fatal(err)
	}
}

// serve runs rooms until the test ends.
func serve(t testing.TB, nc *nats.Conn, change func(*rooms.Config)) *rooms.Rooms {
	t.Helper()
	r, stop := start(t, nc, change)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	return r
}

// start runs rooms until stop is called.
func start(t testing.TB, nc *nats.Conn, change func(*rooms.Config)) (r *rooms.Rooms, stop func() error) {
	t.Helper()
	cfg := rooms.Config{Encode: encode, TailEvery: 300 * time.Millisecond, AckGrace: 50 * time.Millisecond, Notices: -1}
	if change != nil {
		change(&cfg)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	r, err := rooms.New(cfg, rooms.Deps{NATS: nc, NextID: (&ids{}).next, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan error, 1)
	go func() { out <- r.Run(ctx) }()
	select {
	case <-r.Ready():
	case err := <-out:
		cancel()
		t.Fatalf("the rooms did not start: %v", err)
	case <-time.After(patience):
		t.Fatal("the rooms are not ready")
	}
	var once sync.Once
	return r, func() (err error) {
		once.Do(func() {
			cancel()
			select {
			case err = <-out:
			case <-time.After(patience):
				err = fmt.Errorf("it has not ended after %v", patience)
			}
		})
		return err
	}
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

// join makes it a member, with what it knows.
func (m *member) join(t testing.TB, r *rooms.Rooms, room, epoch string, since uint64) rooms.Joined {
	t.Helper()
	if err := r.Join(testContext(t), room, epoch, since, m, m.admitted); err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.joined
}

// wait waits until ok, which is called with the lock held.
func (m *member) wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
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
			t.Fatalf("waited %v for %s; it has %d messages, lost %d", patience, what, len(m.have), m.lost)
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

// texts waits for n messages and returns all texts.
func (m *member) texts(t testing.TB, n int) (texts []string) {
	t.Helper()
	m.wait(t, fmt.Sprintf("%d messages", n), func() bool { return len(m.have) >= n })
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, msg := range m.have {
		texts = append(texts, msg.Text)
	}
	return texts
}

// send sends a text and returns its acknowledgement.
func send(t testing.TB, r *rooms.Rooms, room, user, cid, text string) frame.Ack {
	t.Helper()
	ack, err := r.Send(testContext(t), rooms.Post{Room: room, User: user, Kind: chatwire.KindText, CID: cid, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return ack
}

// one is rooms on a broker of their own.
func one(t testing.TB, change func(*rooms.Config)) (*rooms.Rooms, *brokertest.Server) {
	t.Helper()
	s := brokertest.Run(t)
	nc := s.Connect(t)
	makeStream(t, nc, 1)
	return serve(t, nc, change), s
}

// stream is the stream, past the rooms.
func stream(t testing.TB, s *brokertest.Server) jetstream.Stream {
	t.Helper()
	js, err := jetstream.New(s.Connect(t))
	if err != nil {
		t.Fatal(err)
	}
	out, err := js.Stream(testContext(t), chatwire.Stream().Name)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
