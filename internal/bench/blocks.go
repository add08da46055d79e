package bench

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"parley/idworker/idclient"
	"parley/idworker/snowflake"
)

// byBlocks measures how many IDs a second one client issues from blocks, after a second
// of warm-up. They must ascend, which excludes duplicates.
func byBlocks(ctx context.Context, nc *nats.Conn, d time.Duration, r *idReport) error {
	c, err := idclient.New(nc, idclient.Config{})
	if err != nil {
		return err
	}
	defer c.Close()
	const some = 1024
	var last snowflake.ID
	var n int64
	begin := time.Now()
	start := begin
	for warm := true; ; {
		for range some {
			id, err := c.Next(ctx)
			if err != nil {
				return err
			}
			if id <= last {
				r.DuplicatesOfThis++
			}
			last = id
		}
		n += some
		now := time.Now()
		if warm && now.Sub(begin) > time.Second {
			warm, n, start = false, 0, now
		}
		if !warm && now.Sub(start) >= d {
			r.BlockIDsPerS = perSecond(n, now.Sub(start))
			r.BlockNextNS = float64(now.Sub(start).Nanoseconds()) / float64(n)
			return nil
		}
	}
}
