package rooms

import (
	"context"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/chatgw/rooms/machine"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
)

// A page from memory may be requested when the room has taken in a message and
// not shown it yet. Then it is shown first, since that writes to the message,
// while others read the page.
func TestPageFromMemoryIsComplete(t *testing.T) {
	r, err := New(Config{Encode: func(any) []byte { return nil }}, Deps{
		NATS: &nats.Conn{Opts: nats.Options{ReconnectBufSize: -1, AllowReconnect: true, MaxReconnect: -1}}, NextID: func(context.Context) (snowflake.ID, error) { return 1, nil },
	})
	roletest.Must(t, err)
	rm := newRoom(r, "lobby")
	r.rooms["lobby"] = rm
	rm.m.Actions() // reading the first page is not needed
	rm.m.Opened([]machine.Message{{Seq: 3}}, true)

	soup := chatwire.Message{V: wire.Version, ID: 1, User: "ada", Kind: chatwire.KindText, Text: "soup"}
	rm.arrived(chatwire.Place{Room: "lobby", Seq: 7, Prev: 3}, wire.Encode(soup))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	prev := make(chan uint64, 1)
	go func() {
		found, _, ok := r.remembered(ctx, "lobby", 0, 1)
		if !ok || len(found) != 1 {
			t.Errorf("found %d messages, known %v", len(found), ok)
			prev <- 0
			return
		}
		prev <- found[0].Body.(*Shared).Message.Prev
	}()
	for requested := false; !requested; { // as run does
		select {
		case <-rm.wake:
		case <-ctx.Done():
			t.Fatal("nobody requested the page")
		}
		rm.mu.Lock()
		events := rm.queue
		if requested = len(events) == 2; requested {
			rm.queue = nil
		}
		rm.mu.Unlock()
		for i := 0; requested && i < len(events); i++ {
			rm.handle(&events[i])
		}
	}
	if got := <-prev; got != 3 {
		t.Errorf("the page has a message with prev %d before it was shown, want 3", got)
	}
}
