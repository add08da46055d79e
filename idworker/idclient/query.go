package idclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/idworker/snowflake"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

const (
	// gatherFor is how long idworkers have to answer a request to all of them.
	gatherFor = 400 * time.Millisecond
	// answerIn is how long one idworker has to answer: it may have to wait for a
	// broker that elects a leader.
	answerIn = 10 * time.Second
)

// Request requests n new IDs, 1 to [idwire.MaxIDs], ascending, from an idworker. It
// is one request and one answer, without blocks: the IDs are as new as possible, and
// each call waits for the network. Unlike [Client.Next] it is not repeated, and
// guarantees no order between two calls.
func (c *Client) Request(ctx context.Context, n int) ([]snowflake.ID, error) {
	ask, err := wire.Check(idwire.Request{V: wire.Version, Count: n})
	if err != nil {
		return nil, err
	}
	var data []byte // an empty request is for one ID
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
		return nil, &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("an idworker answered with %d IDs, requested were %d", len(got.IDs), n)}
	}
	return got.IDs, nil
}

// Leases requests the table of worker numbers from an idworker.
func (c *Client) Leases(ctx context.Context) (idwire.Leases, error) {
	return leases(ctx, c.nc, idwire.SubjectLeases, wire.Encode(idwire.LeasesRequest{V: wire.Version}))
}

// Retire has an idworker take a worker number out of use until the timestamps that
// its lease reserves have passed, and returns that lease. Without an answer it may
// have been done; it is idempotent.
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

// query sends a request to one idworker once.
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

// Workers returns the state of every idworker, in the order of their numbers,
// those without one last. None at all is no error.
func (c *Client) Workers(ctx context.Context) ([]idwire.IDWorkerState, error) {
	var all []idwire.IDWorkerState
	var bad error
	window, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	request := wire.Encode(idwire.WorkersRequest{V: wire.Version})
	err := natsconn.Gather(window, c.nc, idwire.SubjectWorkers, request, func(msg *nats.Msg) bool {
		var s idwire.IDWorkerState
		if s, bad = decode[idwire.IDWorkerState](msg.Data); bad == nil {
			all = append(all, s)
		}
		return bad == nil
	})
	slices.SortFunc(all, func(a, b idwire.IDWorkerState) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a.Holder, b.Holder))
	})
	switch {
	case err != nil && !errors.Is(err, nats.ErrNoResponders):
		return all, fmt.Errorf("requesting the states of all idworkers: %w", err)
	case ctx.Err() != nil:
		return all, fmt.Errorf("requesting the states of all idworkers: %w", context.Cause(ctx))
	}
	return all, bad
}

func place(s idwire.IDWorkerState) int {
	if s.Worker == nil {
		return snowflake.MaxWorker + 1
	}
	return *s.Worker
}
