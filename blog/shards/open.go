package shards

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"

	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/internal/private"
	"parley/internal/sqlitefile"
	"parley/wire"
	"parley/wire/blogwire"
)

// DefaultShards is the number of shards of a new blog when none is asked for:
// several times what one machine has use for, and few enough to read all of them
// for a page. It cannot be changed later.
const DefaultShards = 8

// Config is where the shards are.
type Config struct {
	// Dir is the directory of the SQLite files, one a shard. It must exist, and
	// one process uses it at a time. Where it is empty a new blog is made.
	Dir string
	// DSNs are the PostgreSQL databases instead, shard 0 first; each needs a separate
	// database or schema. Several processes may use them.
	DSNs []string
	// Shards is how many there are; 0 means as many as the blog has, and
	// [DefaultShards] for a new one. With DSNs it is their number.
	Shards int
	// NextID gets an ID from the ID service. The shards' committers call it, so
	// it has to answer soon.
	NextID func(context.Context) (snowflake.ID, error)
	// Log takes what an operator should know.
	Log *slog.Logger
}

// Check refuses what cannot work.
func (c Config) Check() error {
	switch {
	case c.Dir == "" && len(c.DSNs) == 0:
		return errors.New("neither Dir nor DSNs is set: where are the shards?")
	case c.Dir != "" && len(c.DSNs) > 0:
		return errors.New("both Dir and DSNs are set: set one")
	case c.Shards < 0 || c.Shards > blogwire.MaxShards:
		return fmt.Errorf("Shards is %d, allowed is 0 (as many as there are) to %d", c.Shards, blogwire.MaxShards)
	case len(c.DSNs) > blogwire.MaxShards:
		return fmt.Errorf("DSNs has %d entries, the limit is %d shards", len(c.DSNs), blogwire.MaxShards)
	case len(c.DSNs) > 0 && c.Shards != 0 && c.Shards != len(c.DSNs):
		return fmt.Errorf("Shards is %d, and DSNs has %d entries: name one for each shard", c.Shards, len(c.DSNs))
	}
	return nil
}

