package chatgw_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"
	"parley/wire"
	"parley/wire/chatwire"
)

func TestTwoPeopleChat(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{})
	ada := g.connect()
	w := ada.hello(frame.Hello{Name: "ada"})
	if w.User != "ada" || !w.Guest || w.Release != wire.Release || len(w.Rooms) != 1 || w.Rooms[0] != "lobby" || w.Limits.Text != chatwire.MaxText ||
		w.Limits.Rooms != 64 || w.Limits.Page != frame.MaxPage || w.Limits.RetryMS != 600_000 || w.Limits.PingMS != 25_000 || len(w.Extensions) != 0 {
		t.Errorf("welcome: %+v", w)
	}
	grace := g.as("grace")

	first := ada.join("lobby")
	if first.Ref != 7 || !first.Write || first.Recovered || first.Present != 1 || first.People[0] != "ada" || wire.CheckToken("epoch", first.Epoch) != nil {
		t.Errorf("joined: %+v", first)
	}
	second := grace.join("lobby")
	if second.Present != 2 || strings.Join(second.People, " ") != "ada grace" {
		t.Errorf("joined: %+v", second)
	}
	until(ada, func(p *frame.Presence) bool {
		if p.Room != "lobby" || p.Present < 1 {
			t.Errorf("presence: %+v", p)
		}
		return slices.Contains(p.Came, "grace")
	})

	grace.send(frame.Encode(frame.TypingIn{Room: "lobby"}))
	if f := expect[*frame.Typed](ada); f.User != "grace" || f.Room != "lobby" {
		t.Errorf("typing: %+v", f)
	}

	const text = "Soup is <b>hot</b> &\nready \u2028 😀"
	grace.send(frame.Encode(frame.Send{Room: "lobby", CID: "c-1", Text: text}))
	m := ada.message()
	if m.User != "grace" || m.Text != text || m.CID != "c-1" || m.Room != "lobby" || m.Kind != chatwire.KindText || !m.ID.Valid() || m.At != m.ID.Time().UnixMilli() {
		t.Errorf("message: %+v", m)
	}
	// The sender gets both, in any order.
	var ack *frame.Ack
	var own *frame.Message
	until(grace, func(f frame.FromGateway) bool {
		switch f := f.(type) {
		case *frame.Ack:
			ack = f
		case *frame.Message:
			if f.Kind == chatwire.KindText {
				own = f
			}
		case *frame.Typed:
			t.Errorf("grace is notified of her own typing")
		}
		return ack != nil && own != nil
	})
	if ack.Seq != m.Seq || ack.ID != m.ID || ack.CID != "c-1" || ack.Room != "lobby" || ack.At != m.At || *own != *m {
		t.Errorf("ack %+v and %+v of %+v", ack, own, m)
	}

	// A message that is sent twice is acknowledged twice, and stored once.
	grace.send(frame.Encode(frame.Send{Room: "lobby", CID: "c-1", Text: text}))
	if again := expect[*frame.Ack](grace); *again != *ack {
		t.Errorf("acknowledged again with %+v, was %+v", again, ack)
	}
	grace.send(frame.Encode(frame.Send{Room: "lobby", CID: "c-1", Text: "other"}))
	if e := expect[*frame.Error](grace); e.Code != wire.CodeConflict || e.CID != "c-1" || e.RetryMS != 0 {
		t.Errorf("error: %+v", e)
	}

	ada.send(frame.Encode(frame.History{Ref: 9, Room: "lobby", Limit: 1}))
	if p := expect[*frame.Page](ada); p.Ref != 9 || p.Room != "lobby" || len(p.Messages) != 1 || p.Messages[0].Seq != m.Seq || p.Messages[0].T != "" {
		t.Errorf("page: %+v", p)
	}

	// A member that has left a room receives nothing more of it.
	ada.send(frame.Encode(frame.Leave{Room: "lobby"}))
	ada.send(frame.Encode(frame.History{Ref: 10, Room: "lobby", Limit: 1}))
	expect[*frame.Page](ada)
	grace.send(frame.Encode(frame.Send{Room: "lobby", CID: "c-2", Text: "unseen"}))
	grace.acked("c-2")
	for text := ""; text != "unseen"; { // the newest page may be a moment behind
		ada.send(frame.Encode(frame.History{Ref: 11, Room: "lobby", Limit: 1}))
		text = expect[*frame.Page](ada).Messages[0].Text
	}
}

