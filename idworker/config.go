package idworker

import (
	"fmt"
	"log/slog"
	"time"

	"parley/idworker/lease"
	"parley/idworker/snowflake"
	"parley/internal/streams"
	"parley/natsconn"

	"github.com/nats-io/nats.go"
)

// Config configures an idworker. The zero Config is suitable for production.
type Config struct {
	// Numbers are how many worker numbers may be used, from 0 on. At most 32,
	// which is the default.
	Numbers int
	// Limits are the times of the lease; zero means [lease.DefaultLimits].
	// Numbers replaces Limits.Numbers.
	Limits lease.Limits
	// DrainTimeout bounds how long Run takes to end after its context does.
	// Default 5 s.
	DrainTimeout time.Duration
	// Log receives its log lines; nil discards them.
	Log *slog.Logger
}

// Deps are the dependencies of an idworker.
type Deps struct {
	// NATS is its connection, as [natsconn.Connect] opens it; the caller closes it
	// after Run has returned.
	NATS *nats.Conn
}

// verified reports whether the brokers are known to keep what they acknowledged. If
// they may lose it, one by one or all at once, a claimant skips the timestamps that
// may have been reserved in a lost record. Brokers that did not answer the check do
// not count against it, if those that answered keep what they acknowledged.
func verified(r streams.Report) bool {
	return r.Durability == streams.Synced || r.Durability == streams.Replicated && r.Silent
}

func (c Config) withDefaults() (Config, error) {
	if c.Numbers == 0 {
		c.Numbers = snowflake.MaxWorker + 1
	}
	if c.Numbers < 0 || c.Numbers > snowflake.MaxWorker+1 {
		return c, fmt.Errorf("numbers is %d, allowed is 1 to %d", c.Numbers, snowflake.MaxWorker+1)
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
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func (d Deps) check() error { return natsconn.Check(d.NATS) }
