package participants

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"parley/wire"
	"parley/wire/txwire"
)

// listBranches answers [txwire.BranchQuery]. By key it finds the branch that
// holds the key; aborted branches that gave their key back are found by id.
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
	// Between the two statements branches may have come and gone.
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

// violations are the newest, up to a limit, and only those of one transaction if id
// names one.
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
