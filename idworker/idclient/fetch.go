package idclient

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"parley/idworker/snowflake"
	"parley/internal/pause"
)

const (
	// The pause between two attempts grows from firstPause to lastPause.
	firstPause = 10 * time.Millisecond
	lastPause  = 500 * time.Millisecond
	// Blocks of an idworker whose clock is behind cannot be used. After fewTries
	// of them in a row there is a pause, or, if a caller waits, so many IDs are
	// requested that the idworker catches up: that takes IDs from its other
	// clients. Then the pause comes after manyTries, 4 s of one worker's
	// timestamps.
	fewTries  = 4
	manyTries = 256
)

// fetch is the state of fetching. Client.mu guards it, except for the fields that
// only the fetching goroutine uses.
type fetch struct {
	// on means that the goroutine runs. It sends one request at a time: the blocks
	// of different workers overlap in time, and of two concurrent ones the greater
	// part of one could not be used. An answer has up to 65,536 IDs.
	on     bool
	begun  time.Duration // when it was last started, by moment.run
	resume time.Duration // without a waiting caller it is not started before
	// waiting counts the waiting callers, need is the most that one of them wants.
	waiting, need int
	// news is closed when a request has succeeded or failed.
	news chan struct{}
	// failing means that no IDs have arrived since the failure last. failures
	// counts the failures, so that each caller recognises a new one.
	failing  bool
	last     *failure
	failures int
	// alarm is a violation that was not returned to a caller yet.
	alarm error

	patience, pause time.Duration
	// behind counts blocks in a row that could not be used, and gap is the number
	// of IDs by which the last one was too low.
	behind int
	gap    int64
}

func newFetch() fetch {
	return fetch{
		begun: math.MinInt64 / 2, resume: math.MinInt64,
		news: make(chan struct{}), patience: minPatience, pause: firstPause,
	}
}

// idle reports whether a caller that does not wait may start the goroutine.
func (f *fetch) idle(now moment) bool { return !f.on && now.run >= f.resume }

// wake wakes all waiting callers.
func (f *fetch) wake() {
	close(f.news)
	f.news = make(chan struct{})
}

// start starts the goroutine, with the lock held.
func (c *Client) start(now moment) {
	if c.fetch.on || c.ctx.Err() != nil {
		return
	}
	c.fetch.on, c.fetch.begun, c.fetch.failing = true, now.run, false
	c.running.Go(c.run)
}

// run fetches until the stock suffices, or until it fails and no caller waits.
func (c *Client) run() {
	for {
		count, ok := c.wanted()
		if !ok {
			return
		}
		if wait := c.arrived(c.fetchBlock(count)); wait > 0 {
			pause.For(c.ctx, wait)
		}
	}
}

// wanted returns how many IDs to request, and false if the goroutine must end.
func (c *Client) wanted() (count int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.moment()
	all, young := c.stock.left(now)
	needed := c.fetch.waiting > 0 && all == 0
	short := young < c.stock.enough() && !c.fetch.failing && !c.stock.full()
	if c.ctx.Err() != nil || !needed && !short {
		c.fetch.on = false
		c.schedule(now, young)
		return 0, false
	}
	if c.fetch.waiting == 0 {
		c.fetch.need = 0
	}
	count = min(max(c.stock.request(), c.fetch.need), c.stock.most)
	if c.fetch.waiting > 0 && c.fetch.behind >= fewTries {
		// An idworker's next IDs are above those it has granted.
		count = int(min(c.fetch.gap+int64(count), snowflake.MaxBlock))
	}
	return count, true
}

// arrived processes the result of a request, and returns the pause before the next
// one.
func (c *Client) arrived(a answer) (wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &c.fetch
	failed := a.failed
	if failed == nil {
		f.patience = min(max(4*a.took, minPatience), maxPatience)
		if failed = c.add(a.grant, a.born); failed == nil {
			return 0
		}
	}
	f.failing, f.last = true, failed
	f.failures++
	f.wake()
	if !failed.silent { // a time-out was a pause
		wait = f.pause/2 + rand.N(f.pause)
		f.pause = min(2*f.pause, lastPause)
	}
	f.resume = c.clock.run() + wait
	return wait
}

// add adds a grant to the stock.
func (c *Client) add(grant snowflake.Block, born moment) *failure {
	f := &c.fetch
	usable, err := c.stock.add(grant, born)
	if err != nil {
		// The stock is dropped, so that the next caller receives the error.
		c.stock.drop()
		c.current.Store(nil)
		f.alarm = err
		return &failure{err: err, final: true}
	}
	if usable {
		f.failing, f.need, f.behind, f.pause = false, 0, 0, firstPause
		f.wake()
		return nil
	}
	f.behind++
	f.gap = snowflake.Counter(c.stock.highest.Timestamp()+1, 0) - grant.Start - int64(grant.Count)
	if f.behind < fewTries || f.waiting > 0 && f.behind%manyTries != 0 {
		return nil
	}
	f.pause = firstPause
	return &failure{err: unavailable(fmt.Sprintf("worker %d is %d ms behind the largest ID in stock, and requests to it are repeated until it has caught up: are the clocks of the idworkers right?",
		grant.Worker, f.gap/(snowflake.MaxSequence+1)))}
}
