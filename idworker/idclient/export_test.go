package idclient

import (
	"errors"
	"time"

	"github.com/nats-io/nats.go"
)

// AtHand is how many IDs can be taken without a request, were they not old.
func (c *Client) AtHand() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, _ := c.stock.left(moment{})
	return all
}

// Fetching reports whether the fetching goroutine runs.
func (c *Client) Fetching() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fetch.on
}

// Bounds that tests go to.
const (
	ManyTries = manyTries
	NobodyFor = absentFor
)

// SetClock replaces the wall clock and what is measured with it, before the first call
// of Next.
func (c *Client) SetClock(now func() time.Time) { c.clock = clockOf(now(), now) }

// SetClocks replaces both clocks, before the first call of Next. Wall is since
// 1970, run since the client was made.
func (c *Client) SetClocks(wall, run func() time.Duration) {
	c.clock.run = run
	c.clock.moment = func() moment { return moment{wall: wall(), run: run()} }
}

// Warm makes the connection ready for requests, which starts a goroutine of its
// own once.
func (c *Client) Warm() error {
	_, err := c.nc.Request("warm", nil, time.Second)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil
	}
	return err
}
