package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/chatgw/chattest"
	"parley/chatgw/rooms"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/chatwire"
)

func TestMessagesAreDelivered(t *testing.T) {
	r, _ := newRooms(t, nil)
	a, b := newMember(), newMember()
	if j := a.join(t, r, "kitchen", "", 0); j.Last != 0 || len(j.Messages) != 0 || j.More || j.Epoch != r.Epoch() {
		t.Errorf("an empty room is joined with %+v", j)
	}
	ack := send(t, r, "kitchen", "ann", "c1", "hello")
	if ack.Seq == 0 || !ack.ID.Valid() || ack.Room != "kitchen" || ack.CID != "c1" || ack.At == 0 {
		t.Errorf("the acknowledgement is %+v", ack)
	}
	send(t, r, "elsewhere", "ann", "c2", "not here")
	if j := b.join(t, r, "kitchen", "", 0); j.Last != ack.Seq || len(j.Messages) != 1 || j.Recovered {
		t.Errorf("the second joins with %+v", j)
	}
	send(t, r, "kitchen", "bob", "c1", "hello, Ann")
	for _, m := range []*member{a, b} {
		m.wantTexts(t, "hello", "hello, Ann")
	}
	r.Leave("kitchen", b)
	send(t, r, "kitchen", "ann", "c3", "bye")
	a.awaitCount(t, 3)
	if c := r.Counters(); c.Members != 1 || c.Sent != 4 || c.Delivered != 4 {
		t.Errorf("the counters are %+v", c)
	}
}

func TestSendAgain(t *testing.T) {
	r, _ := newRooms(t, nil)
	m := newJoined(t, r, "kitchen")
	first := send(t, r, "kitchen", "ann", "c1", "hello")
	if again := send(t, r, "kitchen", "ann", "c1", "hello"); again != first {
		t.Errorf("sent again it is %+v, it was %+v", again, first)
	}
	for _, c := range []struct {
		name string
		post rooms.Post
		code wire.Code
	}{
		{"another text", rooms.Post{Room: "kitchen", User: "ann", Kind: chatwire.KindText, CID: "c1", Text: "other"}, wire.CodeConflict},
		{"no text", rooms.Post{Room: "kitchen", User: "ann", Kind: chatwire.KindText, CID: "c2"}, wire.CodeInvalid},
		{"no room", rooms.Post{Room: "Kitchen", User: "ann", Kind: chatwire.KindText, CID: "c2", Text: "x"}, wire.CodeInvalid},
	} {
		_, err := r.Send(testContext(t), c.post)
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	// The same cid of another person, and in another room, is another message.
	send(t, r, "kitchen", "bob", "c1", "me too")
	send(t, r, "cellar", "ann", "c1", "hello")
	// Without a cid each is its own.
	send(t, r, "kitchen", "ann", "", "again")
	send(t, r, "kitchen", "ann", "", "again")
	m.wantTexts(t, "hello", "me too", "again", "again")
}

func TestResume(t *testing.T) {
	r, s := newRooms(t, func(c *rooms.Config) { c.Recent, c.Missed, c.Page = 5, 20, 5 })
	var seqs []uint64
	for i := range 30 {
		seqs = append(seqs, send(t, r, "kitchen", "ann", fmt.Sprint("c", i), fmt.Sprint("text ", i)).Seq)
		send(t, r, "noise", "ann", fmt.Sprint("c", i), "noise")
	}
	last := seqs[29]
	for _, c := range []struct {
		name      string
		epoch     string
		since     uint64
		recovered bool
		messages  int
	}{
		{"nothing missed", r.Epoch(), last, true, 0},
		{"one missed, in memory", r.Epoch(), seqs[28], true, 1},
		{"some missed, in the stream", r.Epoch(), seqs[12], true, 17},
		{"as many as are given", r.Epoch(), seqs[9], true, 20},
		{"one more", r.Epoch(), seqs[8], false, 5},
		{"another room's number", r.Epoch(), seqs[12] + 1, false, 5},
		{"a number that does not exist", r.Epoch(), last + 100, false, 5},
		{"another epoch", "aaaaaaaaaaaaaaaa", seqs[28], false, 5},
		{"no epoch", "", 0, false, 5},
	} {
		j := newMember().join(t, r, "kitchen", c.epoch, c.since)
		if j.Recovered != c.recovered || len(j.Messages) != c.messages || j.Last != last || j.More == c.recovered {
			t.Errorf("%s: recovered %v, %d messages up to %d, more %v", c.name, j.Recovered, len(j.Messages), j.Last, j.More)
		}
		for i := range j.Messages {
			if want := fmt.Sprint("text ", 30-len(j.Messages)+i); j.Messages[i].Text != want {
				t.Errorf("%s: message %d is %q, want %q", c.name, i, j.Messages[i].Text, want)
			}
		}
	}

	// From the beginning: everything, as long as nothing was ever removed.
	m := newMember()
	if j := m.join(t, r, "noise2", r.Epoch(), 0); !j.Recovered || j.Last != 0 {
		t.Errorf("an empty room from its beginning: %+v", j)
	}
	purge(t, s)
	if j := newMember().join(t, r, "noise3", r.Epoch(), 0); j.Recovered {
		t.Errorf("a room from its beginning after a purge: %+v", j)
	}
	send(t, r, "kitchen", "ann", "later", "later")
	if j := newMember().join(t, r, "kitchen", r.Epoch(), seqs[5]); j.Recovered || len(j.Messages) != 5 {
		// What is in memory is still shown; what came before it is unknown.
		t.Errorf("with a number that is gone: %+v", j)
	}
}

func TestRunRefusesAMissingStream(t *testing.T) {
	s := brokertest.Run(t)
	r, err := rooms.New(rooms.Config{Encode: encode}, rooms.Deps{NATS: s.Connect(t), NextID: new(chattest.IDs).Next})
	roletest.Must(t, err)
	if _, _, err := r.History(t.Context(), "kitchen", 0, 0); wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("history before it runs: %v", err)
	}
	if err := r.Join(t.Context(), "kitchen", "", 0, newMember(), nil); wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("a join before it runs: %v", err)
	}
	err = r.Run(testContext(t))
	if e, ok := errors.AsType[*streams.Error](err); !ok || !e.Missing {
		t.Errorf("Run returned %v, want that the stream is missing", err)
	}
}

// A join that cannot be answered ends with its context and leaves no member.
func TestJoinEndsWithItsContext(t *testing.T) {
	r, s := newRooms(t, nil)
	s.Kill()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := r.Join(ctx, "kitchen", "", 0, newMember(), func(rooms.Joined) { t.Error("it was admitted") })
	if wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("the join returned %v", err)
	}
	if c := r.Counters(); c.Members != 0 {
		t.Errorf("there are %d members", c.Members)
	}
	s.Restart(t)
	newMember().join(t, r, "kitchen", "", 0)
}
