package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/coordinator/txclient"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/natsconn"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

// natsFlags say how to reach NATS.
type natsFlags struct {
	NATS  string `name:"nats" default:"nats://127.0.0.1:4222" env:"PARLEY_NATS" placeholder:"URL" help:"Where NATS listens; several addresses are separated by commas (default ${default})."`
	Creds string `env:"PARLEY_CREDS" placeholder:"FILE" help:"Credentials file, if NATS wants one."`
}

// nameFlag is on every command that runs a role on NATS.
type nameFlag struct {
	Name string `placeholder:"NAME" help:"Name of this process, shown by status and by the broker's list of connections (default: that of the role)."`
}

// named is how the process connects.
func (f nameFlag) named(o natsconn.Options) natsconn.Options {
	if f.Name != "" {
		o.Name = f.Name
	}
	return o
}

// jsonFlag is on every command that prints data.
type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON; errors too."`
}

const (
	// reachTimeout bounds how long a tool waits for NATS. Roles wait for ever.
	reachTimeout = 3 * time.Second
	// askTimeout bounds one question to a service that answers from memory or
	// its own database.
	askTimeout = 5 * time.Second
)

// connect opens a tool's connection; the caller closes it.
func (f natsFlags) connect(ctx context.Context, name string) (*nats.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	// Connecting logs every attempt, and its error says the same again.
	nc, err := natsconn.Connect(ctx, natsconn.Options{URL: f.NATS, Creds: f.Creds, Name: "parley " + name, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, cli.Failed(&wire.Error{Code: wire.CodeUnavailable, Text: err.Error()}, "give the address of another one with --nats URL")
	}
	return nc, nil
}

// client opens a connection with a transaction client on it; the returned
// function closes both.
func (f natsFlags) client(ctx context.Context, name string) (*nats.Conn, *txclient.Client, func(), error) {
	nc, err := f.connect(ctx, name)
	if err != nil {
		return nil, nil, nil, err
	}
	c, err := txclient.New(nc)
	if err != nil {
		nc.Close()
		return nil, nil, nil, err
	}
	return nc, c, func() { c.Close(); nc.Close() }, nil
}

// ask sends a request to a service and returns the raw answer. who answers it
// stands in the error.
func ask(ctx context.Context, nc *nats.Conn, who, subject string, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	msg, err := natsconn.Request(ctx, nc, subject, request)
	switch {
	case errors.Is(err, nats.ErrPermissionViolation):
		return nil, cli.Failed(&wire.Error{Code: wire.CodeUnavailable, Text: err.Error()}, cli.Permit)
	case errors.Is(err, nats.ErrNoResponders):
		return nil, cli.Failed(&wire.Error{Code: wire.CodeNoParticipant, Text: fmt.Sprintf("%s does not answer: it is not running on this NATS", who)},
			fmt.Sprintf("start it with `parley %s`, or everything with `parley up`", commandOf(who)))
	case errors.Is(err, context.DeadlineExceeded):
		return nil, cli.Failed(&wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("%s did not answer within %v", who, askTimeout)},
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

// refusedBy is the error for an answer that carries a code.
func refusedBy(who string, code wire.Code, reason string) error {
	if code == "" {
		return nil
	}
	exit := cli.ExitFailed
	if code == wire.CodeInvalid || code == wire.CodeTooLarge || code == wire.CodeNotFound {
		exit = cli.ExitWrong
	}
	return &cli.Failure{Code: exit, Err: &wire.Error{Code: code, Text: fmt.Sprintf("%s says: %s", who, reason)}}
}
