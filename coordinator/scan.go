package coordinator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/internal/pause"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// scanEvery is the mean interval between searches for logs without an owner.
	// Participants request the outcome of branches in doubt within a second or two;
	// the search finds commits whose delivery was interrupted.
	scanEvery = 4 * time.Second
	// watchEvery is how often the stream itself is checked.
	watchEvery = time.Second
)

// scanLogs adopts logs whose owner does not answer, at the start and about every
// scanEvery.
func (c *Coordinator) scanLogs(ctx context.Context) {
	for {
		logs, err := c.log.Logs(ctx)
		if err != nil && ctx.Err() == nil {
			c.cfg.Log.Warn("listing the commit logs failed", "error", err)
		}
		for _, log := range c.foreign(ctx, logs) {
			// Any question shows whether the owner answers.
			if _, alive := c.owner(ctx, txwire.Resolve{V: wire.Version, ID: txwire.ID{Log: log, N: 1}}); !alive && ctx.Err() == nil {
				c.postEvent(func() { c.m.Adopt(log) })
			}
		}
		if !pause.For(ctx, scanEvery/2+rand.N(scanEvery)) {
			return
		}
	}
}

// foreign returns those of the logs that this coordinator does not work on.
func (c *Coordinator) foreign(ctx context.Context, logs []string) []string {
	answer := make(chan []string, 1)
	c.postEvent(func() {
		var out []string
		for _, log := range logs {
			if c.subs[log] == nil && c.inquiries[log] == nil && c.m.Log() != log {
				out = append(out, log)
			}
		}
		answer <- out
	})
	select {
	case out := <-answer:
		return out
	case <-ctx.Done():
		return nil
	}
}

// watchStream detects a stream that is full, deleted, recreated, reconfigured or
// went back. While it is full, submissions are refused. The other cases end the
// coordinator: its knowledge of transactions may no longer be true.
func (c *Coordinator) watchStream(ctx context.Context) {
	for pause.For(ctx, watchEvery) {
		info, err := c.checkStream(ctx)
		_, isBad := errors.AsType[*streams.Error](err)
		switch {
		case ctx.Err() != nil, isBad:
			return
		case c.deps.NATS.IsClosed():
			c.fail(errors.New("coordinator: the NATS connection was closed"))
			return
		case err != nil:
			c.cfg.Log.Warn("the commit log does not answer", "error", err)
			continue
		}
		soft := txwire.LogStream().SoftBytes(info.MaxBytes)
		full := info.Bytes > uint64(soft)
		c.postEvent(func() {
			if full != c.full {
				c.cfg.Log.Error("commit log usage changed", "full", full, "bytes", info.Bytes, "soft_limit", soft)
			}
			c.full = full
		})
	}
}

// checkStream reads the state of the stream. It ends the coordinator with a
// [*streams.Error] if the stream was deleted, recreated, reconfigured or
// overwritten. Whether it is behind reaches the machine before any event that the
// caller posts.
func (c *Coordinator) checkStream(ctx context.Context) (streams.Info, error) {
	known := c.log.Known()
	info, err := c.stream.Check(ctx)
	if err == nil {
		err = c.log.CheckNewest(ctx)
	}
	if bad, ok := errors.AsType[*streams.Error](err); ok {
		c.fail(fmt.Errorf("coordinator: %w", bad))
	}
	if err == nil {
		c.clock.Observe(info.Asked, info.Answered, info.ServerTime)
		c.log.Reported(known, info.LastSeq)
		now := time.Now()
		c.postEvent(func() { c.streamAt(known, info.LastSeq, now) })
	}
	return info, err
}

// sameStream returns nil if reads and writes before the call reached the stream
// that this coordinator started with. A log that is missing from a recreated stream
// is not empty, and a seal in it proves nothing: a question about a branch must not
// be answered with aborted.
func (c *Coordinator) sameStream(ctx context.Context) error {
	_, err := c.checkStream(ctx)
	return err
}

func (c *Coordinator) fail(err error) {
	select {
	case c.failed <- err:
	default:
	}
}
