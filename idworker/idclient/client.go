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

// Config is how a client behaves; the zero Config is right for production.
type Config struct {
	// MinBlock and MaxBlock bound how many IDs one request asks for. Defaults
	// are 64 and [snowflake.MaxBlock], which are also used for what is beyond 1 and
	// [snowflake.MaxBlock]. An ID that is not used is lost, which matters to nobody.
	MinBlock, MaxBlock int
	// MaxAge is when a block is thrown away, counted from when it was asked
	// for. Default 10 s.
	MaxAge time.Duration
}

// Defaults of [Config].
const (
	DefaultMinBlock = 64
	DefaultMaxAge   = 10 * time.Second
)

// MaxNextN bounds [Client.NextN]: 8 MB of IDs.
const MaxNextN = 1 << 20

// ErrClosed is the answer to whoever wants an ID after [Client.Close].
var ErrClosed = errors.New("idclient: the client is closed")

// Client hands out IDs over one NATS connection. It is safe for concurrent use.
type Client struct {
	nc    *nats.Conn
	clock clock
	// current is stock.current, for taking from it without the lock. An ID can
	// be taken from no other block, so IDs ascend.
	current atomic.Pointer[block]

	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	stock stock
	fetch fetch
}

// New makes a client on nc, which the caller keeps open and closes after
// [Client.Close]. Nothing is sent before the first ID is wanted. It refuses a
// connection that is not like those of [natsconn.Connect], and names the option.
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

// Next hands out an ID that is larger than every one handed out before. It
// looks at ctx only when it has to wait. Errors are described in the package
// comment; those that an idworker or this client has a code for are a
// [*wire.Error].
func (c *Client) Next(ctx context.Context) (snowflake.ID, error) {
	part, err := c.take(ctx, 1)
	if err != nil {
		return 0, err
	}
	return part.At(0), nil
}

// NextN hands out n IDs, 1 to [MaxNextN], ascending but not without gaps: all
// of them, or none and an error.
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
			// that was held up before does not hand out old ones.
			if part, ok := b.take(n); ok && (b.calm(part, c.clock.run()) || c.look(b)) {
				return part, nil
			}
		}
		if err := c.wait(ctx, n); err != nil {
			return snowflake.Block{}, err
		}
	}
}

// look sees to the stock while IDs are being taken from b. It is false when b
// is old, and what was taken from it is thrown away.
func (c *Client) look(b *block) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.moment()
	if c.stock.stale(b, now) {
		return false
	}
	c.tend(now)
	return true
}

// advance makes the next block the current one, if that is due, and is false
// when there is none. It is called with the lock held, as are the next two.
func (c *Client) advance(now moment) bool {
	ok := c.stock.advance(now)
	c.current.Store(c.stock.current)
	if ok {
		c.tend(now)
	}
	return ok
}

// tend asks for more if that is due.
func (c *Client) tend(now moment) {
	all, young := c.stock.left(now)
	enough := c.stock.enough()
	if young < enough && !c.stock.full() && c.fetch.idle(now) {
		if all >= enough {
			c.stock.shrink() // it gets old before it is used
		} else if !c.fetch.failing {
			c.stock.pace(now.run - c.fetch.begun)
		}
		c.start(now)
	}
	c.mark(now, young)
}

// mark says when to look at the stock again, in which young IDs are.
func (c *Client) mark(now moment, young int) {
	b := c.stock.current
	if b == nil {
		return
	}
	b.look.Store(int64(min(now.run+lookEvery, b.born.run+c.stock.maxAge)))
	spare := young - c.stock.enough()
	if c.fetch.on || spare < 0 {
		b.low.Store(never) // more is under way, or will be after a pause
		return
	}
	b.low.Store(int64(b.ids.Count - b.left() + spare))
}

// Close ends fetching and waits until it has ended. Whoever waits for an ID
// gets [ErrClosed].
func (c *Client) Close() {
	c.mu.Lock()
	c.stock.drop()
	c.current.Store(nil)
	c.cancel()
	c.fetch.tell()
	c.mu.Unlock()
	c.running.Wait()
}
