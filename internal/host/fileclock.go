package host

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// ClockOff returns this machine's clock, shifted until ctx ends by the duration that a
// file contains; nil if path is empty.
func ClockOff(ctx context.Context, path string) func() time.Time {
	if path == "" {
		return nil
	}
	c := &fileClock{path: path}
	go c.follow(ctx)
	return c.now
}

// fileClock is this machine's clock, shifted by the duration in a file.
type fileClock struct {
	path string
	off  atomic.Int64
}

// fileClockEvery is how often the file is read.
const fileClockEvery = 100 * time.Millisecond

func (c *fileClock) now() time.Time { return time.Now().Add(time.Duration(c.off.Load())) }

func (c *fileClock) follow(ctx context.Context) {
	tick := time.NewTicker(fileClockEvery)
	defer tick.Stop()
	for {
		if data, err := os.ReadFile(c.path); err == nil {
			if d, err := time.ParseDuration(strings.TrimSpace(string(data))); err == nil {
				c.off.Store(int64(d))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
