// Package participants breaks rules.
package participants

import (
	"parley/broker"                 // want direction
	"parley/participants/inventory" // want direction
)

var _ = []any{broker.X, inventory.X}
