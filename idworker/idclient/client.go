package idclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/idworker/snowflake"
	"parley/natsconn"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

// Config configures a client. The zero Config is suitable for production.
type Config struct {
	// MinBlock and MaxBlock bound the IDs of one request. The defaults are 64 and
	// [snowflake.MaxBlock], which also replace values outside 1 to
	// [snowflake.MaxBlock]. IDs that are not used are lost.
	MinBlock, MaxBlock int
	// MaxAge is the age at which a block is discarded, counted from its request.
	// Default 10 s.
	MaxAge time.Duration
}

// Defaults of [Config].
const (
	DefaultMinBlock = 64
	DefaultMaxAge   = 10 * time.Second
)

// MaxNextN bounds [Client.NextN]: 8 MB of IDs.
const MaxNextN = 1 << 20

// ErrClosed is returned for requests for an ID after [Client.Close].
var ErrClosed = errors.New("idclient: the client is closed")

// Client issues IDs over one NATS connection. It is safe for concurrent use.
type Client struct {
	nc    *nats.Conn
	clock clock
	// current is stock.current, for taking from it without the lock. IDs are
	// taken from no other block, so they ascend.
	current atomic.Pointer[block]

	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	stock stock
	fetch fetch
}

// New returns a client on nc, which the caller keeps open and closes after
// [Client.Close]. Nothing is sent before the first ID is requested. It returns the
// error of [natsconn.Check] for a connection with unsafe options.
func New(nc *nats.Conn, cfg Config) (*Client, error) {
	if err := natsconn.Check(nc); err != nil {
		return nil, fmt.Errorf("idclient: %w", err)
	}
	if cfg.MaxAge <= 0 {
		cfg.MaxAge = DefaultMaxAge
	}
	if cfg.MaxBlock < 1 || cfg.MaxBlock > snowflake.MaxBlock {
		cfg.MaxBlock = snowflake.MaxBlock
	}
	if cfg.MinBlock < 1 {
		cfg.MinBlock = DefaultMinBlock
	}
	least := min(cfg.MinBlock, cfg.MaxBlock)
	c := &Client{
		nc:    nc,
		clock: newClock(),
		stock: stock{least: least, most: cfg.MaxBlock, maxAge: cfg.MaxAge, size: least},
		fetch: newFetch(),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// Next returns an ID that is larger than every one returned before. It checks ctx
// only if it has to wait. Errors are described in the package comment; those with a
// code are a [*wire.Error].
func (c *Client) Next(ctx context.Context) (snowflake.ID, error) {
	part, err := c.take(ctx, 1)
	if err != nil {
		return 0, err
	}
	return part.At(0), nil
}

// NextN returns n IDs, 1 to [MaxNextN], ascending with gaps: all of them, or none
// and an error.
func (c *Client) NextN(ctx context.Context, n int) ([]snowflake.ID, error) {
	if n < 1 || n > MaxNextN {
		return nil, &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("count is %d, allowed is 1 to %d", n, MaxNextN)}
	}
	ids := make([]snowflake.ID, 0, n)
	for len(ids) < n {
		part, err := c.take(ctx, n-len(ids))
		if err != nil {
			return nil, err
		}
		for i := range part.Count {
			ids = append(ids, part.At(i))
		}
	}
	return ids, nil
}

// take takes up to n IDs.
func (c *Client) take(ctx context.Context, n int) (snowflake.Block, error) {
	for {
		if b := c.current.Load(); b != nil {
			// The clock is read after the IDs are taken, so that a goroutine
			// that was delayed before does not return old ones.
			if part, ok := b.take(n); ok && (b.unchecked(part, c.clock.run()) || c.checkStock(b)) {
				return part, nil
			}
		}
		if err := c.wait(ctx, n); err != nil {
			return snowflake.Block{}, err
		}
	}
}

// checkStock fetches more if that is due while IDs are taken from b. It returns false
// if b is too old, and the IDs taken from it must be discarded.
func (c *Client) checkStock(b *block) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.moment()
	if c.stock.stale(b, now) {
		return false
	}
	c.refill(now)
	return true
}

// advance makes the next block the current one, if that is due, and returns false if
// there is none. It is called with the lock held, as are the next two.
func (c *Client) advance(now moment) bool {
	ok := c.stock.advance(now)
	c.current.Store(c.stock.current)
	if ok {
		c.refill(now)
	}
	return ok
}

// refill starts fetching if that is due.
func (c *Client) refill(now moment) {
	all, young := c.stock.left(now)
	enough := c.stock.enough()
	if young < enough && !c.stock.full() && c.fetch.idle(now) {
		if all >= enough {
			c.stock.shrink() // IDs get old before they are used
		} else if !c.fetch.failing {
			c.stock.adapt(now.run - c.fetch.begun)
		}
		c.start(now)
	}
	c.schedule(now, young)
}

// schedule sets when the stock, which has young IDs, is checked next.
func (c *Client) schedule(now moment, young int) {
	b := c.stock.current
	if b == nil {
		return
	}
	b.checkAt.Store(int64(min(now.run+checkEvery, b.born.run+c.stock.maxAge)))
	spare := young - c.stock.enough()
	if c.fetch.on || spare < 0 {
		b.low.Store(never) // more is being fetched, or will be after a pause
		return
	}
	b.low.Store(int64(b.ids.Count - b.left() + spare))
}

// Close stops fetching and waits until it has stopped. Waiting calls return
// [ErrClosed].
func (c *Client) Close() {
	c.mu.Lock()
	c.stock.drop()
	c.current.Store(nil)
	c.cancel()
	c.fetch.wake()
	c.mu.Unlock()
	c.running.Wait()
}
