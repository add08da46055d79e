package power

import (
	"fmt"
	"sync"
	"time"

	"parley/coordinator/txclient"
	"parley/idworker/snowflake"
	"parley/participants/food"
	"parley/test/ids"
	"parley/test/proc"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/chatwire"
	"parley/wire/txwire"
)

// promises are the answers that clients received, in all lives of a harness.
type promises struct {
	census *ids.Census
	// more gets a token, if it has none, when something was acknowledged.
	more chan struct{}

	mu     sync.Mutex
	n      int
	orders []*order
	posts  []blogwire.Post
	chats  []chat
	ids    int
	broken []string
}

// order is one order and the answer that its client received; empty: nothing was done; nil:
// it is not known.
type order struct {
	key, item string
	quantity  int64
	zone      string
	outcome   *txwire.Outcome
}

type chat struct {
	room string
	post chatwire.Post
	at   chatwire.Posted
}

func newPromises() *promises {
	return &promises{census: ids.NewCensus(), more: make(chan struct{}, 1)}
}

func (p *promises) number() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	return p.n
}

// note changes something under the lock and signals it.
func (p *promises) note(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
}

func (p *promises) order(n int) *order {
	o := &order{key: fmt.Sprint("order-", n), item: fmt.Sprint("item-", n%3), zone: fmt.Sprint("zone-", n%2), quantity: int64(1 + n%5)}
	p.note(func() { p.orders = append(p.orders, o) })
	return o
}

func (o *order) request() txclient.Request {
	return txclient.Request{Key: o.key, Timeout: answerWithin, Branches: []txwire.Branch{
		{Participant: food.Inventory, Payload: wire.Encode(food.StockOrder{V: wire.Version, Item: o.item, Quantity: o.quantity})},
		{Participant: food.Delivery, Payload: wire.Encode(food.CourierOrder{V: wire.Version, Zone: o.zone})},
	}}
}

func (p *promises) answered(o *order, as txwire.Outcome) { p.note(func() { o.outcome = &as }) }

func (p *promises) posted(post blogwire.Post) {
	p.note(func() { p.posts = append(p.posts, post) })
	p.given([]snowflake.ID{post.ID})
}

func (p *promises) messageSent(room string, post chatwire.Post, at chatwire.Posted) {
	p.note(func() { p.chats = append(p.chats, chat{room, post, at}) })
	p.given([]snowflake.ID{at.ID})
}

func (p *promises) given(all []snowflake.ID) {
	p.note(func() {
		p.ids += len(all)
		for _, id := range all {
			if err := p.census.ID(id); err != nil {
				p.broken = append(p.broken, err.Error())
			}
		}
	})
}

// counts are how many promises there are of each kind.
type counts struct{ Committed, Posts, Chats, IDs int }

func (p *promises) counts() (c counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.orders {
		if o.outcome != nil && o.outcome.Status == txwire.StatusCommitted {
			c.Committed++
		}
	}
	c.Posts, c.Chats, c.IDs = len(p.posts), len(p.chats), p.ids
	return c
}

// plus is what to wait for.
func (c counts) plus(n int) counts {
	return counts{c.Committed + n, c.Posts + n, c.Chats + n, c.IDs + n}
}

func (c counts) atLeast(d counts) bool {
	return c.Committed >= d.Committed && c.Posts >= d.Posts && c.Chats >= d.Chats && c.IDs >= d.IDs
}

// await waits until there are n more promises of each kind.
func (p *promises) await(s *harness, n int) {
	s.Helper()
	want := p.counts().plus(n)
	late := time.After(proc.Patience)
	for !p.counts().atLeast(want) {
		select {
		case <-p.more:
		case <-late:
			s.Fatalf("after %v there is %+v, want at least %+v", proc.Patience, p.counts(), want)
		}
	}
}