// A client that reconnects, here to another gateway, gets exactly what it
// missed.
func TestResumeAtAnotherGateway(t *testing.T) {
	b := newHarness(t)
	one, two := b.run(chatgw.Config{}), b.run(chatgw.Config{})
	ada, grace := one.as("ada"), two.as("grace")
	j := ada.join("lobby")
	grace.send(frame.Encode(frame.Send{Room: "lobby", CID: "1", Text: "1"}))
	seen := ada.message()
	one.Stop()
	if bye := ada.ends(frame.CloseDrain); bye.Reason == "" {
		t.Errorf("bye: %+v", bye)
	}
	for i := 2; i <= 5; i++ {
		grace.send(frame.Encode(frame.Send{Room: "lobby", CID: fmt.Sprint(i), Text: fmt.Sprint(i)}))
		expect[*frame.Ack](grace)
	}
	ada = two.as("ada")
	ada.send(frame.Encode(frame.Join{Room: "lobby", Epoch: j.Epoch, Since: seen.Seq}))
	back := expect[*frame.Joined](ada)
	texts := []string{""}
	for _, m := range back.Messages {
		if m.Kind == chatwire.KindText {
			texts = append(texts, m.Text)
		}
	}
	for texts[len(texts)-1] != "5" { // what is on its way follows
		texts = append(texts, ada.message().Text)
	}
	if !back.Recovered || back.More || strings.Join(texts, " ") != " 2 3 4 5" || back.Last != back.Messages[len(back.Messages)-1].Seq {
		t.Errorf("%q, joined: %+v", texts, back)
	}
	ada.send(frame.Encode(frame.Join{Room: "lobby", Epoch: "aaaaaaaaaaaaaaaa", Since: seen.Seq}))
	if other := expect[*frame.Joined](ada); other.Recovered || other.Epoch != j.Epoch {
		t.Errorf("joined with another epoch: %+v", other)
	}
}

// While messages arrive in a room, members join, and join again: each receives
// everything after its place, once and in order.
func TestJoinUnderLoad(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{MessagesPerSecond: 1e6, MessagesAtOnce: 1e6, FramesPerSecond: 1e6, FramesAtOnce: 1e6})
	sender := g.as("sender")
	stop, sent := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sent)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			sender.send(frame.Encode(frame.Send{Room: "lobby", CID: fmt.Sprint(i), Text: "word"}))
			expect[*frame.Ack](sender)
		}
	}()
	done := make(chan error, 8)
	for n := range cap(done) {
		b := g.as(fmt.Sprintf("listener-%d", n))
		go func() { done <- b.follow(30) }()
	}
	for range cap(done) {
		if err := roletest.Await(t, "a listener", done); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	roletest.Await(t, "the sender", sent)
}

// follow joins a room again and again and checks that what it receives is one
// sequence.
func (b *browser) follow(joins int) error {
	last, epoch := uint64(0), ""
	b.send(frame.Encode(frame.Join{Room: "lobby"}))
	for after := 0; joins > 0; {
		f, err := b.next()
		if err != nil {
			return err
		}
		switch f := f.(type) {
		case *frame.Joined:
			if epoch != "" && !f.Recovered {
				return fmt.Errorf("not recovered since %d: %+v", last, f)
			}
			if epoch != "" {
				// Messages between the request and its answer are delivered again.
				for _, m := range f.Messages {
					if m.Seq > last && m.Prev != last {
						return fmt.Errorf("message %d follows %d, its prev is %d", m.Seq, last, m.Prev)
					}
					last = max(last, m.Seq)
				}
			}
			last, epoch, after = max(last, f.Last), f.Epoch, 0
			joins--
		case *frame.Message:
			if f.Prev != last && last != 0 {
				return fmt.Errorf("message %d follows %d, its prev is %d", f.Seq, last, f.Prev)
			}
			last = f.Seq
			if after++; after == 5 {
				b.send(frame.Encode(frame.Join{Room: "lobby", Epoch: epoch, Since: last}))
			}
		}
	}
	return nil
}

func TestLimitsOfAConnection(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{Rooms: 2})
	ada := g.as("ada")
	ada.join("a")
	ada.join("b")
	ada.join("a") // again
	ada.send(frame.Encode(frame.Join{Ref: 3, Room: "c"}))
	if e := expect[*frame.Error](ada); e.Code != wire.CodeBusy || e.Ref != 3 || e.Room != "c" || !strings.Contains(e.Reason, "2 rooms") {
		t.Errorf("error: %+v", e)
	}
	ada.send(frame.Encode(frame.Leave{Room: "b"}))
	ada.join("c")
}

