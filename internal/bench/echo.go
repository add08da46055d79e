package bench

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

// subjectEcho is the subject of the benchmark's echo.
const subjectEcho = "bench.echo"

// Echo answers every request with a constant response like that of the ID service,
// until ctx or standard input ends.
func Echo(ctx context.Context, nc *nats.Conn, a *cli.App) error {
	answer := wire.Encode(idwire.IDs{V: wire.Version, IDs: []snowflake.ID{snowflake.MaxID}})
	if _, err := nc.Subscribe(subjectEcho, func(m *nats.Msg) { _ = m.Respond(answer) }); err != nil {
		return fmt.Errorf("subscribing to %s: %w", subjectEcho, err)
	}
	if err := nc.FlushTimeout(cli.AskTimeout); err != nil {
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
