package coordinator

import (
	"context"
	"log/slog"
	"time"

	"parley/coordinator/machine"
	"parley/internal/pause"
)

const (
	// firstPurge is the time-out of the first attempt to purge: the request may be
	// lost with the connection. It doubles with each attempt up to lastPurge: a
	// broker deletes the files of a long log before it answers.
	firstPurge = 2 * time.Second
	lastPurge  = 32 * time.Second
)

// purging is a pending purge, at most one for each log. It is repeated until it is
// acknowledged: unpurged records count against the stream's size.
type purging struct{ cancel context.CancelFunc }

// purge starts a purge, which replaces a pending one of the same log: each later
// purge removes more.
func (c *Coordinator) purge(p machine.Purge) {
	if older := c.purges[p.Log]; older != nil {
		older.cancel()
	}
	ctx, cancel := context.WithCancel(c.background)
	mine := &purging{cancel}
	c.purges[p.Log] = mine
	c.goDo(func(context.Context) {
		defer cancel()
		c.purgeUntilDone(ctx, p)
		c.postEvent(func() {
			if c.purges[p.Log] == mine {
				delete(c.purges, p.Log)
			}
		})
	})
}

func (c *Coordinator) purgeUntilDone(ctx context.Context, p machine.Purge) {
	level := slog.LevelWarn
	for limit := firstPurge; ; limit = min(2*limit, lastPurge) {
		attempt, cancel := context.WithTimeout(ctx, limit)
		err := c.log.Purge(attempt, p.Log, p.Before)
		cancel()
		if err == nil || ctx.Err() != nil {
			return
		}
		c.cfg.Log.Log(ctx, level, "a commit log could not be purged, trying again", "log", p.Log, "error", err)
		level = slog.LevelDebug // one line for each purge
		if !pause.For(ctx, readPause) {
			return
		}
	}
}
