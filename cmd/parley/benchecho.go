package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats.go"

	"parley/idworker/snowflake"
	"parley/internal/cli"
	"parley/wire"
	"parley/wire/idwire"
)

// subjectEcho is the bench's own, answered by its own process.
const subjectEcho = "bench.echo"

// benchEchoCmd answers every request with what the ID service would: the least
// that any service on NATS has to do.
type benchEchoCmd struct {
	natsFlags
	logFlags
	UntilEOF bool `name:"until-eof" hidden:""`
}

func (c *benchEchoCmd) Run(ctx context.Context, a *cli.App) error {
	nc, err := c.connect(ctx, "echo")
	if err != nil {
		return err
	}
	defer nc.Close()
	answer := wire.Encode(idwire.IDs{V: wire.Version, IDs: []snowflake.ID{snowflake.MaxID}})
	if _, err := nc.Subscribe(subjectEcho, func(m *nats.Msg) { _ = m.Respond(answer) }); err != nil {
		return fmt.Errorf("subscribing to %s: %w", subjectEcho, err)
	}
	if err := nc.FlushTimeout(askTimeout); err != nil {
		return err
	}
	a.Printf("the echo is ready\n")
	ended := make(chan struct{})
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	select {
	case <-ctx.Done():
	case <-ended:
	}
	return nil
}
