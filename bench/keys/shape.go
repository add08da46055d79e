package main

import (
	"context"
	"fmt"
)

// shape is a table once it is whole.
type shape struct {
	FileBytes int64 `json:"file_bytes"`
	// Pages is how many the B-trees have, with the index where there is one.
	Pages int64 `json:"pages"`
	// LeafFill is the share of the leaf pages that holds data, in per cent.
	LeafFill float64 `json:"leaf_fill_percent"`
	// Split is how many pages came from a split. It is derived: no page is ever
	// freed here, so that all but the trees' first pages came from one. An
	// insert at the end splits too, but moves nothing.
	Split int64 `json:"pages_split"`
}

// weigh checkpoints the log, and measures the table by SQLite's table of pages, which
// reads every page.
func (t *table) weigh(ctx context.Context) (s *shape, err error) {
	if err := t.finish(ctx); err != nil {
		return nil, err
	}
	// Everything but the schema is of the table or its index.
	const query = `SELECT count(*), count(DISTINCT name),
			100.0 * (1 - 1.0 * sum(unused) FILTER (WHERE pagetype = 'leaf') / sum(pgsize) FILTER (WHERE pagetype = 'leaf'))
		FROM dbstat WHERE name <> 'sqlite_schema'`
	s = &shape{}
	var trees, free int64
	if err = t.conn.QueryRowContext(ctx, query).Scan(&s.Pages, &trees, &s.LeafFill); err == nil {
		err = t.conn.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&free)
	}
	if err != nil {
		return nil, fmt.Errorf("counting the pages of %s: %w", t.path, err)
	}
	if free != 0 {
		return nil, fmt.Errorf("%s has %d free pages, but nothing was deleted", t.path, free)
	}
	s.Split = s.Pages - trees
	s.FileBytes, err = t.bytes()
	return s, err
}
