package power

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/blog/blogclient"
	"parley/idworker/snowflake"
	"parley/participants/food"
	"parley/test/checker"
	"parley/test/model"
	"parley/test/proc"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/chatwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// check returns which promises are broken. The harness is up and nobody is at work. It
// waits for what needs time; what does not come is broken too.
func (p *promises) check(ctx context.Context, s *harness) []string {
	c := &check{ctx: ctx, nc: s.nc, promises: p}
	for _, of := range []func() error{c.settled, c.orders, c.posts, c.chats} {
		if err := of(); err != nil {
			c.broke("%v", err)
		}
	}
	return append(p.broken, c.broken...)
}

type check struct {
	*promises
	ctx    context.Context
	nc     *nats.Conn
	broken []string
}

func (c *check) broke(format string, args ...any) {
	c.broken = append(c.broken, fmt.Sprintf(format, args...))
}

// answered repeats a question until it is answered: on a busy machine an answer
// may come too late.
func answered[T any](c *check, question func(context.Context) (T, error)) (T, error) {
	late := time.After(proc.Patience)
	for {
		ctx, cancel := context.WithTimeout(c.ctx, answerWithin)
		v, err := question(ctx)
		cancel()
		if err == nil {
			return v, nil
		}
		select {
		case <-late:
			return v, err
		case <-c.ctx.Done():
			return v, err
		case <-time.After(proc.Poll):
		}
	}
}

// settled waits until nothing is in doubt.
func (c *check) settled() error {
	tick := time.NewTicker(proc.Poll)
	defer tick.Stop()
	late := time.After(proc.Patience)
	for {
		prepared, violations, err := checker.Doubts(c.ctx, c.nc)
		for _, v := range violations {
			c.broke("%v contradicts a journal: %s", v.ID, v.Why)
		}
		if prepared == 0 && err == nil || len(c.broken) > 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-late:
			return fmt.Errorf("after %v %d branches are in doubt (%v)", proc.Patience, prepared, err)
		}
	}
}

// orders are compared with what the participants hold. Every item began with
// food.MaxStock, see inventory.Bench.
func (c *check) orders() error {
	h := model.New()
	for _, o := range c.promises.orders {
		h.Orders = append(h.Orders, o.history())
	}
	stores, err := checker.Ask(c.ctx, c.nc, h.Orders)
	if err != nil {
		return err
	}
	for _, v := range append(checker.Orders(h, stores), checker.Goods(h, stores, func(string) int64 { return food.MaxStock })...) {
		c.broke("%v", v)
	}
	return nil
}

// history is the order with the answer that its client received.
func (o *order) history() *model.Order {
	m := &model.Order{Key: o.key, Item: o.item, Quantity: o.quantity, Zone: o.zone}
	switch {
	case o.outcome == nil:
	case o.outcome.Status == txwire.StatusCommitted:
		m.Answers = []model.Answer{{Verdict: model.Committed, ID: o.outcome.ID}}
	case o.outcome.Status == txwire.StatusAborted:
		m.Answers = []model.Answer{{Verdict: model.Aborted, Why: o.outcome.Reason}}
	default:
		m.Answers = []model.Answer{{Verdict: model.Refused}}
	}
	return m
}

func (c *check) posts() error {
	client, err := blogclient.New(c.nc)
	if err != nil {
		return err
	}
	stored := map[snowflake.ID]blogwire.Post{}
	for _, user := range authors(c.promises.posts) {
		all, err := answered(c, func(context.Context) (all []blogwire.Post, err error) {
			for post, err := range client.All(c.ctx, user) { // of many pages, each with its own bound
				if wire.CodeOf(err) == wire.CodeNotFound {
					return nil, nil // the user has no posts
				}
				if err != nil {
					return nil, err
				}
				all = append(all, post)
			}
			return all, nil
		})
		if err != nil {
			return err
		}
		for _, post := range all {
			stored[post.ID] = post
		}
	}
	for _, post := range c.promises.posts {
		if stored[post.ID] != post {
			c.broke("the post %+v was acknowledged, stored is %+v", post, stored[post.ID])
		}
	}
	return nil
}

func authors(posts []blogwire.Post) (users []string) {
	seen := map[string]bool{}
	for _, p := range posts {
		if !seen[p.User] {
			seen[p.User] = true
			users = append(users, p.User)
		}
	}
	return users
}

func (c *check) chats() error {
	js, err := jetstream.New(c.nc)
	if err != nil {
		return err
	}
	stream, err := answered(c, func(ctx context.Context) (jetstream.Stream, error) { return js.Stream(ctx, chatwire.Stream().Name) })
	if err != nil {
		return err
	}
	for _, m := range c.promises.chats {
		stored, err := answered(c, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
			stored, err := stream.GetMsg(ctx, m.at.Seq)
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return nil, nil
			}
			return stored, err
		})
		if err != nil || stored == nil {
			c.broke("message %d of %s (%q) was acknowledged and cannot be read: %v", m.at.Seq, m.room, m.post.Text, err)
			continue
		}
		got, err := wire.Decode[chatwire.Message](stored.Data)
		if err != nil || stored.Subject != chatwire.RoomSubject(m.room) || got.Text != m.post.Text || got.ID != m.at.ID {
			c.broke("message %d of %s was acknowledged as %q, stored is %+v (%v)", m.at.Seq, m.room, m.post.Text, got, err)
		}
	}
	return nil
}
