package idworker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// answerTimeout bounds one request to the broker. A request without an answer by
// then is repeated; an election takes longer than this.
const answerTimeout = 3 * time.Second

// records reads and writes leases. It decides nothing.
type records struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	spec   wire.StreamSpec
}

// openRecords binds to the stream, which must exist.
func openRecords(ctx context.Context, js jetstream.JetStream, log *slog.Logger) (*records, error) {
	spec := idwire.LeaseStream()
	s, err := streams.Open(ctx, js, spec, log)
	if err != nil {
		return nil, err
	}
	return &records{js: js, stream: s, spec: spec}, nil
}

// table reads the newest record of every number that has one.
func (r *records) table(ctx context.Context) (found []lease.Row, err error) {
	for n := range snowflake.MaxWorker + 1 {
		row, err := r.last(ctx, n)
		if err != nil {
			return nil, err
		}
		if row != nil {
			found = append(found, *row)
		}
	}
	return found, nil
}

// last reads the newest record of a number, nil if the read found none. A record
// that cannot be decoded has its worker number and no state.
func (r *records) last(ctx context.Context, worker int) (*lease.Row, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	raw, err := r.stream.GetLastMsgForSubject(ctx, idwire.LeaseSubject(worker))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the lease of worker %d: %w", worker, err)
	}
	l, err := wire.Decode[idwire.Lease](raw.Data)
	if err != nil || l.Worker != worker {
		l = idwire.Lease{Worker: worker}
	}
	return &lease.Row{Seq: raw.Sequence, Record: l}, nil
}

// write publishes a record under its condition. The error explains an answer that is
// not [lease.Stored], for logging only: conclusions come from the answer alone.
func (r *records) write(ctx context.Context, a lease.Write) (lease.Answer, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	msg := &nats.Msg{Subject: idwire.LeaseSubject(a.Record.Worker), Data: wire.Encode(a.Record)}
	ack, err := r.js.PublishMsg(
		ctx, msg,
		jetstream.WithExpectStream(r.spec.Name),
		jetstream.WithExpectLastSequencePerSubject(a.Expect),
		jetstream.WithRetryAttempts(0),
	)
	if err == nil {
		return lease.Stored, ack.Sequence, nil
	}
	err = fmt.Errorf("writing %s after sequence %d: %w", msg.Subject, a.Expect, err)
	if streams.WrongLast(err) {
		return lease.Mismatch, 0, err
	}
	return lease.Unknown, 0, err
}
