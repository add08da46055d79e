package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/bench/internal/machine"
)

// reads is the cost of reading rows.
type reads struct {
	// LookupUS is the median of reading one row by its key.
	LookupUS float64 `json:"lookup_us"`
	// SpanMS is the median of reading the rows that follow a moment, SpanRows
	// how many they are, SpanPages how many pages are read from the file for
	// it.
	SpanMS    float64 `json:"span_ms"`
	SpanRows  int     `json:"span_rows"`
	SpanPages float64 `json:"span_pages"`
	// IndexBytes is the size of the index by time that a key without a time
	// needs for such a question. It is made after the inserts, and is neither in
	// their time nor in the file's size.
	IndexBytes int64 `json:"time_index_bytes"`
}

const (
	// spans is how many spans of time are read.
	spans = 100
	// spanRows is how many rows one has, unless the table ends.
	spanRows = 1000
)

// read verifies the table and measures how long reading takes.
func (t *table) read(ctx context.Context) (*reads, error) {
	r, err := t.verify(ctx)
	if err == nil {
		err = t.readSpans(ctx, &r)
	}
	return &r, err
}

// verify counts the rows, and reads the sampled ones by their keys.
func (t *table) verify(ctx context.Context) (r reads, err error) {
	var n int
	if err := t.conn.QueryRowContext(ctx, "SELECT count(*) FROM post").Scan(&n); err != nil {
		return r, fmt.Errorf("counting the rows of %s: %w", t.path, err)
	}
	if n != t.rows {
		return r, fmt.Errorf("%s has %d rows, %d were committed", t.path, n, t.rows)
	}
	one, err := t.conn.PrepareContext(ctx, "SELECT length(body) FROM post WHERE id = ?")
	if err != nil {
		return r, fmt.Errorf("reading %s: %w", t.path, err)
	}
	defer func() { err = errors.Join(err, one.Close()) }()
	var took []time.Duration
	for _, key := range t.sample {
		start := time.Now()
		if err := one.QueryRowContext(ctx, key).Scan(&n); err != nil {
			return r, fmt.Errorf("%s: the row with the key %v was committed and cannot be read: %w", t.path, key, err)
		}
		took = append(took, time.Since(start))
	}
	r.LookupUS = median(took).Seconds() * 1e6
	return r, nil
}

// readSpans reads spans of time: by the key where it holds the time, and
// otherwise by an index on the column of the time, which it makes.
func (t *table) readSpans(ctx context.Context, r *reads) (err error) {
	column, err := t.timeColumn(ctx, r)
	if err != nil {
		return err
	}
	q, err := t.conn.PrepareContext(ctx, fmt.Sprintf(
		"SELECT count(*), sum(length(body)) FROM (SELECT body FROM post WHERE %s >= ? ORDER BY %[1]s LIMIT %d)", column, spanRows))
	if err != nil {
		return fmt.Errorf("reading spans of %s: %w", t.path, err)
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	var took []time.Duration
	total, io := 0, machine.ReadIO()
	for range spans {
		var n, bytes int
		from := t.somewhere()
		start := time.Now()
		if err := q.QueryRowContext(ctx, from).Scan(&n, &bytes); err != nil {
			return fmt.Errorf("reading a span of %s: %w", t.path, err)
		}
		took = append(took, time.Since(start))
		if n < 1 || n > spanRows || bytes != n*bodyBytes {
			return fmt.Errorf("%s: a span has %d rows of %d bytes, wanted are 1 to %d of %d each", t.path, n, bytes, spanRows, bodyBytes)
		}
		total += n
	}
	r.SpanMS = median(took).Seconds() * 1e3
	r.SpanRows = total / spans
	r.SpanPages = machine.ReadIO().Since(io).Read / pageBytes / spans
	return nil
}

// timeColumn is the column that a range of time is read by.
func (t *table) timeColumn(ctx context.Context, r *reads) (string, error) {
	if t.kind.ordered {
		return "id", nil
	}
	before, err := t.bytes()
	if err != nil {
		return "", err
	}
	if _, err := t.conn.ExecContext(ctx, "CREATE INDEX post_at ON post (at)"); err != nil {
		return "", fmt.Errorf("making an index by time in %s: %w", t.path, err)
	}
	if err := t.finish(ctx); err != nil {
		return "", err
	}
	after, err := t.bytes()
	r.IndexBytes = after - before
	return "at", err
}

// somewhere is where a span starts: at a key, or at a moment.
func (t *table) somewhere() any {
	if t.kind.ordered {
		return t.sample[t.random.IntN(len(t.sample))]
	}
	return rowTime(t.random.IntN(t.rows)).UnixMilli()
}

// median of at least one duration.
func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
