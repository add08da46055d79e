// Package lease breaks rules.
package lease

import (
	"sync/atomic" // want pure

	"parley/idworker" // want direction pure
	"parley/wire"
)

var _ = []any{atomic.AddInt64, idworker.X, wire.X}
