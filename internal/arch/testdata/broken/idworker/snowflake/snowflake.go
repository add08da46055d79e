// Package snowflake breaks rules; an atomic word and calculating with times are none
// of them.
package snowflake

import (
	"sync" // want pure
	"sync/atomic"
	"time"

	"parley/idworker/lease" // want pure direction wire
	"parley/wire"
)

var _ = []any{sync.OnceFunc, atomic.AddInt64, time.UnixMilli, lease.X, wire.X}

var _ = time.Now // want pure