// Open opens the shards of a blog, and makes them where there is nothing at all. It
// refuses anything else that is not a whole blog. The caller calls [Set.Close].
func Open(ctx context.Context, cfg Config) (*Set, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	s := &Set{cfg: cfg, hooks: hooks.From(ctx), reported: map[snowflake.ID]bool{}}
	var err error
	if len(cfg.DSNs) > 0 {
		err = s.openServers()
	} else {
		err = s.openDirectory()
	}
	if err == nil {
		err = s.complete(ctx)
	}
	if err == nil {
		err = s.each(ctx, func(ctx context.Context, sh *shard) error { return sh.probe(ctx) })
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.start()
	return s, nil
}

func (s *Set) openServers() error {
	s.cfg.Shards = len(s.cfg.DSNs)
	for i, dsn := range s.cfg.DSNs {
		if j := slices.Index(s.cfg.DSNs, dsn); j < i {
			return fmt.Errorf("DSNs[%d] and DSNs[%d] are the same: each shard needs a separate database or schema", j, i)
		}
		sh, err := openPostgres(i, dsn)
		if err != nil {
			return err
		}
		s.add(sh)
	}
	return nil
}

// openDirectory keeps every other process out of the directory, and opens its files.
func (s *Set) openDirectory() (err error) {
	dir := s.cfg.Dir
	if s.cfg.Dir, err = sqlitefile.RealDir(dir); err == nil {
		err = private.Dir(s.cfg.Dir, s.cfg.Log)
	}
	if err != nil {
		return fmt.Errorf("the blog's directory %s: %w: it must exist, make it for a new blog", dir, err)
	}
	s.unlock, err = sqlitefile.Lock(filepath.Join(s.cfg.Dir, "shards.lock"), "the blog in "+s.cfg.Dir, "give this one another directory", s.cfg.Log)
	if err != nil {
		return err
	}
	return s.openFiles(max(shardFiles(s.cfg.Dir), s.cfg.Shards))
}

// openFiles opens the files of the first n shards, existing or not.
func (s *Set) openFiles(n int) error {
	for len(s.shards) < n {
		sh, err := openSQLite(shardFile(s.cfg.Dir, len(s.shards)), s.cfg.Log)
		if err != nil {
			return err
		}
		s.add(sh)
	}
	return nil
}

func (s *Set) add(sh *shard) {
	sh.set, sh.number, sh.commit, sh.pause, sh.queue = s, len(s.shards), (*sql.Tx).Commit, firstPause, make(chan *op, maxQueue)
	s.shards = append(s.shards, sh)
}

// complete finds out what there is, and makes or completes the blog if need be.
func (s *Set) complete(ctx context.Context) error {
	const lock, last = 0, 3 // make and mark are between them
	for round := lock; round <= last; round++ {
		found, p, err := s.survey(ctx)
		switch {
		case err != nil:
			return err
		case p.blog != "" && !p.mark:
			s.blog = p.blog
			return nil
		case round == lock: // and look again: another process may have made it meanwhile
			if err = s.openFiles(p.shards); err != nil {
				return err
			}
			for _, sh := range s.shards {
				unlock, err := sh.lock(ctx, sh.r)
				if err != nil {
					return err
				}
				defer unlock()
			}
		case p.blog == "":
			if err = s.makeAll(ctx); err != nil {
				return fmt.Errorf("making a blog with %d shards: %w", p.shards, err)
			}
		default:
			if err = s.markAll(ctx, found); err != nil {
				return fmt.Errorf("completing a blog with %d shards: %w", p.shards, err)
			}
		}
	}
	return errors.New("the blog was made and is not complete: is another process changing its shards, or do two DSNs lead to one place?")
}

// survey reads what is in every place and decides what to do.
func (s *Set) survey(ctx context.Context) ([]finding, plan, error) {
	found := make([]finding, len(s.shards))
	err := s.each(ctx, func(ctx context.Context, sh *shard) (err error) {
		found[sh.number], err = sh.look(ctx)
		return err
	})
	if err != nil {
		return nil, plan{}, err
	}
	// Records may name more shards than there are files.
	for _, f := range found {
		for s.cfg.Shards == 0 && len(found) < min(f.shards, blogwire.MaxShards) {
			found = append(found, finding{where: shardFile(s.cfg.Dir, len(found))})
		}
	}
	p, err := decide(found, s.cfg.Shards, DefaultShards)
	return found, p, err
}

// look reads what there is in the shard's place.
func (sh *shard) look(ctx context.Context) (f finding, err error) {
	f.where = sh.where()
	if f.presence, err = sh.find(ctx, sh.w); err != nil || f.presence != present {
		return f, err
	}
	values := map[string]string{}
	for rows, err := range query(ctx, sh.w, sqlGetMeta) {
		var name, value string
		if err == nil {
			err = rows.Scan(&name, &value)
		}
		if err != nil {
			return f, sh.explain(fmt.Errorf("reading the record: %w", err))
		}
		values[name] = value
	}
	if f.record, err = parseRecord(values); err != nil {
		return f, fmt.Errorf("the record in %s is damaged: %w: restore the shard from a backup of this blog", f.where, err)
	}
	if f.version <= schemaVersion && !f.complete {
		if err := sh.w.QueryRowContext(ctx, sqlHasPosts).Scan(&f.posts); err != nil {
			return f, sh.explain(fmt.Errorf("looking for posts: %w", err))
		}
	}
	return f, nil
}

// makeAll gives every place its tables and a record that is not marked.
func (s *Set) makeAll(ctx context.Context) error {
	blog := wire.NewToken()
	s.cfg.Log.Info("making a new blog", "blog", blog, "shards", len(s.shards), "first", s.shards[0].where())
	err := s.each(ctx, func(ctx context.Context, sh *shard) error {
		err := sh.writeRecord(ctx, record{version: schemaVersion, blog: blog, shard: sh.number, shards: len(s.shards)})
		if err == nil {
			s.hooks.At(StepShardMade)
		}
		return err
	})
	if err == nil {
		s.hooks.At(StepShardsMade)
	}
	return err
}

// markAll marks every record that was found without a mark.
func (s *Set) markAll(ctx context.Context, found []finding) error {
	return s.each(ctx, func(ctx context.Context, sh *shard) error {
		r := found[sh.number].record
		if r.complete {
			return nil
		}
		r.complete = true
		err := sh.writeRecord(ctx, r)
		if err == nil {
			s.hooks.At(StepShardComplete)
		}
		return err
	})
}

// writeRecord writes a record, and the tables if there are none, in one transaction.
func (sh *shard) writeRecord(ctx context.Context, r record) error {
	err := sh.create()
	if err == nil {
		err = sh.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
			for _, statement := range sh.schema() {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			for name, value := range r.values() {
				if _, err := tx.ExecContext(ctx, sqlPutMeta, name, value); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return sh.explain(err)
	}
	return nil
}
