package coordinator

import (
	"context"
	"log/slog"
	"time"

	"parley/coordinator/machine"
)

const (
	// firstPurge bounds the first attempt of a purge: its request may be lost
	// with a connection. Each attempt may take twice as long as the one before,
	// up to lastPurge: a broker deletes the files of a long log before it answers.
	firstPurge = 2 * time.Second
	lastPurge  = 32 * time.Second
)

// purging is a purge under way, at most one for each log. It is repeated until it
// is acknowledged: what is not purged counts against the stream's size.
type purging struct{ cancel context.CancelFunc }

// purge starts a purge, in place of an older one of that log: the machine only
// ever asks for more.
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
		c.post(func() {
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
		if !pause(ctx, readPause) {
			return
		}
	}
}
