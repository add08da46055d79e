package idworker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/streams"
)

// watchEvery is how often the stream itself is looked at, beside every claim
// and extension.
const watchEvery = time.Second

// watchStream ends the process when the stream is lost, made anew or changed.
func (w *Worker) watchStream(ctx context.Context) {
	for pause(ctx, watchEvery) {
		if w.deps.NATS.IsClosed() {
			w.fail(errClosed)
			return
		}
		_, _ = w.checkStream(ctx) // what is not about the stream will pass
	}
}

// checkStream asks for the state of the stream, once. It ends the process with
// a [*streams.Error] if that is missing, another one or set differently.
func (w *Worker) checkStream(ctx context.Context) (streams.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	info, err := w.stream.CheckOnce(ctx)
	if bad, ok := errors.AsType[*streams.Error](err); ok {
		w.fail(fmt.Errorf("idworker: %w", bad))
	}
	return info, err
}

// compareClocks reads the own clock and the broker's, in the same stream.
func (w *Worker) compareClocks(ctx context.Context) (lease.Clock, error) {
	c := lease.Clock{Sent: w.now()}
	info, err := w.checkStream(ctx)
	c.Received, c.Broker = w.now(), snowflake.Timestamp(info.ServerTime)
	return c, err
}
