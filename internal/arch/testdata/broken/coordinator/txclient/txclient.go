// Package txclient breaks rules.
package txclient

import (
	"github.com/nats-io/nats-server/v2/server" // want server

	"parley/coordinator" // want direction
	"parley/wire"
)

var _ = []any{server.New, coordinator.X, wire.X}
