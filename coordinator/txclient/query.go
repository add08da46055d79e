package txclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// gatherFor is how long coordinators and participants have to answer a request to
// all of them.
const gatherFor = 400 * time.Millisecond

// Status returns the known status of a transaction: committed, aborted, pending or
// unknown. Unlike [Client.Resolve] it decides nothing.
func (c *Client) Status(ctx context.Context, id txwire.ID) (txwire.Outcome, error) {
	o, err := request[txwire.Outcome](ctx, c, txwire.SubjectStatus, "a coordinator", txwire.StatusRequest{V: wire.Version, ID: id})
	if err == nil && o.ID != id && o.Status != txwire.StatusRejected {
		return txwire.Outcome{}, &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("the answer is about %s, the request was about %s", o.ID, id)}
	}
	return o, err
}

// Resolve has a coordinator determine the outcome of a branch; it seals the log of a
// coordinator that does not answer.
func (c *Client) Resolve(ctx context.Context, r txwire.Resolve) (txwire.Resolved, error) {
	r.V = wire.Version
	return request[txwire.Resolved](ctx, c, txwire.SubjectResolve, "a coordinator", r)
}

// Branches requests the branches that one participant holds.
func (c *Client) Branches(ctx context.Context, participant string, q txwire.BranchQuery) (txwire.Branches, error) {
	q.V = wire.Version
	return requestParticipant[txwire.Branches](ctx, c, participant, txwire.BranchSubject, q)
}

// Retry has a participant immediately attempt the outcome of a branch whose resource
// has failed, and returns the result. An error means that the participant was not
// reached, or that the user lacks the permission.
func (c *Client) Retry(ctx context.Context, participant string, id txwire.ID) (txwire.Retried, error) {
	return requestParticipant[txwire.Retried](ctx, c, participant, txwire.RetrySubject, txwire.Retry{V: wire.Version, ID: id})
}

// Abandon has a coordinator stop waiting for one branch of a committed transaction,
// see [txwire.Abandon]. It returns the stored record. The error of a refusal is a
// [*wire.Error] with its code.
func (c *Client) Abandon(ctx context.Context, m txwire.Abandon) (txwire.Abandoned, error) {
	m.V = wire.Version
	r, err := request[txwire.AbandonReply](ctx, c, txwire.SubjectAbandon, "coordinators", m)
	switch {
	case err != nil:
		return txwire.Abandoned{}, err
	case r.Record == nil:
		return txwire.Abandoned{}, &wire.Error{Code: r.Code, Text: r.Reason}
	}
	return *r.Record, nil
}

// AllBranches requests the branches that each participant holds, in the order of
// their names. A participant that refuses the query, one of an earlier release for
// example, answers with its code.
func (c *Client) AllBranches(ctx context.Context, q txwire.BranchQuery) ([]txwire.Branches, error) {
	q.V = wire.Version
	q, err := wire.Check(q)
	if err != nil {
		return nil, err
	}
	all, err := gather[txwire.Branches](ctx, c, txwire.SubjectBranches, wire.Encode(q))
	slices.SortFunc(all, func(a, b txwire.Branches) int { return strings.Compare(a.Participant, b.Participant) })
	return all, err
}

// Coordinators returns the state of every coordinator, in the order of their logs.
//
// Each lists the first [wire.MaxList] of its transactions; see
// [txwire.CoordinatorState.Held] and [Client.CoordinatorsFrom] for the others.
func (c *Client) Coordinators(ctx context.Context) ([]txwire.CoordinatorState, error) {
	return c.CoordinatorsFrom(ctx, txwire.ID{})
}

// CoordinatorsFrom is [Client.Coordinators] with the transactions from the given
// one on. An error with code invalid in addition to answers is that of a coordinator
// of an earlier release, which cannot list so.
func (c *Client) CoordinatorsFrom(ctx context.Context, from txwire.ID) ([]txwire.CoordinatorState, error) {
	all, err := gather[txwire.CoordinatorState](ctx, c, txwire.SubjectCoordinators, wire.Encode(txwire.CoordinatorsRequest{V: wire.Version, From: from}))
	slices.SortFunc(all, func(a, b txwire.CoordinatorState) int { return strings.Compare(a.Log, b.Log) })
	return all, err
}

// request sends a request that one process answers; to names that in errors.
func request[A any, MA wire.Message[A], Q any, MQ wire.Message[Q]](ctx context.Context, c *Client, subject, to string, q Q) (A, error) {
	var none A
	q, err := wire.Check[Q, MQ](q)
	if err != nil {
		return none, err
	}
	msg, err := natsconn.Request(ctx, c.nc, subject, wire.Encode[Q, MQ](q))
	if _, denied := errors.AsType[*natsconn.PermissionError](err); denied {
		return none, refusedBy(err)
	}
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return none, &wire.Error{Code: wire.CodeUnavailable, Text: "no process answers for " + to}
	case err != nil:
		return none, fmt.Errorf("requesting an answer of %s: %w", to, err)
	default:
		return wire.Decode[A, MA](msg.Data)
	}
}

func requestParticipant[A any, MA wire.Message[A], Q any, MQ wire.Message[Q]](ctx context.Context, c *Client, participant string, subject func(string) string, q Q) (A, error) {
	if err := wire.CheckName(participant); err != nil {
		var none A
		return none, &wire.Error{Code: wire.CodeInvalid, Text: err.Error()}
	}
	return request[A, MA, Q, MQ](ctx, c, subject(participant), "the participant "+participant, q)
}

// refusedBy returns the error for a request that the broker refused.
func refusedBy(denied error) error {
	return &deniedError{error: &wire.Error{Code: wire.CodeUnavailable, Text: denied.Error()}, denied: denied}
}

// gather collects the answers of all subscribers of a subject that arrive within
// gatherFor; none at all is no error.
func gather[T any, M wire.Message[T]](ctx context.Context, c *Client, subject string, data []byte) (all []T, err error) {
	ctx, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	var refusal error
	failed := natsconn.Gather(ctx, c.nc, subject, data, func(msg *nats.Msg) bool {
		if code := wire.Code(msg.Header.Get(micro.ErrorCodeHeader)); code != "" {
			refusal = &wire.Error{Code: code, Text: fmt.Sprintf("request on %s: %s", subject, msg.Header.Get(micro.ErrorHeader))}
			return true
		}
		var v T
		if v, err = wire.Decode[T, M](msg.Data); err == nil {
			all = append(all, v)
		}
		return err == nil
	})
	if _, denied := errors.AsType[*natsconn.PermissionError](failed); denied {
		return nil, refusedBy(failed)
	}
	switch {
	case err != nil:
		return all, err
	case failed != nil && !errors.Is(failed, nats.ErrNoResponders):
		return nil, fmt.Errorf("request on %s: %w", subject, failed)
	}
	return all, refusal
}
