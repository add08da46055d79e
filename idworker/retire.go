package idworker

import (
	"context"
	"fmt"
	"time"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/pause"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go/micro"
)

// onRetire handles an operator's request to take a number out of use until its lease
// has passed.
func (w *Worker) onRetire(req micro.Request) {
	m, err := wire.Decode[idwire.RetireRequest](req.Data())
	if err != nil {
		w.answer(req.Reply(), wire.Encode(noLeases(wire.CodeOf(err), err.Error())))
		return
	}
	answer := w.retire(w.background, m.Worker)
	if answer.Code == "" {
		w.cfg.Log.Info("retired a worker number", "worker", m.Worker, "until", timeOf(answer.Leases[0].Until))
	}
	w.answer(req.Reply(), wire.Encode(answer))
}

// retirePause is the pause before a write without a definite answer is repeated.
const retirePause = 50 * time.Millisecond

// retire writes the record, and reads it back after an answer that is not definite.
// It is idempotent: a retired number is not changed.
func (w *Worker) retire(ctx context.Context, worker int) idwire.Leases {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for {
		found, err := w.records.last(ctx, worker)
		if err != nil {
			return noLeases(wire.CodeUnavailable, err.Error())
		}
		info, err := w.checkStream(ctx)
		if err != nil {
			return noLeases(wire.CodeUnavailable, err.Error())
		}
		broker := snowflake.Timestamp(info.ServerTime)
		a, err := lease.Retire(found, broker, w.cfg.Limits, w.holder, wire.NewToken())
		switch {
		case err != nil && found == nil:
			return noLeases(wire.CodeNotFound, fmt.Sprintf("worker %d: %v", worker, err))
		case err != nil:
			return noLeases(wire.CodeRefused, err.Error())
		case a == nil:
			return tableOf(info.ServerTime.UnixMilli(), found.Record)
		}
		answer, _, err := w.records.write(ctx, *a)
		if answer == lease.Stored {
			return tableOf(info.ServerTime.UnixMilli(), a.Record)
		}
		w.cfg.Log.Debug("retiring a worker number", "error", err)
		if !pause.For(ctx, retirePause) {
			return noLeases(wire.CodeUnavailable, "the broker gave no definite answer in time; repeat the request: "+err.Error())
		}
	}
}
