package rooms_test

import (
	"context"
	"sync"
	"testing"

	"parley/broker/brokertest"
	"parley/chatgw/chattest"
	"parley/chatgw/rooms"
	"parley/idworker/snowflake"
	"parley/internal/lifecycle/roletest"
	"parley/wire"
	"parley/wire/chatwire"
)

// blockedMember is a member that blocks until it is released.
type blockedMember struct {
	*member
	once     sync.Once
	started  chan struct{}
	released chan struct{}
}

func (h *blockedMember) Deliver(batch []*rooms.Shared) {
	h.once.Do(func() { close(h.started) })
	<-h.released
	h.member.Deliver(batch)
}

// What does not fit into a room's mailbox is read from the stream.
func TestMailboxOverflows(t *testing.T) {
	r, s := newRooms(t, nil)
	h := &blockedMember{member: newMember(), started: make(chan struct{}), released: make(chan struct{})}
	roletest.Must(t, r.Join(testContext(t), "kitchen", "", 0, h, h.admitted))
	fill(t, s.NATS, 1, func(int) string { return "kitchen" })
	<-h.started
	const n = 3000
	fill(t, s.NATS, n, func(int) string { return "kitchen" })
	// The gateway has received all of it, which is more than a room keeps.
	send(t, r, "cellar", "ann", "c", "flushed")
	close(h.released)
	h.awaitCount(t, n+1)
	if c := r.Counters(); c.Filled == 0 {
		t.Error("nothing was read from the stream")
	}
}

// More messages on their way than allowed are refused immediately.
func TestTooManySends(t *testing.T) {
	s := chattest.New(t)
	release, entered := make(chan struct{}), make(chan struct{})
	cfg := rooms.Config{Encode: encode, MaxSends: 1}
	r, err := rooms.New(cfg, rooms.Deps{NATS: s.NATS, NextID: func(context.Context) (snowflake.ID, error) {
		close(entered)
		<-release
		return 1, nil
	}})
	roletest.Must(t, err)
	roletest.Start(t, s.NATS, r).AwaitReady()
	post := rooms.Post{Room: "kitchen", User: "ann", Kind: chatwire.KindText, CID: "c", Text: "hello"}
	first := make(chan error, 1)
	go func() {
		_, err := r.Send(t.Context(), post)
		first <- err
	}()
	<-entered
	if _, err := r.Send(t.Context(), post); wire.CodeOf(err) != wire.CodeBusy {
		t.Errorf("the second message: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("the first message: %v", err)
	}
}

func TestConfig(t *testing.T) {
	nc := brokertest.Run(t).Connect(t)
	deps := rooms.Deps{NATS: nc, NextID: new(chattest.IDs).Next}
	for what, c := range map[string]struct {
		cfg  rooms.Config
		deps rooms.Deps
	}{
		"nothing to encode with": {rooms.Config{}, deps},
		"no connection":          {rooms.Config{Encode: encode}, rooms.Deps{}},
		"a negative bound":       {rooms.Config{Encode: encode, MaxRooms: -1}, deps},
		"a negative time":        {rooms.Config{Encode: encode, Grace: -1}, deps},
		"a page beyond pages":    {rooms.Config{Encode: encode, Page: 300}, deps},
		"a page beyond memory":   {rooms.Config{Encode: encode, Page: 100, Recent: 50}, deps},
		"a gateway without name": {rooms.Config{Encode: encode, Gateway: "x"}, deps},
	} {
		if r, err := rooms.New(c.cfg, c.deps); err == nil || r != nil {
			t.Errorf("%s is accepted", what)
		}
	}
}
