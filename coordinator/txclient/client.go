package txclient

import (
	"crypto/rand"
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

// ErrUnknown: the context ended before a definite answer. The transaction may
// have committed, may have aborted, or may still do either; submit it again
// with the same key to find out.
var ErrUnknown = errors.New("the outcome is unknown")

// Client submits transactions over one NATS connection. It is safe for
// concurrent use.
type Client struct {
	nc    *nats.Conn
	inbox string
	sub   *nats.Subscription

	mu      sync.Mutex
	waiting map[string]chan<- *nats.Msg
}

// New subscribes to an inbox of its own on nc, which the caller keeps open and
// closes after [Client.Close]. It refuses a connection that is not like those of
// [natsconn.Connect], and names the option.
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

// Bounds on answers that wait to be read; one that is dropped is asked for
// again.
const (
	maxPending      = 65536
	maxPendingBytes = 64 << 20
)

// Close ends the subscription. Submissions under way end as unknown when their
// contexts do.
func (c *Client) Close() error {
	if err := c.sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("txclient: %w", err)
	}
	return nil
}

// expect opens a mailbox for the answers to one request. Its subject cannot be guessed:
// who sees the answers of others has seen this one when it is too late to forge it.
func (c *Client) expect(box chan<- *nats.Msg) (token, reply string) {
	token = randomToken()
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
	default: // a mailbox that is full has an answer to read
	}
}

// NewKey makes an idempotency key that nobody else has: the time in
// milliseconds, in hexadecimal, and 80 random bits. Keys that grow with time
// fill a journal's index from its end; keys without order touch a page of it
// each.
func NewKey() string {
	return strconv.FormatInt(time.Now().UnixMilli(), 16) + "-" + randomToken()
}

// randomToken has 80 random bits.
func randomToken() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return wire.Token(b)
}

// noResponders reports whether msg is the broker's word that nobody listens.
func noResponders(msg *nats.Msg) bool {
	return len(msg.Data) == 0 && msg.Header.Get("Status") == "503"
}
