package coordinator

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"parley/internal/lifecycle/roletest"

	"github.com/nats-io/nats.go"
)

// Reads that fail are repeated fifty times a second for each log; the log of the
// process logs that once a second.
func TestUnreadLogIsNotFlooded(t *testing.T) {
	var out bytes.Buffer
	c, err := New(Config{Log: slog.New(slog.NewTextHandler(&out, nil))}, Deps{NATS: &nats.Conn{Opts: nats.Options{ReconnectBufSize: -1, AllowReconnect: true, MaxReconnect: -1}}})
	roletest.Must(t, err)
	for range 1000 {
		c.cannotRead("abc", errors.New("no leader"))
	}
	// One more if the test took longer than a second.
	if n := strings.Count(out.String(), "\n"); n < 1 || n > 2 || !strings.Contains(out.String(), "no leader") {
		t.Errorf("%d lines, want 1:\n%s", n, out.String())
	}
}
