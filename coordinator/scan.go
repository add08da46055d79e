package coordinator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// scanEvery is how often logs without an owner are looked for. Branches in
	// doubt ask by themselves within a second or two; this finds commits whose
	// delivery was cut short.
	scanEvery = 4 * time.Second
	// watchEvery is how often the stream itself is looked at.
	watchEvery = time.Second
)

// scanLogs adopts logs whose owner is gone, at the start and from time to time.
func (c *Coordinator) scanLogs(ctx context.Context) {
	for {
		logs, err := c.log.Logs(ctx)
		if err != nil && ctx.Err() == nil {
			c.cfg.Log.Warn("looking for logs without an owner", "error", err)
		}
		for _, log := range c.foreign(ctx, logs) {
			// Any question will do to see whether somebody answers.
			if _, alive := c.owner(ctx, txwire.Resolve{V: wire.Version, ID: txwire.ID{Log: log, N: 1}}); !alive && ctx.Err() == nil {
				c.post(func() { c.m.Adopt(log) })
			}
		}
		if !pause(ctx, scanEvery/2+rand.N(scanEvery)) {
			return
		}
	}
}

// foreign asks the loop which of the logs nobody here works on.
func (c *Coordinator) foreign(ctx context.Context, logs []string) []string {
	answer := make(chan []string, 1)
	c.post(func() {
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

// watchStream notices a stream that is full, lost, made anew, changed or went
// back. The first is told to clients, the others end the coordinator: what it
// knows of its transactions may no longer be true.
func (c *Coordinator) watchStream(ctx context.Context) {
	for pause(ctx, watchEvery) {
		info, err := c.checkStream(ctx)
		_, isBad := errors.AsType[*streams.Error](err)
		switch {
		case ctx.Err() != nil, isBad:
			return
		case c.deps.NATS.IsClosed():
			c.fail(errors.New("coordinator: its NATS connection was closed"))
			return
		case err != nil:
			c.cfg.Log.Warn("the commit log does not answer", "error", err)
			continue
		}
		soft := txwire.LogStream().SoftBytes(info.MaxBytes)
		full := info.Bytes > uint64(soft)
		c.post(func() {
			if full != c.full {
				c.cfg.Log.Error("commit log usage changed", "full", full, "bytes", info.Bytes, "soft_limit", soft)
			}
			c.full = full
		})
	}
}

// checkStream reads the state of the stream. It ends the coordinator if that
// is lost, made anew, changed or overwritten, which a [*streams.Error] then names.
// Whether it is behind reaches the machine before anything that the caller posts.
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
		c.post(func() { c.streamAt(known, info.LastSeq, now) })
	}
	return info, err
}

// sameStream reports whether what was read or written before the call was in
// the stream that this coordinator started on. A log that is missing from a
// stream made anew is not an empty one, and a seal there proves nothing: who
// asks about a branch must not be told that it aborted.
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
