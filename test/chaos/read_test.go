package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"parley/blog/blogclient"
	"parley/coordinator/txlog"
	"parley/test/chaos/checker"
	"parley/test/chat"
	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// readWithin bounds the reading of one store.
const readWithin = 60 * time.Second

// read reads what is had over NATS, when nobody writes any more.
func read(ctx context.Context, nc *nats.Conn, s *checker.Stores) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for post, err := range blogclient.New(nc).All(ctx, "") {
		if err != nil {
			return err
		}
		s.Posts = append(s.Posts, post)
	}
	err = each(ctx, js, wire.Chat().Name, func(subject string, seq uint64, data []byte) error {
		one := chat.Stored{Seq: seq}
		if one.Room, err = wire.ParseRoom(subject); err != nil {
			return err
		}
		one.ChatMessage, err = wire.Decode[wire.ChatMessage](data)
		s.Chat = append(s.Chat, one)
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, js, wire.TxLog().Name, func(subject string, seq uint64, data []byte) error {
		log, err := wire.ParseLogSubject(subject)
		if err != nil {
			return err
		}
		r, err := wire.Decode[wire.Record](data)
		s.Logs = append(s.Logs, checker.LogRecord{Log: log, Place: txlog.Place{Seq: seq, Nonce: r.Nonce, Kind: r.Kind}})
		return err
	})
}

// each goes through all messages of a stream.
func each(ctx context.Context, js jetstream.JetStream, name string, do func(subject string, seq uint64, data []byte) error) error {
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return err
	}
	state := stream.CachedInfo().State
	if state.Msgs == 0 {
		return nil
	}
	ordered, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	for n, last := uint64(0), uint64(0); n < state.Msgs; {
		batch, err := ordered.Fetch(int(min(1000, state.Msgs-n)), jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			meta, err := m.Metadata()
			if err != nil {
				return err
			}
			n, last = n+1, meta.Sequence.Stream
			if err := do(m.Subject(), last, m.Data()); err != nil {
				return fmt.Errorf("message %d of %s: %w", last, name, err)
			}
		}
		if err := batch.Error(); err != nil {
			return fmt.Errorf("after %d of %d messages of %s: %w", n, state.Msgs, name, err)
		}
	}
	return nil
}

// ends are the numbers of each room's last message, as the stream's leader
// says.
func ends(nc *nats.Conn, rooms []string) (map[string]uint64, error) {
	out := map[string]uint64{}
	for _, room := range rooms {
		m, err := nc.Request("$JS.API.STREAM.MSG.GET."+wire.Chat().Name, fmt.Appendf(nil, `{"last_by_subj":%q}`, wire.RoomSubject(room)), 5*time.Second)
		if err != nil {
			return nil, err
		}
		var answer struct {
			Message struct {
				Seq uint64 `json:"seq"`
			} `json:"message"`
		}
		if err := json.Unmarshal(m.Data, &answer); err != nil || answer.Message.Seq == 0 {
			return nil, errors.Join(fmt.Errorf("reading the end of %s: %s", room, m.Data), err)
		}
		out[room] = answer.Message.Seq
	}
	return out, nil
}

// trace reads what coordinators did to the logs.
func trace(path string) ([]checker.Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return checker.ReadTrace(file)
}
