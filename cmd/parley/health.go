package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"parley/internal/cli"
	"parley/wire"
)

// healthTimeout bounds the question. It is longer than what the process may
// take for the answer, so that a reason is heard.
const healthTimeout = healthPatience + time.Second

type healthCmd struct {
	jsonFlag
	At string `default:"127.0.0.1:8484" env:"PARLEY_HEALTH" placeholder:"HOST:PORT" help:"The process's --health (default ${default})."`
}

func (*healthCmd) Help() string {
	return `Asks one process, started with --health, whether it serves, and exits with 0 if it does and with 1 if not. It is the health check of the container image, which has no other program.

Examples:

    parley coordinator --health 127.0.0.1:8484
    parley health --at 127.0.0.1:8484`
}

// healthJSON is what --json prints.
type healthJSON struct {
	Serves bool `json:"serves"`
}

func (c *healthCmd) Run(ctx context.Context, a *cli.App) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	if err := askHealth(ctx, c.At); err != nil {
		return err
	}
	if a.JSON {
		a.PrintJSON(healthJSON{Serves: true})
		return nil
	}
	a.Printf("it serves\n")
	return nil
}

// askHealth returns nil if the process at the address serves.
func askHealth(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+healthPath, nil)
	if err != nil {
		return cli.Wrong(fmt.Errorf("--at %.80q is not HOST:PORT: %w", address, err), "give the --health of the process, as in 127.0.0.1:8484")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return cli.Failed(&wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("nobody answers at %s: %v", address, errors.Unwrap(err))},
			"start the process with --health "+address+", or name where it was started with --at")
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	// A reason is a line; what answers need not be ours.
	reason, err := io.ReadAll(io.LimitReader(answer.Body, wire.MaxReason))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", address, err)
	}
	return cli.Failed(&wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("it does not serve: %s", strings.TrimSpace(string(reason)))}, "look at its log")
}
