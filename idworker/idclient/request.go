package idclient

import (
	"context"
	"errors"
	"fmt"

	"parley/wire"

	"github.com/nats-io/nats.go"
)

// failure is why a request failed.
type failure struct {
	err error
	// final means that a repetition cannot succeed.
	final bool
	// absent means that no idworker is subscribed.
	absent bool
	// silent means that one may be subscribed, but has not answered in time.
	silent bool
}

// request sends a request to one idworker.
func request(ctx context.Context, nc *nats.Conn, subject string, data []byte) ([]byte, *failure) {
	msg, err := nc.RequestWithContext(ctx, subject, data)
	switch {
	case err == nil:
		return msg.Data, nil
	case errors.Is(err, nats.ErrNoResponders):
		return nil, &failure{err: unavailable("no idworker is running: start one with `parley idworker` or `parley up`"), absent: true}
	case ctx.Err() != nil:
		return nil, &failure{err: unavailable("an idworker does not answer"), silent: true}
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionDraining):
		return nil, &failure{err: unavailable("the connection to the broker was closed"), final: true}
	default:
		return nil, &failure{err: unavailable("the broker cannot be reached: " + err.Error())}
	}
}

func decode[T any, M wire.Message[T]](data []byte) (T, error) {
	v, err := wire.Decode[T, M](data)
	if err != nil {
		return v, fmt.Errorf("the answer of an idworker cannot be used: %w", err)
	}
	return v, nil
}

func unavailable(text string) error { return &wire.Error{Code: wire.CodeUnavailable, Text: text} }

func refused(code wire.Code, reason string) error { return &wire.Error{Code: code, Text: reason} }

func noID(err error) error { return fmt.Errorf("no ID came: %w", err) }
