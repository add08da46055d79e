package idworker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/pause"
	"parley/internal/streams"
)

// watchEvery is how often the stream itself is checked, in addition to the checks
// with every claim and extension.
const watchEvery = time.Second

// watchStream ends the process if the stream is deleted, recreated or reconfigured.
func (w *Worker) watchStream(ctx context.Context) {
	for pause.For(ctx, watchEvery) {
		if w.deps.NATS.IsClosed() {
			w.fail(errClosed)
			return
		}
		_, _ = w.checkStream(ctx) // other errors are temporary
	}
}

// checkStream requests the state of the stream once. It ends the process with a
// [*streams.Error] if the stream is missing, recreated or reconfigured.
func (w *Worker) checkStream(ctx context.Context) (streams.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	info, err := w.stream.CheckOnce(ctx)
	if bad, ok := errors.AsType[*streams.Error](err); ok {
		w.fail(fmt.Errorf("idworker: %w", bad))
	}
	return info, err
}

// compareClocks reads the process's clock and the broker's, in the same stream.
func (w *Worker) compareClocks(ctx context.Context) (lease.Clock, error) {
	c := lease.Clock{Sent: w.now()}
	info, err := w.checkStream(ctx)
	c.Received, c.Broker = w.now(), snowflake.Timestamp(info.ServerTime)
	return c, err
}
