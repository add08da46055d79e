package txlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"parley/coordinator/machine"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// answerTimeout bounds one request to the broker. A request without an answer by
// then is repeated; an election takes longer than this.
const answerTimeout = 3 * time.Second

// Log reads and writes commit logs.
type Log struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	spec   wire.StreamSpec

	known known
	trace Trace
	ops   atomic.Uint64
}

// Open binds to the stream, which must exist.
func Open(ctx context.Context, js jetstream.JetStream, log *slog.Logger) (*Log, error) {
	spec := txwire.LogStream()
	s, err := streams.Open(ctx, js, spec, log)
	if err != nil {
		return nil, err
	}
	return &Log{js: js, stream: s, spec: spec}, nil
}

// Append publishes a record under the condition that expect is the last
// sequence of the log. The error explains an answer that is not AppendStored, for
// logging only: conclusions come from the answer alone. The exception is a
// [*streams.Error]: the stream went back, and must not be used any more.
func (l *Log) Append(ctx context.Context, log string, expect uint64, r txwire.Record) (machine.AppendAnswer, uint64, error) {
	end := l.begin(Event{Do: DoAppend, Log: log, Expect: expect, Nonce: r.Nonce, Kind: r.Kind})
	answer, seq, err := l.append(ctx, log, expect, r)
	end(Event{Answer: answerOf(answer), Seq: seq})
	return answer, seq, err
}

func (l *Log) append(ctx context.Context, log string, expect uint64, r txwire.Record) (machine.AppendAnswer, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := l.mayWrite(ctx); err != nil {
		return machine.AppendUnknown, 0, fmt.Errorf("appending to log %s after sequence %d: %w", log, expect, err)
	}
	before := l.Known()
	msg := &nats.Msg{Subject: txwire.LogSubject(log), Data: wire.Encode(r)}
	ack, err := l.js.PublishMsg(
		ctx, msg,
		jetstream.WithExpectStream(l.spec.Name),
		jetstream.WithExpectLastSequencePerSubject(expect),
		jetstream.WithRetryAttempts(0),
	)
	if err == nil {
		if err := l.acknowledged(log, before, ack.Sequence, r); err != nil {
			return machine.AppendUnknown, 0, err
		}
		return machine.AppendStored, ack.Sequence, nil
	}
	return classify(err), 0, fmt.Errorf("appending to %s after sequence %d: %w", msg.Subject, expect, err)
}

// ReadAfter reads the first record of a log after a sequence, nil if the read found
// none.
func (l *Log) ReadAfter(ctx context.Context, log string, after uint64) (*machine.Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	end := l.begin(Event{Do: DoRead, Log: log, After: after})
	found, err := l.next(ctx, log, after+1)
	if found == nil {
		end(ended(err))
	} else {
		end(ended(err, *found))
	}
	return found, err
}

// Read reads a log from the base that its last record names, and continues until it
// finds no more records: a seal must expect the last one, and an owner that keeps
// appending would always be ahead of a reader that stops at the first end. Other
// writers can cause gaps meanwhile: the machine checks the chain.
func (l *Log) Read(ctx context.Context, log string) ([]machine.Stored, error) {
	end := l.begin(Event{Do: DoRead, Log: log})
	found, err := l.read(ctx, log)
	end(ended(err, found...))
	return found, err
}

func (l *Log) read(ctx context.Context, log string) ([]machine.Stored, error) {
	raw, err := l.lastMsg(ctx, log)
	if raw == nil || err != nil {
		return nil, err
	}
	last, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var found []machine.Stored
	for from := max(last.Record.Base, 1); from < last.Seq; {
		s, err := l.next(ctx, log, from)
		if err != nil {
			return nil, err
		}
		if s == nil || s.Seq >= last.Seq {
			break
		}
		found = append(found, *s)
		from = s.Seq + 1
	}
	found = append(found, *last)
	for range maxReadOn {
		s, err := l.next(ctx, log, found[len(found)-1].Seq+1)
		if err != nil {
			return nil, err
		}
		if s == nil {
			break
		}
		found = append(found, *s)
	}
	return found, nil
}

// maxReadOn bounds how far a read follows an owner that appends as fast as the
// reader reads. After that the seal fails and the log is read again.
const maxReadOn = 4096

func (l *Log) lastMsg(ctx context.Context, log string) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	raw, err := l.stream.GetLastMsgForSubject(ctx, txwire.LogSubject(log))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the end of log %s: %w", log, err)
	}
	return raw, nil
}

func (l *Log) next(ctx context.Context, log string, from uint64) (*machine.Stored, error) {
	raw, err := l.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(txwire.LogSubject(log)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading log %s from sequence %d: %w", log, from, err)
	}
	return decode(raw)
}

func decode(raw *jetstream.RawStreamMsg) (*machine.Stored, error) {
	r, err := wire.Decode[txwire.Record](raw.Data)
	if err != nil {
		return nil, fmt.Errorf("record at sequence %d of %s: %w", raw.Sequence, raw.Subject, err)
	}
	return &machine.Stored{Seq: raw.Sequence, Record: r}, nil
}

// Purge removes the records of a log below the sequence before, or all of them
// when before is 0. How long that takes depends on the disk: ctx bounds it.
func (l *Log) Purge(ctx context.Context, log string, before uint64) error {
	opts := []jetstream.StreamPurgeOpt{jetstream.WithPurgeSubject(txwire.LogSubject(log))}
	if before > 0 {
		opts = append(opts, jetstream.WithPurgeSequence(before))
	}
	end := l.begin(Event{Do: DoPurge, Log: log, Before: before})
	err := l.stream.Purge(ctx, opts...)
	end(ended(err))
	if err != nil {
		return fmt.Errorf("purging log %s below %d: %w", log, before, err)
	}
	return nil
}

// Logs lists the logs that have records. It may be stale.
func (l *Log) Logs(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	info, err := l.stream.Info(ctx, jetstream.WithSubjectFilter(l.spec.Subjects[0]))
	if err != nil {
		return nil, fmt.Errorf("listing the logs in %s: %w", l.spec.Name, err)
	}
	logs := make([]string, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		log, err := txwire.ParseLogSubject(subject)
		if err != nil {
			continue // not a log: no transaction ID can name it
		}
		logs = append(logs, log)
	}
	return logs, nil
}
