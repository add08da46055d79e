package chatgw_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/chattest"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"
	"parley/wire/chatwire"
)

// A gateway stops under load: what was acknowledged is there, everybody
// is sent a time to reconnect, and what was not acknowledged is stored once when
// it is sent again.
func TestDrainLosesNothing(t *testing.T) {
	b := newHarness(t)
	cfg := chatgw.Config{MessagesPerSecond: 1e6, MessagesAtOnce: 1e6, FramesPerSecond: 1e6, FramesAtOnce: 1e6}
	one, two := b.run(cfg), b.run(cfg)
	const people = 10
	var all sync.WaitGroup
	var mu sync.Mutex
	acked, unacked := map[string]uint64{}, map[string]string{}
	started := make(chan struct{}, people)
	for n := range people {
		name := fmt.Sprintf("person-%d", n)
		p := one.as(name)
		all.Go(func() {
			for i := 0; ; i++ {
				cid := fmt.Sprintf("%s-%d", name, i)
				mu.Lock()
				unacked[cid] = name
				mu.Unlock()
				_ = p.ws.WriteMessage(1, frame.Encode(frame.Send{Room: "lobby", CID: cid, Text: cid})) // fails when it is closed
				if i == 3 {
					started <- struct{}{}
				}
				f, err := p.next()
				ack, ok := f.(*frame.Ack)
				if !ok {
					if _, bye := f.(*frame.Bye); err == nil && !bye {
						t.Errorf("%s is answered %+v", cid, f)
					}
					for err == nil { // until the connection is closed
						_, err = p.next()
					}
					return
				}
				mu.Lock()
				acked[cid] = ack.Seq
				delete(unacked, cid)
				mu.Unlock()
			}
		})
	}
	for range people {
		roletest.Await(t, "people to send", started)
	}
	one.Drain()
	all.Wait()
	if len(acked) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	// All come back and send again what they have no answer to.
	for cid, name := range unacked {
		p := two.as(name)
		p.send(frame.Encode(frame.Send{Room: "lobby", CID: cid, Text: cid}))
		acked[cid] = p.acked(cid).Seq
		p.ws.Close()
	}
	seqs, texts, err := chattest.ReadRoom(t.Context(), b.JS, "lobby")
	roletest.Must(t, err)
	seen := map[string]uint64{}
	for i, text := range texts {
		if other, twice := seen[text]; twice && text != "" {
			t.Errorf("%s was stored at %d and at %d", text, seqs[i], other)
		}
		seen[text] = seqs[i]
	}
	delete(seen, "") // who came and left
	for cid, seq := range acked {
		if seen[cid] != seq {
			t.Errorf("%s was acknowledged at %d and is at %d", cid, seq, seen[cid])
		}
	}
	if len(seen) != len(acked) {
		t.Errorf("%d were acknowledged and %d stored", len(acked), len(seen))
	}
}

// A gateway whose stream is missing does not start.
func TestNoStream(t *testing.T) {
	b := newHarness(t)
	deleteStream(b)
	g, err := chatgw.New(chatgw.Config{Listen: "127.0.0.1:0"}, chatgw.Deps{NATS: b.NATS, NextID: b.IDs.Next})
	roletest.Must(t, err)
	roletest.Start(t, b.NATS, g).AwaitFailure("CHAT")
}

// A gateway whose stream is lost stops, and closes its clients with that reason.
func TestStreamLost(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{})
	ada := g.as("ada")
	deleteStream(b)
	b.Restart(t) // after which the stream is checked
	ada.ends(frame.CloseDrain)
	g.AwaitFailure("CHAT")
}

// While the broker is unavailable for long, clients are sent to other gateways; when it is
// back they are accepted again.
func TestBrokerAway(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{LostAfter: time.Second})
	ada := g.as("ada")
	ada.join("lobby")
	b.Kill()
	ada.ends(frame.CloseLost)
	b.Restart(t)
	for {
		if grace, _ := dial(t, "ws://"+g.Addr().String()+"/ws", ""); grace != nil { // else 503, for a moment
			grace.hello(frame.Hello{Name: "grace"})
			grace.join("lobby")
			return
		}
	}
}

func deleteStream(b *harness) {
	b.T.Helper()
	roletest.Must(b.T, b.JS.DeleteStream(b.T.Context(), chatwire.Stream().Name))
}
