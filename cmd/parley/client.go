package main

import (
	"context"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/natsconn"

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

// connect opens a tool's connection; the caller closes it.
func (f natsFlags) connect(ctx context.Context, name string) (*nats.Conn, error) {
	return cli.Connect(ctx, f.NATS, f.Creds, name)
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
