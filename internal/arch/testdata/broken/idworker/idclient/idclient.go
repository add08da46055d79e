// Package idclient is a client, which may have a clock.
package idclient

import (
	"time"

	"parley/idworker" // want direction
	"parley/wire"
)

var _ = []any{time.Now, idworker.X, wire.X}
