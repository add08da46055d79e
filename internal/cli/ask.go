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
	// ReachTimeout bounds how long a tool waits for NATS. Roles wait for ever.
	ReachTimeout = 3 * time.Second
	// AskTimeout bounds one question to a service that answers from memory or
	// its own database.
	AskTimeout = 5 * time.Second
)

// Connect opens a tool's connection; the caller closes it.
func Connect(ctx context.Context, url, creds, name string) (*nats.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, ReachTimeout)
	defer cancel()
	// Connecting logs every attempt, and its error says the same again.
	nc, err := natsconn.Connect(ctx, natsconn.Options{URL: url, Creds: creds, Name: "parley " + name, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, Failed(&wire.Error{Code: wire.CodeUnavailable, Text: err.Error()}, "give the address of another one with --nats URL")
	}
	return nc, nil
}

// Ask sends a request to a service and returns the raw answer. who answers it
// stands in the error.
func Ask(ctx context.Context, nc *nats.Conn, who, subject string, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	msg, err := natsconn.Request(ctx, nc, subject, request)
	switch {
	case errors.Is(err, nats.ErrPermissionViolation):
		return nil, Failed(&wire.Error{Code: wire.CodeUnavailable, Text: err.Error()}, Permit)
	case errors.Is(err, nats.ErrNoResponders):
		return nil, Failed(&wire.Error{Code: wire.CodeNoParticipant, Text: fmt.Sprintf("%s does not answer: it is not running on this NATS", who)},
			fmt.Sprintf("start it with `parley %s`, or everything with `parley up`", commandOf(who)))
	case errors.Is(err, context.DeadlineExceeded):
		return nil, Failed(&wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("%s did not answer within %v", who, AskTimeout)},
			"try again; if it stays so, look at its log")
	case err != nil:
		return nil, fmt.Errorf("asking %s: %w", who, err)
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

// RefusedBy is the error for an answer that carries a code.
func RefusedBy(who string, code wire.Code, reason string) error {
	if code == "" {
		return nil
	}
	exit := ExitFailed
	if code == wire.CodeInvalid || code == wire.CodeTooLarge || code == wire.CodeNotFound {
		exit = ExitWrong
	}
	return &Failure{Code: exit, Err: &wire.Error{Code: code, Text: fmt.Sprintf("%s says: %s", who, reason)}}
}
