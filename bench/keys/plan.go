package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"

	"parley/bench/internal/command"
)

// plan is the parsed command line.
type plan struct {
	rows, batch, cacheMB int
	kinds                []kind
	data                 string
	seed                 uint64
}

const (
	// roomyMB is a page cache that nothing here fills.
	roomyMB = 4096
	// minRows is below which there is nothing to see.
	minRows = 1000
)

// scenes are the situations: the one in which keys matter, and those in which
// they matter less or not.
func (p *plan) scenes() []scene {
	return []scene{
		{
			name:  "large",
			about: fmt.Sprintf("%s rows in commits of %d, with a page cache of %d MB", command.Count(int64(p.rows)), p.batch, p.cacheMB),
			rows:  p.rows, batch: p.batch, cacheMB: p.cacheMB, singles: p.rows / 200,
		},
		{
			name:  "memory",
			about: fmt.Sprintf("%s rows in commits of %d, with a page cache that holds them all", command.Count(int64(p.rows/10)), p.batch),
			rows:  p.rows / 10, batch: p.batch, cacheMB: roomyMB,
		},
	}
}

// measure runs every scene. When ctx ends it returns the results so far.
func (p *plan) measure(ctx context.Context, progress func(format string, args ...any)) (r *report, err error) {
	r = &report{CPUs: runtime.NumCPU(), Seed: p.seed}
	if r.SQLite, err = sqliteVersion(ctx); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(p.data, "parley-keys-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the tables: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, s := range p.scenes() {
		if err := s.run(ctx, r, p, dir, progress); ctx.Err() != nil {
			r.Interrupted = true
			return r, nil
		} else if err != nil {
			return nil, err
		}
	}
	return r, nil
}

func sqliteVersion(ctx context.Context) (version string, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err == nil {
		err = errors.Join(db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version), db.Close())
	}
	if err != nil {
		return "", fmt.Errorf("asking SQLite for its version: %w", err)
	}
	return version, nil
}
