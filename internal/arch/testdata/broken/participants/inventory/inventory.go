// Package inventory breaks rules.
package inventory

import (
	"parley/coordinator" // want role
	"parley/coordinator/txclient"
	"parley/participants"
	"parley/participants/delivery" // want role
)

var _ = []any{coordinator.X, txclient.X, participants.X, delivery.X}
