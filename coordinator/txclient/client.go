package txclient

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/natsconn"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

// ErrUnknown is returned if the context ends before a definite answer. The
// transaction may have committed, may have aborted, or may still do either; submit
// it again with the same key to find out.
var ErrUnknown = errors.New("the outcome is unknown")

// Client submits transactions over one NATS connection. It is safe for concurrent
// use.
type Client struct {
	nc    *nats.Conn
	inbox string
	sub   *nats.Subscription

	mu      sync.Mutex
	waiting map[string]chan<- *nats.Msg
}

// New returns a client that receives its answers at one inbox of nc. The caller
// keeps nc open, and closes it after [Client.Close]. It returns the error of
// [natsconn.Check] for a connection with unsafe options.
func New(nc *nats.Conn) (*Client, error) {
	if err := natsconn.Check(nc); err != nil {
		return nil, fmt.Errorf("txclient: %w", err)
	}
	c := &Client{nc: nc, inbox: nc.NewInbox(), waiting: map[string]chan<- *nats.Msg{}}
	sub, err := nc.Subscribe(c.inbox+".*", c.deliver)
	if err != nil {
		return nil, fmt.Errorf("txclient: subscribing to answers: %w", err)
	}
	if err := sub.SetPendingLimits(maxPending, maxPendingBytes); err != nil {
		return nil, errors.Join(fmt.Errorf("txclient: %w", err), sub.Unsubscribe())
	}
	c.sub = sub
	return c, nil
}

// Bounds on answers that wait to be read. A request whose answer is dropped is
// repeated.
const (
	maxPending      = 65536
	maxPendingBytes = 64 << 20
)

// Close ends the subscription. Pending submissions end as unknown when their
// contexts do.
func (c *Client) Close() error {
	if err := c.sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("txclient: %w", err)
	}
	return nil
}

// expect registers box for the answers to one request. The reply subject cannot be
// guessed: an observer of all answers learns it too late to forge one.
func (c *Client) expect(box chan<- *nats.Msg) (token, reply string) {
	token = wire.NewToken()
	c.mu.Lock()
	c.waiting[token] = box
	c.mu.Unlock()
	return token, c.inbox + "." + token
}

func (c *Client) forget(token string) {
	c.mu.Lock()
	delete(c.waiting, token)
	c.mu.Unlock()
}

func (c *Client) deliver(msg *nats.Msg) {
	token := msg.Subject[strings.LastIndexByte(msg.Subject, '.')+1:]
	c.mu.Lock()
	box := c.waiting[token]
	c.mu.Unlock()
	if box == nil {
		return
	}
	select {
	case box <- msg:
	default: // a full box has an answer to read
	}
}

// NewKey returns a unique idempotency key: the time in milliseconds, in hexadecimal,
// and 80 random bits. Keys that grow with time are appended to a journal's index;
// each key without order would touch another page of it.
func NewKey() string {
	return strconv.FormatInt(time.Now().UnixMilli(), 16) + "-" + wire.NewToken()
}
