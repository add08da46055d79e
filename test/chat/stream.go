package chat

import (
	"context"
	"fmt"
	"time"

	"parley/test/proc"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/jetstream"
)

// requestTimeout bounds one request to the broker.
const requestTimeout = 5 * time.Second

// ReadStream reads the whole stream of the chat, to which nobody writes any more.
func ReadStream(ctx context.Context, js jetstream.JetStream) (all []Stored, err error) {
	ctx, cancel := context.WithTimeout(ctx, proc.Patience)
	defer cancel()
	s, err := js.Stream(ctx, chatwire.Stream().Name)
	if err != nil {
		return nil, err
	}
	ordered, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	state := s.CachedInfo().State
	for uint64(len(all)) < state.Msgs {
		batch, err := ordered.Fetch(int(min(1000, state.Msgs-uint64(len(all)))), jetstream.FetchMaxWait(requestTimeout))
		if err != nil {
			return nil, err
		}
		for m := range batch.Messages() {
			one, err := storedOf(m)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
		if err := batch.Error(); err != nil {
			return nil, fmt.Errorf("%d of %d messages: %w", len(all), state.Msgs, err)
		}
	}
	if end := all[len(all)-1].Seq; end != state.LastSeq {
		return nil, fmt.Errorf("the stream was read up to %d, its last message is %d", end, state.LastSeq)
	}
	return all, nil
}

func storedOf(m jetstream.Msg) (s Stored, err error) {
	meta, err := m.Metadata()
	if err != nil {
		return s, err
	}
	s.Seq = meta.Sequence.Stream
	if s.Room, err = chatwire.ParseRoom(m.Subject()); err != nil {
		return s, err
	}
	s.Message, err = wire.Decode[chatwire.Message](m.Data())
	return s, err
}
