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

// Flush returns when the broker has processed what was sent before: after it has
// taken a subscription, a message that is sent from now on arrives. While the
// broker is slow or restarts, Flush asks again. It returns an error when ctx
// ends or the connection is closed for good.
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
