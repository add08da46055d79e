// Package wire breaks rules.
package wire

import (
	"encoding/json"

	"github.com/nats-io/nats.go" // want wire

	"parley/internal/x" // want direction wire
)

const ok = "tx.submit"

var _, _, _ = json.Marshal, nats.Connect, x.X
