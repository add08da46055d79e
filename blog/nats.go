package blog

import (
	"context"
	"fmt"

	"parley/internal/respond"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// Bounds on what NATS holds for one endpoint, in messages and bytes. Handlers
// only start a goroutine, so it fills only when this process is starved; what
// does not fit is dropped, and its sender repeats it.
const (
	maxPending      = 1 << 14
	maxPendingBytes = 32 << 20
)

// listen offers the requests as a NATS micro service. What it returns can be
// stopped also after an error.
func (b *Blog) listen(ctx context.Context) (micro.Service, error) {
	of := func(name, subject string, handle micro.HandlerFunc) respond.Endpoint {
		return respond.Endpoint{Name: name, Subject: subject, Handle: handle, Queue: blogwire.Queue}
	}
	s, err := respond.Serve(b.deps.NATS, micro.Config{
		Name: "blog", Description: "posts in shards",
		Metadata:     map[string]string{"blog": b.set.Load().Blog()},
		StatsHandler: func(*micro.Endpoint) any { return b.Counts() },
	}, respond.Limits{Messages: maxPending, Bytes: maxPendingBytes}, b.cfg.Log,
		of("post", blogwire.SubjectPost, endpoint(b, refusal, func(ctx context.Context, m blogwire.NewPost) (blogwire.Posts, error) {
			a, _, err := b.post(ctx, m)
			return a, err
		})),
		of("read", blogwire.SubjectRead, endpoint(b, refusal, b.read)),
		of("timeline", blogwire.SubjectTimeline, endpoint(b, refusal, b.timeline)),
		of("shards", blogwire.SubjectShards, endpoint(b, func(err error) blogwire.Shards {
			a := blogwire.Shards{V: wire.Version, Counts: []int64{}}
			a.Code, a.Reason = explain(err)
			return a
		}, b.sizes)),
	)
	if err != nil {
		return nil, err
	}
	// Requests arrive once the broker has the subscriptions.
	return s, natsconn.Flush(ctx, b.deps.NATS)
}

// endpoint answers each request in a separate goroutine: posts have to wait together to
// share a commit. The gate bounds them.
func endpoint[Q, A any, QM wire.Message[Q], AM wire.Message[A]](
	b *Blog, refusal func(error) A, answer func(context.Context, Q) (A, error),
) micro.HandlerFunc {
	return func(r micro.Request) {
		if !wire.CanReply(r.Reply()) {
			return // nothing is posted for a client that cannot be answered
		}
		send := func(a A, err error) {
			if err != nil {
				a = refusal(err)
			}
			respond.Log(b.cfg.Log, respond.To(b.deps.NATS, r.Reply(), wire.Encode[A, AM](a)))
		}
		m, err := wire.Decode[Q, QM](r.Data())
		if err == nil {
			err = b.gate.enter()
		}
		if err != nil {
			send(refusal(err), nil)
			return
		}
		go func() {
			defer b.gate.leave()
			send(answer(context.Background(), m))
		}()
	}
}

// unlisten ends the service and returns when the handlers have the requests that have
// arrived.
func (b *Blog) unlisten(ctx context.Context, s micro.Service) {
	if s == nil {
		return
	}
	if err := s.Stop(); err != nil {
		b.cfg.Log.Warn("stopping the service", "error", err)
	}
	if b.deps.NATS.IsConnected() {
		_ = b.deps.NATS.FlushWithContext(ctx) // what did not arrive is sent again
	}
}

// untilEnd waits for ctx, or for a connection or a server that has failed for good.
func (b *Blog) untilEnd(ctx context.Context, web *server) error {
	closed := b.deps.NATS.StatusChanged(nats.CLOSED)
	defer b.deps.NATS.RemoveStatusListener(closed)
	if b.deps.NATS.IsClosed() {
		return fmt.Errorf("the NATS connection ended: %w", nats.ErrConnectionClosed)
	}
	select {
	case <-ctx.Done():
		return nil
	case <-web.failed:
		return nil // its close returns the reason
	case <-closed:
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("the NATS connection ended: %w", nats.ErrConnectionClosed)
	}
}
