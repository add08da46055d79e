package ids

import (
	"fmt"
	"sync"

	"parley/idworker/snowflake"
)

// Census has seen every ID. It keeps one bit for each counter of each worker
// number, in pages, so that a hundred million IDs take some tens of megabytes.
type Census struct {
	mu    sync.Mutex
	pages map[page]*bits
	count int64
}

const pageBits = 16

// page is the counters of one worker number that share their upper bits.
type page struct {
	worker int
	upper  int64
}

type bits [1 << pageBits / 64]uint64

func NewCensus() *Census { return &Census{pages: make(map[page]*bits)} }

// Count is how many different IDs were seen.
func (c *Census) Count() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// Block sees every ID of a block. The error names the first that was seen
// before.
func (c *Census) Block(b snowflake.Block) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range b.Count {
		if !c.see(b.Worker, b.Start+int64(i)) {
			return duplicate(b.At(i))
		}
	}
	return nil
}

// ID sees one ID.
func (c *Census) ID(id snowflake.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.see(id.Worker(), snowflake.Counter(id.Timestamp(), id.Sequence())) {
		return duplicate(id)
	}
	return nil
}

func (c *Census) see(worker int, counter int64) (first bool) {
	at := page{worker, counter >> pageBits}
	p := c.pages[at]
	if p == nil {
		p = new(bits)
		c.pages[at] = p
	}
	low := counter & (1<<pageBits - 1)
	word, bit := low/64, uint64(1)<<(low%64)
	if p[word]&bit != 0 {
		return false
	}
	p[word] |= bit
	c.count++
	return true
}

func duplicate(id snowflake.ID) error {
	return fmt.Errorf("id %d was given twice: timestamp %d, worker %d, sequence %d", id, id.Timestamp(), id.Worker(), id.Sequence())
}

// Order holds one asker's IDs to their order: it asks one request after the
// other, so what a worker number gives later must be above what it gave before,
// whichever process held the number.
type Order struct{ last map[int]snowflake.ID }

func NewOrder() *Order { return &Order{last: make(map[int]snowflake.ID)} }

// Next sees an answer's first and last ID.
func (o *Order) Next(first, last snowflake.ID) error {
	if before := o.last[first.Worker()]; first <= before {
		return fmt.Errorf("worker %d gave %d after %d", first.Worker(), first, before)
	}
	if last < first {
		return fmt.Errorf("worker %d gave a block from %d to %d", first.Worker(), first, last)
	}
	o.last[first.Worker()] = last
	return nil
}
