package coordinator

import (
	"log/slog"
	"time"

	"parley/coordinator/machine"
	"parley/internal/streams"

	"github.com/nats-io/nats.go"
)

// Config configures a coordinator. The zero Config is suitable for production.
type Config struct {
	// Limits bound its memory and work; zero means [machine.DefaultLimits].
	Limits machine.Limits
	// DrainTimeout bounds each half of a drain: until every transaction is
	// decided, and until every participant has acknowledged. Default 5 s.
	DrainTimeout time.Duration
	// BehindFor is how long the stream must report a last sequence below one that
	// it had stored before the coordinator stops: longer than a deposed leader, or
	// one that has not caught up, can answer. Default 30 s.
	BehindFor time.Duration
	// SlowAppend is how long an append may have no definite answer before the
	// coordinator is unhealthy. Default 5 s.
	SlowAppend time.Duration
	// EventSubjects are the subjects, also with wildcards, that submissions may have
	// events for. Empty means none. Events of commits are published in any case.
	EventSubjects []string
	// Log receives its log lines; nil discards them.
	Log *slog.Logger
}

// slowAppend is the default of Config.SlowAppend. An election takes 4 to 9 s when
// brokers vote twice; most are over sooner.
const slowAppend = 5 * time.Second

// Steps of the commit protocol, at which tests kill the process. Everything published
// before a step has been sent.
const (
	StepPrepareSent  = "prepare-sent"  // every prepare of a transaction was sent
	StepAppendBefore = "append-before" // all votes are yes, nothing was appended
	StepAppendAfter  = "append-after"  // the commit is durable, no message was sent
	StepAnswered     = "answered"      // the client was answered, commits were not sent
	StepCommitSent   = "commit-sent"   // the commits were sent
	StepPurgeBefore  = "purge-before"  // base was raised, nothing was purged
	StepSealAfter    = "seal-after"    // an adopted log is sealed, no commit of it was sent
)

// Deps are the dependencies of a coordinator.
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
