package docs_test

import (
	"context"
	"testing"

	"parley/chatgw/rooms"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/wire/chatwire"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// heard is a member that reports the first message that it receives.
type heard struct{ messages chan string }

func (h heard) Deliver(batch []*rooms.Shared) {
	for _, s := range batch {
		if s.Message != nil {
			select {
			case h.messages <- s.Message.Text:
			default:
			}
		}
	}
}
func (heard) Lost(string) {}

// chatting runs the rooms of a gateway as its user of the guarded server, and
// uses everything of them. js is that of the admin.
func chatting(ctx context.Context, t *testing.T, s *server.Server, js jetstream.JetStream, needed chan error) {
	t.Helper()
	if _, _, err := streams.Ensure(ctx, js, chatwire.Stream(), 1); err != nil {
		t.Fatal(err)
	}
	nc := as(t, s, "gateway", needed)
	if d := streams.Inspect(ctx, nc, chatwire.Stream().Name); d.Durability != streams.Synced {
		t.Errorf("a gateway sees the durability %s: %s", d.Durability, d.Reason)
	}
	id := snowflake.ID(0)
	r, err := rooms.New(rooms.Config{Encode: func(any) []byte { return nil }}, rooms.Deps{
		NATS: nc, NextID: func(context.Context) (snowflake.ID, error) { id++; return id, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer serving(t, r)()
	h := heard{make(chan string, 1)}
	// From the beginning, so that the stream is asked whether anything is gone.
	if err := r.Join(ctx, "lobby", r.Epoch(), 0, h, func(rooms.Joined) {}); err != nil {
		t.Fatal(err)
	}
	r.Enter("lobby", "ada", "1")
	r.Typing("lobby", "ada")
	for range 2 {
		if _, err := r.Send(ctx, rooms.Post{Room: "lobby", User: "ada", Kind: chatwire.KindText, CID: "c-1", Text: "hello"}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case text := <-h.messages:
		if text != "hello" {
			t.Errorf("the room heard %q", text)
		}
	case <-ctx.Done():
		t.Fatal("the room heard nothing")
	}
	if page, _, err := r.History(ctx, "cellar", 0, 0); err != nil || len(page) != 0 {
		t.Errorf("an empty room has the page %v, %v", page, err)
	}
}
