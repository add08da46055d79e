package idclient

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"parley/idworker/snowflake"
)

const (
	// The pause between two tries grows from firstPause to lastPause.
	firstPause = 10 * time.Millisecond
	lastPause  = 500 * time.Millisecond
	// Blocks of idworkers that are behind are of no use. After fewTries in a
	// row there is a pause, or, when a caller waits, so much is asked for that
	// the idworker catches up: that takes IDs from its other clients. Then the
	// pause comes after manyTries, 4 s of one worker's timestamps.
	fewTries  = 4
	manyTries = 256
)

// fetch is how fetching goes. Client.mu guards it, but for what only the
// fetching goroutine uses.
type fetch struct {
	// on: the goroutine runs. One request is under way at a time: the blocks of
	// different workers overlap in time, and of two that were asked for at once
	// one is mostly cut away. 65,536 IDs an answer are many.
	on     bool
	begun  time.Duration // when it was last started, by moment.run
	resume time.Duration // without somebody who waits it is not started before
	// waiting counts the callers, need is the most that one of them wants.
	waiting, need int
	// news is closed when something has come of a request.
	news chan struct{}
	// failing: nothing has come since met was met. failures counts, so that
	// each caller knows what it has seen.
	failing  bool
	met      *failure
	failures int
	// alarm is a violation that no caller has been told of.
	alarm error

	patience, pause time.Duration
	// behind counts blocks in a row that were of no use, and gap is by how many
	// IDs the last one was too low.
	behind int
	gap    int64
}

func newFetch() fetch {
	return fetch{
		begun: math.MinInt64 / 2, resume: math.MinInt64,
		news: make(chan struct{}), patience: minPatience, pause: firstPause,
	}
}

// idle reports whether the goroutine may be started by somebody who does not
// wait.
func (f *fetch) idle(now moment) bool { return !f.on && now.run >= f.resume }

// tell wakes everybody who waits.
func (f *fetch) tell() {
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

// run fetches until there is enough, or until it fails and nobody waits.
func (c *Client) run() {
	for {
		count, ok := c.wanted()
		if !ok {
			return
		}
		if pause := c.arrived(c.ask(count)); pause > 0 {
			sleep(c.ctx, pause)
		}
	}
}

// wanted is how much to ask for now. When it is false the goroutine must end.
func (c *Client) wanted() (count int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.moment()
	all, young := c.stock.left(now)
	needed := c.fetch.waiting > 0 && all == 0
	short := young < c.stock.enough() && !c.fetch.failing && !c.stock.full()
	if c.ctx.Err() != nil || !needed && !short {
		c.fetch.on = false
		c.mark(now, young)
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

// arrived takes what came of a request, and says how long to wait before the
// next one.
func (c *Client) arrived(a answer) (pause time.Duration) {
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
	f.failing, f.met = true, failed
	f.failures++
	f.tell()
	if !failed.silent { // silence was a pause
		pause = f.pause/2 + rand.N(f.pause)
		f.pause = min(2*f.pause, lastPause)
	}
	f.resume = c.clock.run() + pause
	return pause
}

// add puts a grant into the stock.
func (c *Client) add(grant snowflake.Block, born moment) *failure {
	f := &c.fetch
	usable, err := c.stock.add(grant, born)
	if err != nil {
		// All is dropped, so that the next caller comes by here.
		c.stock.drop()
		c.current.Store(nil)
		f.alarm = err
		return &failure{err: err, final: true}
	}
	if usable {
		f.failing, f.need, f.behind, f.pause = false, 0, 0, firstPause
		f.tell()
		return nil
	}
	f.behind++
	f.gap = snowflake.Counter(c.stock.highest.Timestamp()+1, 0) - grant.Start - int64(grant.Count)
	if f.behind < fewTries || f.waiting > 0 && f.behind%manyTries != 0 {
		return nil
	}
	f.pause = firstPause
	return &failure{err: unavailable(fmt.Sprintf("worker %d is %d ms behind the largest ID at hand, and is asked until it has caught up: are the clocks of the idworkers right?",
		grant.Worker, f.gap/(snowflake.MaxSequence+1)))}
}
