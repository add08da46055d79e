package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"parley/internal/catalog"
	"parley/natsconn"
	"parley/wire"
)

const (
	// ReachTimeout bounds how long a tool waits for NATS. Roles wait without limit.
	ReachTimeout = 3 * time.Second
	// AskTimeout bounds one request to a service that answers from memory or
	// its own database.
	AskTimeout = 5 * time.Second
)

// Connect opens a tool's connection; the caller closes it.
func Connect(ctx context.Context, url, creds, name string) (*nats.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, ReachTimeout)
	defer cancel()
	// Connecting logs every attempt, and its error contains the same.
	nc, err := natsconn.Connect(ctx, natsconn.Options{URL: url, Creds: creds, Name: "parley " + name, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, Failed(&wire.Error{Code: wire.CodeUnavailable, Text: err.Error()}, "give the address of another one with --nats URL")
	}
	return nc, nil
}

// Ask sends a request to a service and returns the raw response. Errors contain the
// name of the service.
func Ask(ctx context.Context, nc *nats.Conn, service, subject string, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	msg, err := natsconn.Request(ctx, nc, subject, request)
	switch {
	case errors.Is(err, nats.ErrPermissionViolation):
		return nil, Failed(&wire.Error{Code: wire.CodeUnavailable, Text: err.Error()}, Permit)
	case errors.Is(err, nats.ErrNoResponders):
		return nil, Failed(&wire.Error{Code: wire.CodeNoParticipant, Text: fmt.Sprintf("%s does not answer: it is not running on this NATS", service)},
			fmt.Sprintf("start it with `parley %s`, or everything with `parley up`", commandOf(service)))
	case errors.Is(err, context.DeadlineExceeded):
		return nil, Failed(&wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("%s did not answer within %v", service, AskTimeout)},
			"try again; if that does not help, read its log")
	case err != nil:
		return nil, fmt.Errorf("requesting %s: %w", service, err)
	}
	return msg.Data, nil
}

// commandOf is the command that runs a service.
func commandOf(service string) string {
	if service == catalog.Blog {
		return "blog serve"
	}
	return service
}

// RefusedBy returns the error for a response with a code, nil if the code is empty.
func RefusedBy(service string, code wire.Code, reason string) error {
	if code == "" {
		return nil
	}
	exit := ExitFailed
	if code == wire.CodeInvalid || code == wire.CodeTooLarge || code == wire.CodeNotFound {
		exit = ExitWrong
	}
	return &Failure{Code: exit, Err: &wire.Error{Code: code, Text: fmt.Sprintf("%s refuses: %s", service, reason)}}
}
