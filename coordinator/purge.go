package coordinator

import (
	"context"
	"log/slog"

	"parley/coordinator/machine"
)

// purges are the purges under way, at most one for each log. A purge is repeated
// until it is acknowledged: a broker may need longer for a long log than it has
// for an answer, and what is not purged counts against the stream's size.
type purges struct {
	running map[string]bool
	// next is what to purge of a log when its running purge has ended.
	next map[string]machine.Purge
}

func newPurges() purges {
	return purges{running: map[string]bool{}, next: map[string]machine.Purge{}}
}

// purge starts a purge, or leaves it to the one that is running for that log:
// the machine only ever asks for more.
func (c *Coordinator) purge(p machine.Purge) {
	if c.purges.running[p.Log] {
		c.purges.next[p.Log] = p
		return
	}
	c.purges.running[p.Log] = true
	c.goDo(func(ctx context.Context) { c.purgeUntilDone(ctx, p) })
}

func (c *Coordinator) purgeUntilDone(ctx context.Context, p machine.Purge) {
	level := slog.LevelWarn
	for wait := readPause; ; wait = min(2*wait, maxReadPause) {
		err := c.log.Purge(ctx, p.Log, p.Before)
		if err == nil {
			break
		}
		c.cfg.Log.Log(ctx, level, "a commit log could not be purged, trying again", "log", p.Log, "error", err)
		level = slog.LevelDebug // one line for each purge
		if !pause(ctx, wait) {
			return
		}
	}
	c.post(func() {
		delete(c.purges.running, p.Log)
		if next, ok := c.purges.next[p.Log]; ok {
			delete(c.purges.next, p.Log)
			c.purge(next)
		}
	})
}
