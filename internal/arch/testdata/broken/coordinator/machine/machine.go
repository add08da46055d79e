// Package machine breaks rules.
package machine

import (
	"context"      // want pure
	"math/rand/v2" // want pure
	"strings"
	"sync/atomic" // want pure
	"time"        // want pure

	"github.com/nats-io/nats.go" // want pure

	"parley/internal/x" // want pure
	"parley/wire"
)

func run(c chan int) { // want pure
	go run(c) // want pure
}

var _ = []any{context.TODO, rand.N[int], strings.Cut, atomic.AddInt64, time.UnixMilli, nats.Connect, x.X, wire.X}
