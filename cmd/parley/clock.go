package main

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// clockFlag is on the commands whose clock tests put off.
type clockFlag struct {
	Clock string `hidden:"" placeholder:"FILE" help:"Put the clock off by the duration in FILE, read again and again (for tests)."`
}

// now is this machine's clock until ctx ends, nil without the flag.
func (f clockFlag) now(ctx context.Context) func() time.Time {
	if f.Clock == "" {
		return nil
	}
	c := &fileClock{path: f.Clock}
	go c.follow(ctx)
	return c.now
}

// fileClock is this machine's clock, put off by what a file says.
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
