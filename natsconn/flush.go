package natsconn

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// flushAttempt bounds one round trip to the broker.
	flushAttempt = 5 * time.Second
	// flushPause is the pause before the next one, also while there is no
	// connection.
	flushPause = 50 * time.Millisecond
)

// Flush returns when the broker has processed what was sent before: messages for
// the subscriptions made before it are delivered from then on. It repeats its
// request while the broker is slow or restarts. It returns an error when ctx ends or
// the connection is closed.
func Flush(ctx context.Context, nc *nats.Conn) error {
	for {
		if nc.IsConnected() {
			attempt, cancel := context.WithTimeout(ctx, flushAttempt)
			err := nc.FlushWithContext(attempt)
			cancel()
			if err == nil {
				return nil
			}
		}
		if nc.IsClosed() {
			return fmt.Errorf("waiting for the broker to process what was sent: %w", nats.ErrConnectionClosed)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the broker to process what was sent: %w", context.Cause(ctx))
		case <-time.After(flushPause):
		}
	}
}
