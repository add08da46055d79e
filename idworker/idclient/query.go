package idclient

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

const (
	// gatherFor is how long idworkers have to answer a question to all of them.
	gatherFor = 400 * time.Millisecond
	// answerIn is how long one idworker has: it may have to ask a broker that
	// is electing a leader.
	answerIn = 10 * time.Second
)

// Request asks an idworker for n new IDs, 1 to [idwire.MaxIDs], ascending. It is
// one request and one answer, without blocks: the IDs are as new as they can
// be, and each call waits for the network. Unlike [Client.Next] it is not
// repeated, and says nothing about the order between two calls.
func (c *Client) Request(ctx context.Context, n int) ([]snowflake.ID, error) {
	ask, err := wire.Check(idwire.Request{V: wire.Version, Count: n})
	if err != nil {
		return nil, err
	}
	var data []byte // empty asks for one
	if n > 1 {
		data = wire.Encode(ask)
	}
	got, err := query[idwire.IDs](ctx, c.nc, idwire.SubjectNext, data)
	switch {
	case err != nil:
		return nil, err
	case got.Code != "":
		return nil, refused(got.Code, got.Reason)
	case len(got.IDs) != n:
		return nil, &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("an idworker answered with %d IDs when %d were asked for", len(got.IDs), n)}
	}
	return got.IDs, nil
}

// Leases asks an idworker for the table of worker numbers.
func (c *Client) Leases(ctx context.Context) (idwire.Leases, error) {
	return leases(ctx, c.nc, idwire.SubjectLeases, wire.Encode(idwire.LeasesRequest{V: wire.Version}))
}

// Retire asks an idworker to take a worker number out of use until the
// timestamps that its lease reserves have passed, and returns that lease. If
// nobody answers it may have been done; doing it again changes nothing.
func (c *Client) Retire(ctx context.Context, worker int) (idwire.Leases, error) {
	ask, err := wire.Check(idwire.RetireRequest{V: wire.Version, Worker: worker})
	if err != nil {
		return idwire.Leases{}, err
	}
	return leases(ctx, c.nc, idwire.SubjectRetire, wire.Encode(ask))
}

func leases(ctx context.Context, nc *nats.Conn, subject string, data []byte) (idwire.Leases, error) {
	got, err := query[idwire.Leases](ctx, nc, subject, data)
	if err == nil && got.Code != "" {
		err = refused(got.Code, got.Reason)
	}
	return got, err
}

// query asks one idworker once.
func query[T any, M wire.Message[T]](ctx context.Context, nc *nats.Conn, subject string, data []byte) (got T, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerIn, fmt.Errorf("it had %v", answerIn))
	defer cancel()
	answer, failed := request(ctx, nc, subject, data)
	switch {
	case failed == nil:
		return decode[T, M](answer)
	case failed.silent:
		return got, fmt.Errorf("%w (%w)", failed.err, context.Cause(ctx))
	default:
		return got, failed.err
	}
}

// Workers asks every idworker what it is doing, in the order of their numbers,
// those without one last. None at all is no error.
func (c *Client) Workers(ctx context.Context) ([]idwire.IDWorkerState, error) {
	inbox, box := c.nc.NewInbox(), make(chan *nats.Msg, 256)
	sub, err := c.nc.ChanSubscribe(inbox, box)
	if err != nil {
		return nil, fmt.Errorf("asking all idworkers: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection is closed, or it works
	if err := c.nc.PublishRequest(idwire.SubjectWorkers, inbox, wire.Encode(idwire.WorkersRequest{V: wire.Version})); err != nil {
		return nil, fmt.Errorf("asking all idworkers: %w", err)
	}
	all, err := gather(ctx, box)
	slices.SortFunc(all, func(a, b idwire.IDWorkerState) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a.Holder, b.Holder))
	})
	return all, err
}

// gather reads answers for a while.
func gather(ctx context.Context, box <-chan *nats.Msg) (all []idwire.IDWorkerState, err error) {
	over := time.NewTimer(gatherFor)
	defer over.Stop()
	for {
		select {
		case <-over.C:
			return all, nil
		case <-ctx.Done():
			return all, fmt.Errorf("asking all idworkers: %w", context.Cause(ctx))
		case msg := <-box:
			if len(msg.Data) == 0 && msg.Header.Get("Status") == "503" {
				return all, nil // the broker's word that nobody listens
			}
			s, err := decode[idwire.IDWorkerState](msg.Data)
			if err != nil {
				return all, err
			}
			all = append(all, s)
		}
	}
}

func place(s idwire.IDWorkerState) int {
	if s.Worker == nil {
		return snowflake.MaxWorker + 1
	}
	return *s.Worker
}
