package idworker

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/idworker/lease"
	"parley/internal/streams"
	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Config is how an idworker behaves; the zero Config is right for production.
type Config struct {
	// Numbers are how many worker numbers may be used, from 0 on. At most 32,
	// which is the default.
	Numbers int
	// Limits are the times of the lease; zero means [lease.DefaultLimits].
	// Numbers takes the place of theirs.
	Limits lease.Limits
	// DrainTimeout bounds how long Run takes to end after its context does.
	// Default 5 s.
	DrainTimeout time.Duration
	// Now replaces the clock of IDs, for tests. What is waited for is not
	// measured with it.
	Now func() time.Time
	Log *slog.Logger
}

// Deps are what an idworker needs from outside.
type Deps struct {
	// NATS is its connection, without a reconnect buffer; the caller closes it
	// after Run has returned.
	NATS *nats.Conn
	// JS is JetStream on that connection.
	JS jetstream.JetStream
	// Incarnation is that of the stream [wire.IDLeases], looked up at start.
	Incarnation string
	// Durability is what is known of the broker's promise. Where brokers may
	// lose what they acknowledged, one by one or all at once, a claimant leaves
	// out what may have been reserved and forgotten.
	Durability streams.Durability
	// Silent: Durability is not better because brokers were away when it was
	// asked for. Those that answered keep their promise.
	Silent bool
}

// verified: the broker is known to keep what it acknowledged.
func (d Deps) verified() bool {
	return d.Durability == streams.Synced || d.Durability == streams.Replicated && d.Silent
}

func (c Config) withDefaults() (Config, error) {
	if c.Numbers == 0 {
		c.Numbers = wire.MaxWorker + 1
	}
	if c.Numbers < 0 || c.Numbers > wire.MaxWorker+1 {
		return c, fmt.Errorf("numbers is %d, allowed is 1 to %d", c.Numbers, wire.MaxWorker+1)
	}
	if c.Limits == (lease.Limits{}) {
		c.Limits = lease.DefaultLimits()
	}
	c.Limits.Numbers = c.Numbers
	if l := c.Limits; l.Renew < 1 || l.Retry < 1 || l.Standby < 1 || l.Warm < 1 || l.Ahead < 1 || l.Renew+l.Ahead >= l.Reserve {
		return c, fmt.Errorf("limits are %+v: each must be above 0, and renew and ahead together below reserve", l)
	}
	if c.DrainTimeout < 0 {
		return c, fmt.Errorf("drain timeout is %v, it cannot be negative", c.DrainTimeout)
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 5 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func (d Deps) check() error {
	switch {
	case d.NATS == nil:
		return errors.New("it has no NATS connection")
	case d.JS == nil:
		return errors.New("it has no JetStream")
	case d.Incarnation == "":
		return fmt.Errorf("the incarnation of the stream %s is empty: was the stream made by parley up or parley init?", wire.IDLeases().Name)
	}
	return nil
}