// What is too fast is refused, with when to try again, and in the end closed.
func TestFrameRate(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{FramesPerSecond: 1, FramesAtOnce: 3, RefusalsPerSecond: 0.001, RefusalsAtOnce: 2})
	ada := g.as("ada")
	for range 2 {
		ada.send(frame.Encode(frame.History{Ref: 1, Room: "lobby"}))
		expect[*frame.Page](ada)
	}
	for range 2 {
		ada.send(frame.Encode(frame.History{Ref: 5, Room: "lobby"}))
		if e := expect[*frame.Error](ada); e.Code != frame.CodeRate || e.Ref != 5 || e.RetryMS < 1 || e.RetryMS > 1000 {
			t.Errorf("error: %+v", e)
		}
	}
	ada.send(frame.Encode(frame.History{Ref: 5, Room: "lobby"}))
	ada.ends(frame.CloseRate)
}

// A person has one rate over all connections, and does not get another one by
// coming back.
func TestMessageRate(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{MessagesPerSecond: 0.001, MessagesAtOnce: 3})
	send := func(b *browser, cid string) { b.send(frame.Encode(frame.Send{Room: "lobby", CID: cid, Text: "x"})) }
	one, two := g.as("ada"), g.as("ada")
	for i, b := range []*browser{one, two, one} {
		send(b, fmt.Sprint(i+1))
		expect[*frame.Ack](b)
	}
	send(two, "4")
	if e := expect[*frame.Error](two); e.Code != frame.CodeRate || e.CID != "4" || e.RetryMS == 0 {
		t.Errorf("error: %+v", e)
	}
	one.ws.Close()
	two.ws.Close()
	three := g.as("ada")
	send(three, "5")
	if e := expect[*frame.Error](three); e.Code != frame.CodeRate {
		t.Errorf("error: %+v", e)
	}
	grace := g.as("grace")
	send(grace, "6")
	expect[*frame.Ack](grace)
}

func TestBadFrames(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{})
	for _, c := range []struct {
		name   string
		frames []string
		code   int
	}{
		{"no hello", []string{`{"t":"join","room":"lobby"}`}, frame.CloseHello},
		{"a hello of nobody", []string{`{"t":"hello"}`}, frame.CloseHello},
		{"a name that is none", []string{`{"t":"hello","name":"a b"}`}, frame.CloseHello},
		{"a hello that is malformed", []string{`{"t":"hello","nick":"ada"}`}, frame.CloseFrame},
		{"hello twice", []string{`{"t":"hello","name":"ada"}`, `{"t":"hello","name":"grace"}`}, frame.CloseHello},
		{"no JSON", []string{`{"t":"hello","name":"ada"}`, `hello`}, frame.CloseFrame},
		{"an unknown field", []string{`{"t":"hello","name":"ada"}`, `{"t":"send","room":"lobby","cid":"1","text":"x","user":"root"}`}, frame.CloseFrame},
		{"an unknown type", []string{`{"t":"hello","name":"ada"}`, `{"t":"sudo"}`}, frame.CloseFrame},
		{"a frame of the gateway", []string{`{"t":"hello","name":"ada"}`, `{"t":"message","room":"lobby","seq":1,"prev":0,"id":"1","at":1,"user":"root","kind":"text"}`}, frame.CloseFrame},
		{"a token without keys", []string{`{"t":"hello","token":"x"}`}, frame.CloseToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := g.with(t).connect()
			for _, f := range c.frames {
				b.send([]byte(f))
			}
			b.ends(c.code)
		})
	}
	ada := g.as("ada")
	for f, want := range map[string]wire.Code{
		`{"t":"join","ref":4,"room":"No"}`:                    wire.CodeInvalid,
		`{"t":"history","ref":4,"room":"lobby","limit":1000}`: wire.CodeInvalid,
		`{"t":"extension","ref":4,"name":"orders","body":{}}`: wire.CodeNotFound,
	} {
		ada.send([]byte(f))
		if e := expect[*frame.Error](ada); e.Ref != 4 || e.Code != want || e.Reason == "" {
			t.Errorf("%s is answered with %+v", f, e)
		}
	}
}

// Typing is announced at a bounded rate.
func TestTypingRate(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{})
	ada, grace := g.as("ada"), g.as("grace")
	ada.join("lobby")
	grace.join("lobby")
	for range 20 {
		grace.send(frame.Encode(frame.TypingIn{Room: "lobby"}))
	}
	grace.send(frame.Encode(frame.Send{Room: "lobby", CID: "1", Text: "done"}))
	typed, began := 0, time.Now()
	until(ada, func(f frame.FromGateway) bool {
		if _, ok := f.(*frame.Typed); ok {
			typed++
		}
		m, ok := f.(*frame.Message)
		return ok && m.Kind == chatwire.KindText
	})
	if most := 1 + int(time.Since(began)/time.Second); typed < 1 || typed > most {
		t.Errorf("typing was announced %d times, want 1 to %d", typed, most)
	}
}
