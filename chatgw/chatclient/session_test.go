package chatclient_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"
)

func TestSessionsExchangeMessages(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{})
	ada, bob := connect(t, g.URL(), "ada", "r"), connect(t, g.URL(), "bob", "r")
	ada.send("r", "hello")
	bob.receives("hello")
	bob.send("r", "hello yourself")
	for _, p := range []*person{ada, bob} {
		p.flushed()
	}
	ada.receives("hello", "hello yourself")
	if a := roletest.Await(t, "the acknowledgement", ada.sent); a.Seq != 1 || a.ID == 0 {
		t.Errorf("%+v", a)
	}
	cy := connect(t, g.URL(), "cy")
	if j := cy.join("r"); len(j.Messages) != 2 || j.Last != 2 {
		t.Errorf("a newcomer's page: %+v", j)
	}
	b.holds("r", "hello", "hello yourself")
}

// The gateway goes and another one comes at its address, under load: every
// message once, in order, at the sender, at a listener and in the stream.
func TestReconnect(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{MessagesPerSecond: 1000})
	at := g.Addr().String()
	ada, bob := connect(t, g.URL(), "ada", "r"), connect(t, g.URL(), "bob", "r")
	texts := numbered("n", 120)
	for i, text := range texts {
		ada.send("r", text)
		if i == 40 || i == 80 {
			g.Drain() // while some are on their way
			g = b.run(chatgw.Config{Listen: at, MessagesPerSecond: 1000})
		}
	}
	ada.flushed()
	bob.receives(texts...)
	ada.receives(texts...)
	b.holds("r", texts...)
	if n := len(ada.resets) + len(bob.resets) + len(ada.unsent); n > 0 {
		t.Errorf("%d resets or unsent ones: nothing was lost", n)
	}
	for i := range texts {
		if a := roletest.Await(t, "an acknowledgement", ada.sent); a.Seq != uint64(i+1) {
			t.Fatalf("acknowledgement %d is for %d", i, a.Seq)
		}
	}
	if len(ada.sent) > 0 {
		t.Error("something was acknowledged twice")
	}
}

// The message arrived, and every acknowledgement of it is lost with the
// connection: it is sent again with the same cid, and is stored once.
func TestLostAck(t *testing.T) {
	b := newHarness(t)
	p := newTap(t, b.run(chatgw.Config{}).Addr().String())
	ada := connect(t, p.url, "ada", "r")
	lost := make(chan struct{}, 10)
	p.set(nil, drop(frame.TypeAck, lost))
	ada.send("r", "one")
	ada.send("r", "two")
	roletest.Await(t, "the acknowledgement to be lost", lost)
	p.set(nil, func(f []byte) [][]byte {
		if is(f, frame.TypeJoined) { // it finds out by sending again alone
			return pass(withoutMessages(f))
		}
		return pass(f)
	})
	p.cut()
	ada.flushed()
	b.holds("r", "one", "two")
}

// withoutMessages removes messages from the answer to a join.
func withoutMessages(data []byte) []byte {
	f, err := frame.DecodeGateway(data)
	if err != nil {
		return data
	}
	j := *f.(*frame.Joined)
	j.Messages = nil
	return frame.Encode(j)
}

// What was missed has the message whose acknowledgement was lost: that is its
// acknowledgement.
func TestFoundInMissed(t *testing.T) {
	b := newHarness(t)
	p := newTap(t, b.run(chatgw.Config{}).Addr().String())
	ada := connect(t, p.url, "ada", "r")
	lost := make(chan struct{}, 10)
	p.set(nil, drop(frame.TypeAck, lost))
	ada.send("r", "one")
	roletest.Await(t, "the acknowledgement to be lost", lost)
	var sends atomic.Int32
	p.set(func(f []byte) [][]byte {
		if is(f, frame.TypeSend) {
			sends.Add(1)
		}
		return pass(f)
	}, pass)
	p.cut()
	ada.flushed()
	ada.receives("one")
	if a := roletest.Await(t, "the acknowledgement", ada.sent); a.Seq != 1 || sends.Load() != 0 {
		t.Errorf("%+v after %d more sends, want none", a, sends.Load())
	}
}

