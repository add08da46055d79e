package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"parley/internal/cli"
	"parley/wire"
)

// AskHealth requests the health of the process at an address, HOST:PORT, and returns nil if it serves.
func AskHealth(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+healthPath, nil)
	if err != nil {
		return cli.Wrong(fmt.Errorf("--at %.80q is not HOST:PORT: %w", address, err), "give the --health of the process, as in 127.0.0.1:8484")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return cli.Failed(&wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("no process answers at %s: %v", address, errors.Unwrap(err))},
			"start the process with --health "+address+", or name where it was started with --at")
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	// A reason is one line; the server may not be Parley's, so the read is bounded.
	reason, err := io.ReadAll(io.LimitReader(answer.Body, wire.MaxReason))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", address, err)
	}
	return cli.Failed(&wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("it does not serve: %s", strings.TrimSpace(string(reason)))}, "read its log")
}
