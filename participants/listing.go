package participants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/participants/driver"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"parley/internal/respond"
	"parley/wire"
	"parley/wire/txwire"
)

// listBranches answers [txwire.BranchQuery]. By key it finds the branch that holds the
// key; aborted branches that have freed their key are found by id only.
func (p *role) listBranches(ctx context.Context, request []byte) []byte {
	answer := txwire.Branches{V: wire.Version, Participant: p.cfg.Name, Branches: []txwire.BranchInfo{}}
	q, err := wire.Decode[txwire.BranchQuery](request)
	if err == nil {
		err = p.list(ctx, q, &answer)
	}
	if err != nil {
		answer.Code, answer.Reason = wire.CodeOf(err), wire.Clip(err.Error())
	}
	return wire.Encode(answer)
}

func (p *role) list(ctx context.Context, q txwire.BranchQuery, answer *txwire.Branches) error {
	s := p.running.Load()
	if s == nil {
		return errNotRunning()
	}
	j := s.journal
	answer.Journal = j.id
	var err error
	switch {
	case !q.ID.IsZero():
		answer.Branches, err = j.branchInfos(ctx, j.sql.ListID, q.ID.Log, int64(q.ID.N))
	case q.Key != "":
		answer.Branches, err = j.branchInfos(ctx, j.sql.ListKey, []byte(q.Key))
	case !q.From.IsZero():
		err = j.listFrom(ctx, q.From, answer)
	default:
		answer.Branches, err = j.branchInfos(ctx, j.sql.ListPrepared, wire.MaxList)
	}
	if err != nil {
		return fmt.Errorf("listing branches: %w", err)
	}
	s.failing.describe(answer.Branches)
	if answer.Prepared, err = j.count(ctx, j.sql.CountPrepared); err != nil {
		return fmt.Errorf("counting branches in doubt: %w", err)
	}
	if answer.Violations, err = j.violations(ctx, q.ID, wire.MaxList); err != nil || len(answer.Violations) < wire.MaxList {
		return err
	}
	if !q.ID.IsZero() || q.Key != "" {
		return nil
	}
	all, err := j.count(ctx, j.sql.CountViolations)
	if err != nil {
		return fmt.Errorf("counting violations: %w", err)
	}
	if all > len(answer.Violations) {
		answer.AllViolations = all
	}
	return nil
}

// count reads a number.
func (j *journal) count(ctx context.Context, query string, args ...any) (n int, err error) {
	err = j.db.Rows(ctx, query, func(row driver.Scanner) error { return row.Scan(&n) }, args...)
	return n, err
}

// listFrom lists prepared branches in the order of their ids, and counts those
// that follow.
func (j *journal) listFrom(ctx context.Context, from txwire.ID, answer *txwire.Branches) (err error) {
	n := int64(min(from.N, maxN))
	if answer.Branches, err = j.branchInfos(ctx, j.sql.ListPreparedFrom, from.Log, n, wire.MaxList); err != nil {
		return err
	}
	all, err := j.count(ctx, j.sql.CountPreparedFrom, from.Log, n)
	if err != nil {
		return err
	}
	// Branches may have been added or removed between the two statements.
	answer.More = max(0, all-len(answer.Branches))
	return nil
}

func (j *journal) branchInfos(ctx context.Context, query string, args ...any) ([]txwire.BranchInfo, error) {
	infos := []txwire.BranchInfo{}
	err := j.db.Rows(ctx, query, func(row driver.Scanner) (err error) {
		var b txwire.BranchInfo
		var id, held, state int64
		var key, reason []byte
		if err := row.Scan(&b.ID.Log, &id, &key, &held, &state, &b.At, &reason, (*[]byte)(&b.Payload), (*[]byte)(&b.Detail)); err != nil {
			return err
		}
		b.ID.N, b.Key, b.Reason = uint64(id&maxN), string(key), string(reason)
		if b.State, err = loadState(state); err != nil {
			return err
		}
		b.Closed = held == 1 && b.State == txwire.BranchAborted
		infos = append(infos, b)
		return nil
	}, args...)
	return infos, err
}

