package rooms_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw/chattest"
	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/internal/lifecycle/roletest"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A broker that restarts loses nobody's place, and a message that was sent
// meanwhile is stored once it is back.
func TestBrokerRestarts(t *testing.T) {
	r, s := newRooms(t, nil)
	m := newJoined(t, r, "kitchen")
	send(t, r, "kitchen", "ann", "c1", "before")
	s.Kill()
	done := make(chan frame.Ack, 1)
	go func() { done <- send(t, r, "kitchen", "ann", "c2", "meanwhile") }()
	s.Restart(t)
	roletest.Await(t, "the message to be stored", done)
	send(t, r, "kitchen", "ann", "c3", "after")
	m.wantTexts(t, "before", "meanwhile", "after")
}

// What is stored while a gateway is cut off is delivered after it reconnects, although
// nothing follows that would show the gap.
func TestReconnectCatchesUp(t *testing.T) {
	s := chattest.New(t)
	nc := s.Connect(t)
	r := serve(t, nc, func(c *rooms.Config) { c.TailEvery = time.Hour })
	other := serve(t, s.Connect(t), nil)
	m := newJoined(t, r, "kitchen")
	send(t, other, "kitchen", "ann", "c0", "text 0")
	m.awaitCount(t, 1)
	roletest.Must(t, nc.ForceReconnect())
	for i := 1; i < 20; i++ {
		send(t, other, "kitchen", "ann", fmt.Sprint("c", i), fmt.Sprint("text ", i))
	}
	m.awaitCount(t, 20)
}

// newRoomsWithoutResends is rooms on a stream that re-sends nothing: the gateway has nothing but tails and
// its own acknowledgements.
func newRoomsWithoutResends(t *testing.T, change func(*rooms.Config)) (*rooms.Rooms, *chattest.Harness) {
	t.Helper()
	r, h := newRooms(t, change)
	s, err := h.JS.Stream(testContext(t), chatwire.Stream().Name)
	roletest.Must(t, err)
	cfg := s.CachedInfo().Config
	cfg.RePublish = nil
	if _, err := h.JS.UpdateStream(testContext(t), cfg); err != nil {
		t.Fatal(err)
	}
	return r, h
}

func TestTailsAlone(t *testing.T) {
	r, s := newRoomsWithoutResends(t, nil)
	m := newJoined(t, r, "kitchen")
	for round := range 3 {
		fill(t, s.NATS, 700, func(int) string { return "kitchen" })
		m.awaitCount(t, 700*(round+1))
	}
}

func TestAcknowledgementsAlone(t *testing.T) {
	r, _ := newRoomsWithoutResends(t, func(c *rooms.Config) { c.TailEvery = time.Hour })
	m := newJoined(t, r, "kitchen")
	for i := range 5 {
		send(t, r, "kitchen", "ann", fmt.Sprint("c", i), "hello")
		m.awaitCount(t, i+1)
	}
}

// Whoever can write to the stream or to the live subjects past the gateways can
// show people nothing, and can stop nothing: headers of the broker's names, texts
// that are no messages, and re-sent messages that never were.
func TestForeignMessagesInTheStream(t *testing.T) {
	r, s := newRooms(t, nil)
	m := newJoined(t, r, "kitchen")
	nc := s.Connect(t)
	good := wire.Encode(chatwire.Message{V: wire.Version, ID: 7, User: "eve", Kind: chatwire.KindService, Text: "with forged headers"})
	put := func(data []byte, headers ...string) {
		t.Helper()
		msg := &nats.Msg{Subject: chatwire.RoomSubject("kitchen"), Data: data, Header: nats.Header{}}
		for i := 0; i < len(headers); i += 2 {
			msg.Header.Add(headers[i], headers[i+1])
		}
		if _, err := s.JS.PublishMsg(testContext(t), msg); err != nil {
			t.Fatal(err)
		}
	}
	send(t, r, "kitchen", "ann", "c1", "one")
	put(good, "Nats-Sequence", "x", "Nats-Last-Sequence", "999", "Nats-Subject", "chat.room.cellar", "Nats-Stream", "OTHER", "Nats-Time-Stamp", "never")
	put([]byte("no message"))
	put(nil, "Status", "204", "Description", "EOB")
	put([]byte(`{"v":1,"id":"8","user":"eve","kind":"text","text":"x","more":1}`))
	send(t, r, "kitchen", "ann", "c2", "two")
	for _, h := range []nats.Header{
		nil,
		{"Nats-Stream": {"CHAT"}, "Nats-Subject": {"chat.room.kitchen"}, "Nats-Sequence": {"5000"}},
		{"Nats-Stream": {"CHAT"}, "Nats-Subject": {"chat.room.cellar"}, "Nats-Sequence": {"5000"}, "Nats-Last-Sequence": {"1"}},
		{"Nats-Stream": {"OTHER"}, "Nats-Subject": {"chat.room.kitchen"}, "Nats-Sequence": {"5000"}, "Nats-Last-Sequence": {"1"}},
	} {
		roletest.Must(t, nc.PublishMsg(&nats.Msg{Subject: chatwire.LiveSubject("kitchen"), Data: good, Header: h}))
	}
	roletest.Must(t, nc.Flush())
	send(t, r, "kitchen", "ann", "c3", "three")
	want := []string{"one", "with forged headers", "two", "three"}
	m.wantTexts(t, want...)
	// The same through a page, and for one who comes back.
	page, more, err := r.History(testContext(t), "kitchen", 0, 0)
	if err != nil || more || len(page) != len(want) {
		t.Errorf("the page has %d messages, more %v, %v", len(page), more, err)
	}
	fresh := serve(t, s.Connect(t), func(c *rooms.Config) { c.Page = 1 })
	back := newMember()
	j := back.join(t, fresh, "kitchen", fresh.Epoch(), m.have[0].Seq)
	if !j.Recovered || len(j.Messages) != 3 {
		t.Errorf("a member that returns is given %d messages, recovered %v", len(j.Messages), j.Recovered)
	}
	for _, j := range j.Messages[1:] {
		if j.Prev != 0 && !slices.ContainsFunc(page, func(m frame.Message) bool { return m.Seq == j.Prev }) {
			t.Errorf("message %d has prev %d, which nobody sees", j.Seq, j.Prev)
		}
	}
}

