package txclient

import (
	"cmp"
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

// gatherFor is how long coordinators and participants have to answer a question
// to all of them.
const gatherFor = 400 * time.Millisecond

// Status asks what is known of a transaction: committed, aborted, pending or
// unknown. Unlike [Client.Resolve] it decides nothing.
func (c *Client) Status(ctx context.Context, id txwire.ID) (txwire.Outcome, error) {
	q, err := wire.Check(txwire.StatusRequest{V: wire.Version, ID: id})
	if err != nil {
		return txwire.Outcome{}, err
	}
	msg, err := c.request(ctx, txwire.SubjectStatus, wire.Encode(q), "a coordinator")
	if err != nil {
		return txwire.Outcome{}, err
	}
	o, err := wire.Decode[txwire.Outcome](msg.Data)
	if err == nil && o.ID != id && o.Status != txwire.StatusRejected {
		return txwire.Outcome{}, &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("the answer is about %s, asked was about %s", o.ID, id)}
	}
	return o, err
}

// Resolve asks a coordinator to find out what became of a branch, sealing the
// log of a coordinator that does not answer.
func (c *Client) Resolve(ctx context.Context, r txwire.Resolve) (txwire.Resolved, error) {
	r.V = wire.Version
	r, err := wire.Check(r)
	if err != nil {
		return txwire.Resolved{}, err
	}
	msg, err := c.request(ctx, txwire.SubjectResolve, wire.Encode(r), "a coordinator")
	if err != nil {
		return txwire.Resolved{}, err
	}
	return wire.Decode[txwire.Resolved](msg.Data)
}

// Branches asks one participant for branches it holds.
func (c *Client) Branches(ctx context.Context, participant string, q txwire.BranchQuery) (txwire.Branches, error) {
	if err := wire.CheckName(participant); err != nil {
		return txwire.Branches{}, &wire.Error{Code: wire.CodeInvalid, Text: err.Error()}
	}
	q.V = wire.Version
	q, err := wire.Check(q)
	if err != nil {
		return txwire.Branches{}, err
	}
	msg, err := c.request(ctx, txwire.BranchSubject(participant), wire.Encode(q), "the participant "+participant)
	if err != nil {
		return txwire.Branches{}, err
	}
	return wire.Decode[txwire.Branches](msg.Data)
}

// Retry has a participant attempt the outcome of a branch now that its resource has
// failed, and returns how that ended. An error means that the participant was not
// reached, or not allowed to be asked.
func (c *Client) Retry(ctx context.Context, participant string, id txwire.ID) (txwire.Retried, error) {
	if err := wire.CheckName(participant); err != nil {
		return txwire.Retried{}, &wire.Error{Code: wire.CodeInvalid, Text: err.Error()}
	}
	q, err := wire.Check(txwire.Retry{V: wire.Version, ID: id})
	if err != nil {
		return txwire.Retried{}, err
	}
	msg, err := c.request(ctx, txwire.RetrySubject(participant), wire.Encode(q), "the participant "+participant)
	if err != nil {
		return txwire.Retried{}, err
	}
	return wire.Decode[txwire.Retried](msg.Data)
}

// Abandon has a coordinator stop waiting for one branch of a committed transaction,
// see [txwire.Abandon]. The record says what stands now. The error of a refusal is a
// [*wire.Error] with its code.
func (c *Client) Abandon(ctx context.Context, m txwire.Abandon) (txwire.Abandoned, error) {
	m.V = wire.Version
	m, err := wire.Check(m)
	if err != nil {
		return txwire.Abandoned{}, err
	}
	msg, err := c.request(ctx, txwire.SubjectAbandon, wire.Encode(m), "coordinators")
	if err != nil {
		return txwire.Abandoned{}, err
	}
	r, err := wire.Decode[txwire.AbandonReply](msg.Data)
	switch {
	case err != nil:
		return txwire.Abandoned{}, err
	case r.Record == nil:
		return txwire.Abandoned{}, &wire.Error{Code: r.Code, Text: r.Reason}
	}
	return *r.Record, nil
}

// AllBranches asks every participant for branches it holds, in the order of
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

// Coordinators asks every coordinator what it is doing, in the order of their
// logs.
//
// Each names the first [wire.MaxList] of its transactions; see
// [txwire.CoordinatorState.Held] and [Client.CoordinatorsFrom] for the others.
func (c *Client) Coordinators(ctx context.Context) ([]txwire.CoordinatorState, error) {
	return c.CoordinatorsFrom(ctx, txwire.ID{})
}

// CoordinatorsFrom is [Client.Coordinators] with the transactions from the given
// one on. An error with code invalid beside some answers is that of a coordinator
// of an earlier release, which cannot list so.
func (c *Client) CoordinatorsFrom(ctx context.Context, from txwire.ID) ([]txwire.CoordinatorState, error) {
	all, err := gather[txwire.CoordinatorState](ctx, c, txwire.SubjectCoordinators, wire.Encode(txwire.CoordinatorsRequest{V: wire.Version, From: from}))
	slices.SortFunc(all, func(a, b txwire.CoordinatorState) int { return strings.Compare(a.Log, b.Log) })
	return all, err
}

func (c *Client) request(ctx context.Context, subject string, data []byte, who string) (*nats.Msg, error) {
	msg, err := natsconn.Request(ctx, c.nc, subject, data)
	if _, denied := errors.AsType[*natsconn.PermissionError](err); denied {
		return nil, refusedBy(err)
	}
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, &wire.Error{Code: wire.CodeUnavailable, Text: "no process answers for " + who}
	case err != nil:
		return nil, fmt.Errorf("asking %s: %w", who, err)
	default:
		return msg, nil
	}
}

// refusedBy is the error for a question that the broker does not pass on.
func refusedBy(denied error) error {
	return &deniedError{error: &wire.Error{Code: wire.CodeUnavailable, Text: denied.Error()}, denied: denied}
}

// gather collects the answers of everybody who listens on a subject; none at
// all is no error.
func gather[T any, M wire.Message[T]](ctx context.Context, c *Client, subject string, data []byte) ([]T, error) {
	box := make(chan *nats.Msg, 256)
	token, reply := c.expect(box)
	defer c.forget(token)
	mark, probe := natsconn.NewMark(c.nc), natsconn.NewProbe()
	defer probe.Stop()
	if err := c.nc.PublishRequest(subject, reply, data); err != nil {
		return nil, fmt.Errorf("asking on %s: %w", subject, err)
	}
	ctx, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	var all []T
	var refusal error
	for {
		select {
		case <-probe.C():
			probe.Again()
			if denied := cmp.Or(mark.Publish(subject), mark.Subscribe(c.inbox)); denied != nil {
				return nil, refusedBy(denied)
			}
		case <-ctx.Done():
			return all, refusal
		case msg := <-box:
			if noResponders(msg) {
				return all, nil
			}
			if code := wire.Code(msg.Header.Get(micro.ErrorCodeHeader)); code != "" {
				refusal = &wire.Error{Code: code, Text: fmt.Sprintf("asking on %s: %s", subject, msg.Header.Get(micro.ErrorHeader))}
				continue
			}
			v, err := wire.Decode[T, M](msg.Data)
			if err != nil {
				return all, err
			}
			all = append(all, v)
		}
	}
}
