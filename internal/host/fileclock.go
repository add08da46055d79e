package host

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// fileClockEvery is how often the file is read.
const fileClockEvery = 100 * time.Millisecond

// ClockOff returns this machine's clock, shifted until ctx ends by the duration that a
// file contains; nil if path is empty.
func ClockOff(ctx context.Context, path string) func() time.Time {
	if path == "" {
		return nil
	}
	var off atomic.Int64
	go func() {
		tick := time.NewTicker(fileClockEvery)
		defer tick.Stop()
		for ctx.Err() == nil {
			data, err := os.ReadFile(path)
			if d, bad := time.ParseDuration(strings.TrimSpace(string(data))); err == nil && bad == nil {
				off.Store(int64(d))
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	}()
	return func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
}
