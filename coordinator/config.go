package coordinator

import (
	"log/slog"
	"time"

	"parley/coordinator/machine"
	"parley/internal/streams"

	"github.com/nats-io/nats.go"
)

// Config is how a coordinator behaves; the zero Config is right for
// production.
type Config struct {
	// Limits bound what it holds; zero means [machine.DefaultLimits].
	Limits machine.Limits
	// DrainTimeout bounds each half of a drain: until every transaction is
	// decided, and until every participant has acknowledged. Default 5 s.
	DrainTimeout time.Duration
	// BehindFor is how long the stream must be seen behind what it had stored
	// before the coordinator stops: longer than a leader that was deposed, or has
	// not caught up, can answer. Default 30 s.
	BehindFor time.Duration
	// SlowAppend is how long an append may be without a clear answer before the
	// coordinator counts as unhealthy. Default 5 s.
	SlowAppend time.Duration
	Log        *slog.Logger
}

// slowAppend is the default of Config.SlowAppend. An election takes 4 to 9 s when
// brokers vote twice; most are over sooner.
const slowAppend = 5 * time.Second

// Steps of the commit protocol, at which tests kill the process. What was sent before
// is flushed.
const (
	StepPrepareSent  = "prepare-sent"  // every prepare of a transaction was sent
	StepAppendBefore = "append-before" // all votes are yes, nothing is appended
	StepAppendAfter  = "append-after"  // the commit is durable, nobody knows
	StepAnswered     = "answered"      // the client was told, commits were not sent
	StepCommitSent   = "commit-sent"   // the commits were sent
	StepPurgeBefore  = "purge-before"  // base was raised, nothing is purged
	StepSealAfter    = "seal-after"    // another's log is sealed, nothing was driven
)

// Deps are what a coordinator needs from outside.
type Deps struct {
	// NATS is its connection, as [natsconn.Connect] opens it; the caller closes it
	// after Run has returned.
	NATS *nats.Conn
}

func (c *Config) fill() {
	if c.Limits == (machine.Limits{}) {
		c.Limits = machine.DefaultLimits()
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 5 * time.Second
	}
	if c.BehindFor == 0 {
		c.BehindFor = streams.BehindFor
	}
	if c.SlowAppend == 0 {
		c.SlowAppend = slowAppend
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}
