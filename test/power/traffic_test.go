package power

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"parley/blog/blogclient"
	"parley/coordinator/txclient"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

const (
	// orderers, posters, chatters and askers are clients that each do one thing
	// after the other. Many orders at a time leave some of them between their
	// decision and its delivery when the power fails.
	orderers, posters, chatters, askers = 24, 4, 6, 2
	// answerWithin bounds one request. What is not answered is not known.
	answerWithin = 5 * time.Second
)

// traffic keeps all clients at work until ctx ends. A failure is no error of the
// test: what was not acknowledged was not promised.
func traffic(ctx context.Context, s *harness, p *promises) error {
	orders, err := txclient.New(s.nc)
	if err != nil {
		return err
	}
	defer orders.Close()
	posts, err := blogclient.New(s.nc)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	run := func(clients int, do func(ctx context.Context, n int)) {
		for range clients {
			all.Go(func() {
				for ctx.Err() == nil {
					once, cancel := context.WithTimeout(ctx, answerWithin)
					do(once, p.number())
					cancel()
				}
			})
		}
	}
	run(orderers, func(ctx context.Context, n int) {
		o := p.order(n)
		outcome, err := orders.Submit(ctx, o.request())
		switch {
		case err == nil:
			p.answered(o, outcome)
		case !errors.Is(err, txclient.ErrUnknown):
			p.answered(o, txwire.Outcome{})
		}
	})
	run(posters, func(ctx context.Context, n int) {
		post, err := posts.Post(ctx, blogwire.NewPost{V: wire.Version, User: fmt.Sprint("user-", n%7), Text: fmt.Sprint("post ", n)})
		if err == nil {
			p.posted(post)
		}
	})
	run(chatters, func(ctx context.Context, n int) {
		post := chatwire.Post{V: wire.Version, User: "oven", Text: fmt.Sprint("message ", n), CID: fmt.Sprint("oven-", n)}
		room := fmt.Sprint("room-", n%3)
		posted, err := ask[chatwire.Posted](ctx, s.nc, chatwire.PostSubject(room), wire.Encode(post))
		if err == nil && posted.Code == "" {
			p.messageSent(room, post, posted)
		}
	})
	run(askers, func(ctx context.Context, _ int) {
		ids, err := ask[idwire.IDs](ctx, s.nc, idwire.SubjectNext, wire.Encode(idwire.Request{V: wire.Version, Count: 100}))
		if err == nil {
			p.given(ids.IDs)
		}
	})
	all.Wait()
	return nil
}

// ask sends a request and reads the answer.
func ask[T any, M wire.Message[T]](ctx context.Context, nc *nats.Conn, subject string, request []byte) (T, error) {
	msg, err := nc.RequestWithContext(ctx, subject, request)
	if err != nil {
		var none T
		return none, fmt.Errorf("%s: %w", subject, err)
	}
	return wire.Decode[T, M](msg.Data)
}
