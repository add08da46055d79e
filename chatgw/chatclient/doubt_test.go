package chatclient_test

import (
	"strings"
	"testing"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/internal/lifecycle/roletest"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/jetstream"
)

// The gateway's time to know a cid is over when it comes back.
func TestDoubtfulMessages(t *testing.T) {
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
	begin := func(t *testing.T) (*harness, *tap, *person, chan struct{}) {
		b := newHarness(t)
		p := newTap(t, b.run(chatgw.Config{Chat: rooms.Config{Missed: 2}}).Addr().String())
		p.set(nil, shorten(pass))
		ada := connect(t, p.url, "ada", "r")
		return b, p, ada, make(chan struct{}, 10)
	}
	for name, filters := range map[string]func(dropped chan<- struct{}) (up, down filter){
		"it never arrived": func(dropped chan<- struct{}) (up, down filter) { return drop(frame.TypeSend, dropped), shorten(pass) },
		"it arrived":       func(dropped chan<- struct{}) (up, down filter) { return pass, shorten(drop(frame.TypeAck, dropped)) },
	} {
		t.Run(name, func(t *testing.T) {
			b, p, ada, dropped := begin(t)
			p.set(filters(dropped))
			ada.send("r", "one")
			roletest.Await(t, "the frame to be lost", dropped)
			p.set(pass, shorten(pass))
			p.cut()
			ada.flushed()
			ada.receives("one")
			b.holds("r", "one")
		})
	}
	t.Run("nobody can know", func(t *testing.T) {
		b, p, ada, dropped := begin(t)
		p.set(drop(frame.TypeSend, dropped), func([]byte) [][]byte { return nil })
		ada.send("r", "one")
		ada.send("r", "two")
		roletest.Await(t, "the message to be lost", dropped)
		for _, text := range numbered("n", 4) { // more than is ever recovered
			publish(t, b, "r", text)
		}
		p.set(pass, shorten(pass))
		p.cut()
		ada.flushed()
		if why := roletest.Await(t, "to be notified", ada.unsent); !strings.HasPrefix(why, "one: ") || !strings.HasSuffix(why, "(unknown true)") {
			t.Error(why)
		}
		b.holds("r", append(numbered("n", 4), "two")...)
		if j := roletest.Await(t, "the reset", ada.resets); j.Recovered {
			t.Errorf("%+v", j)
		}
	})
}

// publish publishes a message past all gateways.
func publish(t testing.TB, b *harness, room, text string) {
	t.Helper()
	id, _ := b.IDs.Next(t.Context())
	_, err := b.JS.Publish(t.Context(), chatwire.RoomSubject(room), wire.Encode(chatwire.Message{V: wire.Version, ID: id, User: "eve", Kind: chatwire.KindText, Text: text}),
		jetstream.WithExpectStream(chatwire.Stream().Name))
	roletest.Must(t, err)
}