// violations returns the newest, up to a limit, and only those of one transaction unless
// id is zero.
func (j *journal) violations(ctx context.Context, id txwire.ID, limit int) (list []txwire.Violation, err error) {
	err = j.db.Rows(ctx, j.sql.ListViolations, func(row driver.Scanner) error {
		var v txwire.Violation
		if err := row.Scan(&v.ID.Log, &v.ID.N, &v.Of, &v.Reason, &v.At); err != nil {
			return err
		}
		if len(list) < limit && (id.IsZero() || v.ID == id) {
			list = append(list, v)
		}
		return nil
	}, maxViolations)
	if err != nil {
		return nil, fmt.Errorf("listing violations: %w", err)
	}
	return list, nil
}

// errNotRunning is the error of a participant before and after Run.
func errNotRunning() error {
	return &wire.Error{Code: wire.CodeUnavailable, Text: "the participant is not running"}
}

// queryTimeout bounds one request to a query endpoint, which answers one request at a
// time.
const queryTimeout = 5 * time.Second

// queries is the NATS micro service of a participant: the listing of its
// branches, and the resource's own endpoints.
type queries struct {
	s     *service
	micro micro.Service
	// stamps is the subscription to the stamps of all journals of this name.
	stamps *nats.Subscription
}

// open announces the service, without an endpoint.
func (q *queries) open() (err error) {
	s := q.s
	q.micro, err = micro.AddService(s.deps.NATS, micro.Config{
		Name:        s.cfg.Name,
		Version:     wire.Release,
		Description: "participant " + s.cfg.Name + " in atomic transactions",
		Metadata:    map[string]string{"journal": s.journal.id, wire.MetaProcess: s.deps.NATS.Opts.Name},
		// Instances on one journal share the requests.
		QueueGroup:   s.group(),
		StatsHandler: func(*micro.Endpoint) any { return s.Counts() },
	})
	if err != nil {
		return fmt.Errorf("adding the micro service %s: %w", s.cfg.Name, err)
	}
	return nil
}

// serve adds the endpoints.
func (q *queries) serve(ctx context.Context) error {
	s := q.s
	all := append([]endpoint{
		{"branches", txwire.BranchSubject(s.cfg.Name), s.listBranches},
		{"retry", txwire.RetrySubject(s.cfg.Name), s.retryBranch},
		{"all-branches", txwire.SubjectBranches, s.listBranches},
	}, s.endpoints...)
	for _, e := range all {
		h := micro.HandlerFunc(func(r micro.Request) { s.handle(ctx, e, r) })
		if err := q.micro.AddEndpoint(e.name, h, micro.WithEndpointSubject(e.subject)); err != nil {
			return fmt.Errorf("adding the endpoint %s on %s: %w", e.name, e.subject, err)
		}
	}
	return nil
}

func (s *service) handle(ctx context.Context, e endpoint, r micro.Request) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	switch err := respond.To(s.deps.NATS, r.Reply(), e.handle(ctx, r.Data())); {
	case errors.Is(err, respond.ErrReply):
		s.cfg.Log.Warn("a request was not answered", "endpoint", e.name, "error", err)
	case err != nil:
		s.cfg.Log.Debug("an answer could not be sent", "endpoint", e.name, "error", err)
	}
}

// receiveStamps subscribes to the stamps of other processes.
func (q *queries) receiveStamps(ctx context.Context) (err error) {
	q.stamps, err = q.s.receiveStamps(ctx)
	return err
}

// stop ends the endpoints. It ignores errors, which mean that the connection is closed.
func (q *queries) stop() {
	if q.stamps != nil {
		_ = q.stamps.Unsubscribe()
	}
	if q.micro != nil {
		_ = q.micro.Stop()
	}
}