// A live message that does not follow is a gap, and one that was there before
// is not shown again.
func TestGapAndRepeat(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{})
	p := newTap(t, g.Addr().String())
	ada, bob := connect(t, p.url, "ada", "r"), connect(t, g.URL(), "bob", "r")
	var since []uint64
	var n int
	p.set(func(f []byte) [][]byte {
		if c, err := frame.DecodeClient(f); err == nil {
			if j, ok := c.(*frame.Join); ok {
				since = append(since, j.Since)
			}
		}
		return pass(f)
	}, func(f []byte) [][]byte {
		if !is(f, frame.TypeMessage) {
			return pass(f)
		}
		switch n++; n {
		case 2, 3: // lost
			return nil
		default: // repeated
			return [][]byte{f, f}
		}
	})
	texts := numbered("n", 6)
	for _, text := range texts {
		bob.send("r", text)
	}
	bob.flushed()
	ada.receives(texts...)
	bob.send("r", "last")
	ada.receives("last")
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(since) != 1 || since[0] != 1 {
		t.Errorf("joined again with %v, want once, after message 1", since)
	}
	if len(ada.resets) > 0 {
		t.Error("reset where everything can be had")
	}
}

func TestLeave(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{})
	ada, bob := connect(t, g.URL(), "ada", "r", "q"), connect(t, g.URL(), "bob", "r", "q")
	roletest.Must(t, ada.Leave(t.Context(), "r"))
	bob.send("r", "to nobody")
	bob.flushed()
	bob.send("q", "to somebody")
	ada.receives("to somebody")
	// Left and joined again immediately: the answer that counts is the last one.
	ada.send("q", "on its way")
	roletest.Must(t, ada.Leave(t.Context(), "q"), ada.Join(t.Context(), "q"), ada.Leave(t.Context(), "q"))
	// What was on its way is in the page, or follows it live.
	if j := ada.join("q"); len(j.Messages) == 1 {
		ada.receives("on its way")
	} else if len(j.Messages) != 2 {
		t.Errorf("%+v", j)
	}
	ada.flushed()
	bob.send("q", "again")
	ada.receives("again")
	b.holds("q", "to somebody", "on its way", "again")
}

// A room is left and joined again before the first join is answered: what
// counts is the answer to the last one.
func TestLastJoinCounts(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{})
	p := newTap(t, g.Addr().String())
	ada, bob := connect(t, p.url, "ada"), connect(t, g.URL(), "bob", "r")
	roletest.Await(t, "the welcome", ada.ups)
	again, sent := make(chan struct{}), make(chan struct{})
	var joins, answers int
	p.set(func(f []byte) [][]byte {
		if is(f, frame.TypeJoin) {
			if joins++; joins == 2 {
				close(again)
				<-sent
			}
		}
		return pass(f)
	}, func(f []byte) [][]byte {
		if is(f, frame.TypeJoined) {
			if answers++; answers == 1 {
				<-again
			}
		}
		return pass(f)
	})
	roletest.Must(t, ada.Join(t.Context(), "r"), ada.Leave(t.Context(), "r"), ada.Join(t.Context(), "r"))
	roletest.Await(t, "the second join", again)
	bob.send("r", "between")
	bob.receives("between") // so the gateway has it, which an acknowledgement does not show
	close(sent)
	if j := roletest.Await(t, "the page", ada.resets); len(j.Messages) != 1 {
		t.Errorf("%+v, want the message between the two", j)
	}
}

// Without a gateway everything waits, within a bound, and ends immediately.
func TestNoGateway(t *testing.T) {
	ada := connect(t, "http://127.0.0.1:1", "ada")
	roletest.Must(t, ada.Join(t.Context(), "r"))
	for i := range 1000 {
		ada.send("r", fmt.Sprint(i))
	}
	if _, err := ada.Send(t.Context(), "r", "one more"); !errors.Is(err, chatclient.ErrFull) {
		t.Errorf("one more: %v", err)
	}
	if err := ada.Do(t.Context(), frame.Encode(frame.TypingIn{Room: "r"})); err == nil {
		t.Error("typing without a connection")
	}
	roletest.Await(t, "a try", ada.downs)
	var flushing sync.WaitGroup
	flushing.Go(func() {
		if err := ada.Flush(t.Context()); err != nil {
			t.Errorf("flush: %v", err)
		}
	})
	roletest.Must(t, ada.Leave(t.Context(), "r"))
	for i := range 1000 {
		if why := roletest.Await(t, "to be notified", ada.unsent); !strings.HasPrefix(why, fmt.Sprint(i)+": ") || !strings.HasSuffix(why, "(unknown false)") {
			t.Fatal(why)
		}
	}
	flushing.Wait()
	ada.Drain()
}
