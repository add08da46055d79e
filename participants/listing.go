package participants

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"parley/internal/respond"
	"parley/wire"
	"parley/wire/txwire"
)

// listBranches answers [txwire.BranchQuery]. By key it finds the branch that holds the
// key; aborted branches that have freed their key are found by id only.
func listBranches(ctx context.Context, p *Participant, request []byte) []byte {
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

func (p *Participant) list(ctx context.Context, q txwire.BranchQuery, answer *txwire.Branches) error {
	s := p.running.Load()
	if s == nil {
		return &wire.Error{Code: wire.CodeUnavailable, Text: errNotRunning.Error()}
	}
	answer.Journal = s.journal.id
	return s.Read(ctx, func(ctx context.Context, db Querier) (err error) {
		sql := s.journal.sql
		switch {
		case !q.ID.IsZero():
			answer.Branches, err = branchInfos(ctx, db, sql.listID, q.ID.Log, int64(q.ID.N))
		case q.Key != "":
			answer.Branches, err = branchInfos(ctx, db, sql.listKey, []byte(q.Key))
		case !q.From.IsZero():
			err = listFrom(ctx, db, sql, q.From, answer)
		default:
			answer.Branches, err = branchInfos(ctx, db, sql.listPrepared, wire.MaxList)
		}
		if err != nil {
			return fmt.Errorf("listing branches: %w", err)
		}
		s.failing.describe(answer.Branches)
		if err := db.QueryRowContext(ctx, sql.countPrepared).Scan(&answer.Prepared); err != nil {
			return fmt.Errorf("counting branches in doubt: %w", err)
		}
		if answer.Violations, err = violations(ctx, db, sql.listViolations, q.ID, wire.MaxList); err != nil || len(answer.Violations) < wire.MaxList {
			return err
		}
		if !q.ID.IsZero() || q.Key != "" {
			return nil
		}
		var all int
		if err := db.QueryRowContext(ctx, sql.countViolations).Scan(&all); err != nil {
			return fmt.Errorf("counting violations: %w", err)
		}
		if all > len(answer.Violations) {
			answer.AllViolations = all
		}
		return nil
	})
}

// listFrom lists prepared branches in the order of their ids, and counts those
// that follow.
func listFrom(ctx context.Context, db Querier, sql *statements, from txwire.ID, answer *txwire.Branches) (err error) {
	n := int64(min(from.N, maxN))
	if answer.Branches, err = branchInfos(ctx, db, sql.listPreparedFrom, from.Log, n, wire.MaxList); err != nil {
		return err
	}
	var all int
	if err := db.QueryRowContext(ctx, sql.countPreparedFrom, from.Log, n).Scan(&all); err != nil {
		return err
	}
	// Branches may have been added or removed between the two statements.
	answer.More = max(0, all-len(answer.Branches))
	return nil
}

func branchInfos(ctx context.Context, db Querier, query string, args ...any) (infos []txwire.BranchInfo, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	infos = []txwire.BranchInfo{}
	for rows.Next() {
		var b txwire.BranchInfo
		var id, held, state int64
		var key, reason, payload, detail sql.RawBytes
		if err := rows.Scan(&b.ID.Log, &id, &key, &held, &state, &b.At, &reason, &payload, &detail); err != nil {
			return nil, err
		}
		b.ID.N, b.Key, b.Reason = uint64(id&maxN), string(key), string(reason)
		b.Payload, b.Detail = append(json.RawMessage(nil), payload...), append(json.RawMessage(nil), detail...)
		if b.State, err = loadState(state); err != nil {
			return nil, err
		}
		b.Closed = held == 1 && b.State == txwire.BranchAborted
		infos = append(infos, b)
	}
	return infos, rows.Err()
}

// violations returns the newest, up to a limit, and only those of one transaction unless
// id is zero.
func violations(ctx context.Context, db Querier, query string, id txwire.ID, limit int) (list []txwire.Violation, err error) {
	rows, err := db.QueryContext(ctx, query, maxViolations)
	if err != nil {
		return nil, fmt.Errorf("listing violations: %w", err)
	}
	defer rows.Close()
	for rows.Next() && len(list) < limit {
		var v txwire.Violation
		if err := rows.Scan(&v.ID.Log, &v.ID.N, &v.Of, &v.Reason, &v.At); err != nil {
			return nil, fmt.Errorf("reading a violation: %w", err)
		}
		if id.IsZero() || v.ID == id {
			list = append(list, v)
		}
	}
	return list, rows.Err()
}

var errNotRunning = errors.New("the participant is not running")

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
	all := append([]Endpoint{
		{Name: "branches", Subject: txwire.BranchSubject(s.cfg.Name), Handle: listBranches},
		{Name: "retry", Subject: txwire.RetrySubject(s.cfg.Name), Handle: retryBranch},
		{Name: "all-branches", Subject: txwire.SubjectBranches, Handle: listBranches},
	}, s.endpoints...)
	for _, e := range all {
		h := micro.HandlerFunc(func(r micro.Request) { s.handle(ctx, e, r) })
		if err := q.micro.AddEndpoint(e.Name, h, micro.WithEndpointSubject(e.Subject)); err != nil {
			return fmt.Errorf("adding the endpoint %s on %s: %w", e.Name, e.Subject, err)
		}
	}
	return nil
}

func (s *service) handle(ctx context.Context, e Endpoint, r micro.Request) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	switch err := respond.To(s.deps.NATS, r.Reply(), e.Handle(ctx, s.Participant, r.Data())); {
	case errors.Is(err, respond.ErrReply):
		s.cfg.Log.Warn("a request was not answered", "endpoint", e.Name, "error", err)
	case err != nil:
		s.cfg.Log.Debug("an answer could not be sent", "endpoint", e.Name, "error", err)
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
