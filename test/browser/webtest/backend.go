package webtest

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/natsconn"
	"parley/test/chat"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Backend is what other people and services do in the rooms of a broker.
type Backend struct {
	NATS *nats.Conn

	t      testing.TB
	stream jetstream.JetStream
	stored int
}

// Connect returns a backend at the broker of a URL, until the test ends.
func Connect(t testing.TB, url string) *Backend {
	t.Helper()
	nc, err := natsconn.Connect(t.Context(), natsconn.Options{URL: url, Name: t.Name(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return &Backend{NATS: nc, t: t, stream: js}
}

// Post stores a person's message in a room.
func (b *Backend) Post(room, user, text string) {
	b.t.Helper()
	b.Store(room, Message(time.Now(), user, text))
}

// Message is a person's message of some time.
func Message(at time.Time, user, text string) chatwire.Message {
	return chatwire.Message{ID: snowflake.NewID(snowflake.Timestamp(at), snowflake.MaxWorker, 0), User: user, Kind: chatwire.KindText, Text: text}
}

// Store stores messages in a room, as a gateway does, and returns when they are durable.
// Their IDs are made different.
func (b *Backend) Store(room string, messages ...chatwire.Message) {
	b.t.Helper()
	var acks []jetstream.PubAckFuture
	for _, m := range messages {
		b.stored++
		m.V, m.ID = wire.Version, m.ID+snowflake.ID(b.stored%(snowflake.MaxSequence+1))
		ack, err := b.stream.PublishAsync(chatwire.RoomSubject(room), wire.Encode(m))
		if err != nil {
			b.t.Fatal(err)
		}
		acks = append(acks, ack)
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			b.t.Fatal(err)
		case <-time.After(Patience):
			b.t.Fatal("webtest: the broker did not store a message")
		}
	}
}

// PublishFirst publishes the first message on a subject of a stream, and reports whether
// that had none before.
func (b *Backend) PublishFirst(subject string, data []byte) bool {
	b.t.Helper()
	_, err := b.stream.Publish(b.t.Context(), subject, data, jetstream.WithExpectLastSequencePerSubject(0))
	return err == nil
}

// Type announces that somebody is typing.
func (b *Backend) Type(room, user string) {
	b.t.Helper()
	if err := b.NATS.Publish(chatwire.TypingSubject(room), wire.Encode(chatwire.Typing{V: wire.Version, User: user})); err != nil {
		b.t.Fatal(err)
	}
}

// Stored returns the messages of a room in their order.
func (b *Backend) Stored(room string) (messages []chat.Stored) {
	b.t.Helper()
	all, err := chat.ReadStream(b.t.Context(), b.stream)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range all {
		if m.Room == room {
			messages = append(messages, m)
		}
	}
	return messages
}

// Texts returns the texts of a room in their order; notes of who came and left have none.
func (b *Backend) Texts(room string) (texts []string) {
	b.t.Helper()
	for _, m := range b.Stored(room) {
		if m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// Enter lets a guest enter a room through the gateway of a network, until leave is called
// or the test ends.
func (b *Backend) Enter(n *Network, room, name string) (leave func()) {
	b.t.Helper()
	conn, err := chatclient.Dial(b.t.Context(), chatclient.Config{URL: "http://" + n.address(), Name: name, Timeout: Patience})
	if err == nil {
		err = conn.Write(frame.Encode(frame.Join{Room: room}))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		for err == nil {
			_, err = conn.Read()
		}
	})
	leave = sync.OnceFunc(func() {
		conn.Close()
		reading.Wait()
	})
	b.t.Cleanup(leave)
	return leave
}
