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
	"parley/test/chaos/traffic"
	"parley/test/chat"
	"parley/test/checker"
	"parley/test/proc"
	"parley/wire"
	"parley/wire/chatwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// readWithin bounds the reading of one store.
const readWithin = proc.Patience

// read reads what is had over NATS, when nobody writes any more.
func read(ctx context.Context, nc *nats.Conn, s *checker.Stores) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	if s.Events, err = readEvents(ctx, nc); err != nil {
		return err
	}
	posts, err := blogclient.New(nc)
	if err != nil {
		return err
	}
	for post, err := range posts.All(ctx, "") {
		if err != nil {
			return err
		}
		s.Posts = append(s.Posts, post)
	}
	last, err := lastOf(ctx, js, chatwire.Stream().Name)
	if err != nil {
		return err
	}
	err = each(ctx, js, chatwire.Stream().Name, func(subject string, seq uint64, data []byte) error {
		one := chat.Stored{Seq: seq}
		if one.Room, err = chatwire.ParseRoom(subject); err != nil {
			return err
		}
		one.Message, err = wire.Decode[chatwire.Message](data)
		s.Chat = append(s.Chat, one)
		return err
	})
	if err != nil {
		return err
	}
	if n := len(s.Chat); last > 0 && (n == 0 || s.Chat[n-1].Seq < last) {
		return fmt.Errorf("a replica that is behind has %d messages of the chat, and none up to %d", n, last)
	}
	return each(ctx, js, txwire.LogStream().Name, func(subject string, seq uint64, data []byte) error {
		log, err := txwire.ParseLogSubject(subject)
		if err != nil {
			return err
		}
		r, err := wire.Decode[txwire.Record](data)
		s.Logs = append(s.Logs, checker.LogRecord{Log: log, Place: txlog.Place{Seq: seq, Nonce: r.Nonce, Kind: r.Kind}})
		return err
	})
}

// readEvents returns how often each event is in its stream, nothing without the stream.
func readEvents(ctx context.Context, nc *nats.Conn) (map[string]uint64, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, traffic.EventStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return nil, err
	}
	return info.State.Subjects, nil
}

// lastOf is the number of a stream's last message, according to its leader.
func lastOf(ctx context.Context, js jetstream.JetStream, name string) (uint64, error) {
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return 0, err
	}
	return stream.CachedInfo().State.LastSeq, nil
}

// each goes through all messages of a stream, until its consumer reports that none
// is left. The number that the stream reports proves nothing: a broker that was
// killed while logs were purged counts too many for a while (it reports that its
// state is inconsistent when it notices).
func each(ctx context.Context, js jetstream.JetStream, name string, do func(subject string, seq uint64, data []byte) error) error {
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return err
	}
	left := stream.CachedInfo().State.Msgs
	ordered, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	for n := uint64(0); left > 0; {
		read, err := some(ctx, ordered, int(min(1000, left)), func(m jetstream.Msg) (last bool, err error) {
			meta, err := m.Metadata()
			if err != nil {
				return false, err
			}
			n, left = n+1, meta.NumPending
			if err := do(m.Subject(), meta.Sequence.Stream, m.Data()); err != nil {
				return false, fmt.Errorf("message %d of %s: %w", meta.Sequence.Stream, name, err)
			}
			return left == 0, nil
		})
		if err != nil {
			return fmt.Errorf("after %d messages of %s, of which %d are left: %w", n, name, left, err)
		}
		if read == 0 {
			return fmt.Errorf("after %d messages of %s nothing came for %v, though %d are left", n, name, fetchWait, left)
		}
	}
	return nil
}

// some reads at most so many messages, until do reports that one is the last. The fetch has
// ended when it returns: by itself it would go on until its time is over.
func some(ctx context.Context, from jetstream.Consumer, most int, do func(jetstream.Msg) (last bool, err error)) (read int, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	batch, err := from.Fetch(most, jetstream.FetchContext(ctx))
	if err != nil {
		return 0, err
	}
	for m := range batch.Messages() {
		read++
		if last, err := do(m); last || err != nil {
			return read, err
		}
	}
	if err := batch.Error(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return read, err
	}
	return read, nil
}

// fetchWait bounds the wait for some messages.
const fetchWait = 5 * time.Second

// ends are the numbers of each room's last message, as the stream's leader
// reports.
func ends(nc *nats.Conn, rooms []string) (map[string]uint64, error) {
	out := map[string]uint64{}
	for _, room := range rooms {
		m, err := nc.Request("$JS.API.STREAM.MSG.GET."+chatwire.Stream().Name, fmt.Appendf(nil, `{"last_by_subj":%q}`, chatwire.RoomSubject(room)), 5*time.Second)
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
