package chatclient_test

import (
	"strings"
	"testing"

	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/jetstream"
)

// The gateway's time to know a cid is over when it comes back.
func TestDoubt(t *testing.T) {
	const short = `"retry_ms":1,`
	shorten := func(next filter) filter {
		return func(f []byte) [][]byte {
			if is(f, frame.TypeWelcome) {
				s := string(f)
				i := strings.Index(s, `"retry_ms":`)
				return pass([]byte(s[:i] + short + s[i+strings.Index(s[i:], ",")+1:]))
			}
			return next(f)
		}
	}
	drop := func(word string, dropped chan<- struct{}) filter {
		return func(f []byte) [][]byte {
			if is(f, word) {
				dropped <- struct{}{}
			}
			if is(f, word) || is(f, frame.TypeMessage) {
				return nil
			}
			return pass(f)
		}
	}
	begin := func(t *testing.T) (*harness, *tap, *person, chan struct{}) {
		b := newHarness(t)
		p := newTap(t, b.run(chatgw.Config{Chat: rooms.Config{Missed: 2}}).Addr().String())
		p.set(nil, shorten(pass))
		ada := come(t, chatclient.Config{URL: p.url, Name: "ada"})
		ada.in("r")
		return b, p, ada, make(chan struct{}, 10)
	}
	t.Run("it never arrived", func(t *testing.T) {
		b, p, ada, dropped := begin(t)
		p.set(drop(frame.TypeSend, dropped), nil)
		ada.send("r", "one")
		await(t, "the message to be lost", dropped)
		p.set(pass, nil)
		p.cut()
		ada.flushed()
		ada.receives("one")
		b.holds("r", "one")
	})
	t.Run("it arrived", func(t *testing.T) {
		b, p, ada, dropped := begin(t)
		p.set(nil, shorten(drop(frame.TypeAck, dropped)))
		ada.send("r", "one")
		await(t, "the acknowledgement to be lost", dropped)
		p.set(nil, shorten(pass))
		p.cut()
		ada.flushed()
		ada.receives("one")
		b.holds("r", "one")
	})
	t.Run("nobody can know", func(t *testing.T) {
		b, p, ada, dropped := begin(t)
		p.set(drop(frame.TypeSend, dropped), func([]byte) [][]byte { return nil })
		ada.send("r", "one")
		ada.send("r", "two")
		await(t, "the message to be lost", dropped)
		for _, text := range numbered("n", 4) { // more than is ever recovered
			publish(t, b, "r", text)
		}
		p.set(pass, shorten(pass))
		p.cut()
		ada.flushed()
		if why := await(t, "to be notified", ada.unsent); !strings.HasPrefix(why, "one: ") || !strings.HasSuffix(why, "(unknown true)") {
			t.Error(why)
		}
		b.holds("r", append(numbered("n", 4), "two")...)
		if j := await(t, "the reset", ada.resets); j.Recovered {
			t.Errorf("%+v", j)
		}
	})
}

// publish publishes a message past all gateways.
func publish(t testing.TB, b *harness, room, text string) {
	t.Helper()
	id, _ := b.id(t.Context())
	_, err := b.js.Publish(t.Context(), chatwire.RoomSubject(room), wire.Encode(chatwire.Message{V: wire.Version, ID: id, User: "eve", Kind: chatwire.KindText, Text: text}),
		jetstream.WithExpectStream(chatwire.Stream().Name))
	if err != nil {
		t.Fatal(err)
	}
}
