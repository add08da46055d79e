package chattest

import (
	"context"

	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/jetstream"
)

// ReadRoom reads what the stream holds of a room, past all gateways, as far as the replica
// has it that is read.
func ReadRoom(ctx context.Context, js jetstream.JetStream, room string) (seqs []uint64, texts []string, err error) {
	c, err := js.OrderedConsumer(ctx, chatwire.Stream().Name, jetstream.OrderedConsumerConfig{FilterSubjects: []string{chatwire.RoomSubject(room)}})
	if err != nil {
		return nil, nil, err
	}
	info, err := c.Info(ctx)
	if err != nil || info.NumPending == 0 {
		return nil, nil, err
	}
	messages, err := c.Messages()
	if err != nil {
		return nil, nil, err
	}
	defer messages.Stop()
	for left := info.NumPending; left > 0; left-- {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, nil, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, nil, err
		}
		message, err := wire.Decode[chatwire.Message](m.Data())
		if err != nil {
			return nil, nil, err
		}
		seqs, texts = append(seqs, meta.Sequence.Stream), append(texts, message.Text)
	}
	return seqs, texts, nil
}