// Who observes all answers of the broker cannot forge the next one: where it goes cannot be
// guessed.
func TestRepliesCannotBeGuessed(t *testing.T) {
	r, h := newRooms(t, nil)
	requests, err := h.NATS.SubscribeSync("$JS.API.DIRECT.GET." + chatwire.Stream().Name)
	roletest.Must(t, err)
	roletest.Must(t, h.NATS.Flush())
	seen := map[string]bool{}
	for range 3 {
		if _, _, err := r.History(testContext(t), "kitchen", 0, 0); err != nil {
			t.Fatal(err)
		}
		m, err := requests.NextMsg(roletest.Patience)
		roletest.Must(t, err)
		token := m.Reply[strings.LastIndexByte(m.Reply, '.')+1:]
		if wire.CheckToken("reply", token) != nil || seen[token] {
			t.Errorf("an answer goes to %s", m.Reply)
		}
		seen[token] = true
	}
}

// A stream that was lost and recreated ends the role.
func TestAnotherStreamEndsIt(t *testing.T) {
	h := chattest.New(t)
	_, p := start(t, h.Connect(t), nil)
	roletest.Must(t, h.JS.DeleteStream(testContext(t), chatwire.Stream().Name))
	brokertest.Stream(t, h.NATS, chatwire.Stream(), 1)
	roletest.Must(t, p.NATS.ForceReconnect())
	if err := p.AwaitEnd(); err == nil {
		t.Error("it ended without an error")
	} else if e, ok := errors.AsType[*streams.Error](err); !ok || e.Missing {
		t.Errorf("Run returned %v, want an error about the incarnation", err)
	}
}

// A gap that cannot be closed is reported, and joining again works. Where the gap is
// read before it is purged it was closed, and another gateway is tried.
func TestLost(t *testing.T) {
	for range 20 {
		r, s := newRoomsWithoutResends(t, nil)
		m := newJoined(t, r, "kitchen")
		ack := send(t, r, "kitchen", "ann", "c1", "one")
		m.awaitCount(t, 1)
		// The messages after it are removed before anybody reads them: the oldest
		// go first, so this one goes with them.
		at := fill(t, s.NATS, 50, func(int) string { return "kitchen" })["kitchen"]
		purge(t, s, jetstream.WithPurgeSequence(at[40]))
		m.wait(t, "the room to be lost", func() bool { return m.lost > 0 || len(m.have) == 51 })
		if m.lost == 0 {
			continue
		}
		j := m.join(t, r, "kitchen", r.Epoch(), ack.Seq)
		if j.Recovered || j.Last != at[49] || len(j.Messages) != 10 || j.More {
			t.Errorf("it joins again with recovered %v, %d messages up to %d, more %v", j.Recovered, len(j.Messages), j.Last, j.More)
		}
		return
	}
	t.Error("each gap was read before it was purged")
}

// Who joins while a room is being lost is let in by its next machine, however
// many they are.
func TestLostWhileJoining(t *testing.T) {
	r, _ := newRooms(t, nil)
	m := newJoined(t, r, "kitchen")
	send(t, r, "kitchen", "ann", "c1", "one")
	m.awaitCount(t, 1)
	late := []rooms.Member{newMember(), newMember(), newMember()}
	pages := make([]rooms.Joined, len(late))
	done := r.LoseAndJoin("kitchen", late, func(i int, j rooms.Joined) { pages[i] = j })
	for i, d := range done {
		roletest.Await(t, fmt.Sprintf("member %d of %d to be admitted", i+1, len(done)), d)
		if len(pages[i].Messages) != 1 {
			t.Errorf("member %d joined with %d messages, want 1", i, len(pages[i].Messages))
		}
	}
	m.wait(t, "the first one to be notified", func() bool { return m.lost == 1 })
}

// A room in which nobody is ends after a while, and when there are too many.
func TestRoomsEnd(t *testing.T) {
	r, _ := newRooms(t, func(c *rooms.Config) { c.MaxRooms, c.Linger = 2, time.Hour })
	a, c := newJoined(t, r, "a"), newMember()
	newJoined(t, r, "b")
	err := r.Join(testContext(t), "c", "", 0, c, c.admitted)
	if wire.CodeOf(err) != wire.CodeBusy {
		t.Errorf("a third room: %v", err)
	}
	r.Leave("a", a)
	for ctx := testContext(t); r.Join(ctx, "c", "", 0, c, c.admitted) != nil; {
		if ctx.Err() != nil { // else the room has not noticed yet that it is empty
			t.Fatal("the empty room is not evicted")
		}
	}
	if n := r.Counters(); n.Rooms != 2 || n.Members != 2 {
		t.Errorf("there are %d rooms with %d members", n.Rooms, n.Members)
	}
}
