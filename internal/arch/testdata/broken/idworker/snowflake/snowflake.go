// Package snowflake breaks rules; an atomic word is none of them.
package snowflake

import (
	"sync" // want pure
	"sync/atomic"
	"time" // want pure

	"parley/idworker/lease" // want pure
	"parley/wire"
)

var _ = []any{sync.OnceFunc, atomic.AddInt64, time.Now, lease.X, wire.X}
