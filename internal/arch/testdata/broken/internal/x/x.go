// Package x breaks rules.
package x

import (
	"parley/participants" // want direction
	"parley/wire"
)

var _ = []any{participants.X, wire.X}
