package shards

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/internal/private"
	"parley/wire"
	"parley/wire/blogwire"
)

// DefaultShards is the number of shards of a new blog when none is asked for:
// several times what one machine has use for, and few enough to ask all of them
// for a page. It cannot be changed later.
const DefaultShards = 8

// Config is where the shards are.
type Config struct {
	// Dir is the directory of the SQLite files, one a shard. It must exist, and
	// one process uses it at a time. Where it is empty a new blog is made.
	Dir string
	// DSNs are the PostgreSQL databases instead, shard 0 first; each needs a
	// database or a schema of its own. Several processes may use them.
	DSNs []string
	// Shards is how many there are; 0 means as many as the blog has, and
	// [DefaultShards] for a new one. With DSNs it is their number.
	Shards int
	// NextID gets an id from the ID service. The shards' committers call it, so
	// it has to answer soon.
	NextID func(context.Context) (snowflake.ID, error)
	// Log takes what an operator should know.
	Log *slog.Logger
}

// Check refuses what cannot work.
func (c Config) Check() error {
	switch {
	case c.Dir == "" && len(c.DSNs) == 0:
		return errors.New("neither Dir nor DSNs says where the shards are")
	case c.Dir != "" && len(c.DSNs) > 0:
		return errors.New("both Dir and DSNs say where the shards are: name one")
	case c.Shards < 0 || c.Shards > blogwire.MaxShards:
		return fmt.Errorf("Shards is %d, allowed is 0 (as many as there are) to %d", c.Shards, blogwire.MaxShards)
	case len(c.DSNs) > blogwire.MaxShards:
		return fmt.Errorf("DSNs has %d entries, the limit is %d shards", len(c.DSNs), blogwire.MaxShards)
	case len(c.DSNs) > 0 && c.Shards != 0 && c.Shards != len(c.DSNs):
		return fmt.Errorf("Shards is %d, and DSNs has %d entries: name one for each shard", c.Shards, len(c.DSNs))
	}
	return nil
}

// Open opens the shards of a blog, and makes them where there is nothing at all.
// It refuses anything else that is not a whole blog. The caller calls
// [Set.Close].
func Open(ctx context.Context, cfg Config) (*Set, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	o := opening{Config: cfg, hooks: hooks.From(ctx), want: cfg.Shards}
	unlock, err := o.claim(ctx)
	if err != nil {
		return nil, err
	}
	p, err := o.settle(ctx)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	set := &Set{blog: p.blog, unlock: unlock, log: cfg.Log, reported: map[snowflake.ID]bool{}}
	for i := range p.shards {
		db, err := openDatabase(o.place(i), record{blog: p.blog, shard: i, shards: p.shards}, o.hooks)
		if err != nil {
			return nil, errors.Join(err, set.close())
		}
		set.add(db, cfg.NextID)
	}
	err = each(ctx, p.shards, func(ctx context.Context, i int) error { return set.shards[i].probe(ctx) })
	if err != nil {
		return nil, errors.Join(err, set.close())
	}
	set.start()
	return set, nil
}

// opening is a blog while it is opened.
type opening struct {
	Config
	hooks hooks.Hooks
	// want is the number of shards asked for, 0 for any.
	want int
	dsns []*postgresDB
}

// claim keeps other processes out where only one may be in.
func (o *opening) claim(ctx context.Context) (unlock func() error, err error) {
	for i, dsn := range o.DSNs {
		if j := slices.Index(o.DSNs, dsn); j < i {
			return nil, fmt.Errorf("DSNs[%d] and DSNs[%d] are the same: each shard needs a database or a schema of its own", j, i)
		}
		d, err := newPostgres(i, dsn)
		if err != nil {
			return nil, err
		}
		o.dsns = append(o.dsns, d)
	}
	if len(o.dsns) > 0 {
		o.want = len(o.dsns)
		return func() error { return nil }, nil
	}
	if o.Dir, err = realDir(o.Dir); err != nil {
		return nil, err
	}
	if err := private.Dir(o.Dir, o.Log); err != nil {
		return nil, fmt.Errorf("the blog's directory %s: %w", o.Dir, err)
	}
	return lockDir(o.Dir, o.Log)
}

// realDir is the directory by its own name: one must not be locked under two.
func realDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	var info os.FileInfo
	if err == nil {
		info, err = os.Stat(abs)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("the blog's directory %s: %w: it must exist, make it for a new blog", dir, err)
	case !info.IsDir():
		return "", fmt.Errorf("the blog's directory %s: it is no directory", dir)
	}
	return abs, nil
}

// place is where shard i is or will be.
func (o *opening) place(i int) dialect {
	if len(o.dsns) > 0 {
		return o.dsns[i]
	}
	return &sqliteDB{path: shardFile(o.Dir, i), log: o.Log}
}

// settle finds out what there is, and makes or completes the blog if need be.
func (o *opening) settle(ctx context.Context) (plan, error) {
	p, err := o.survey(ctx)
	if err != nil || p.blog != "" && !p.mark {
		return p, err
	}
	unlock, err := o.lockAll(ctx, p.shards)
	if err != nil {
		return p, err
	}
	defer func() { _ = unlock() }() // the sessions end in any case
	// Another process may have done it meanwhile.
	if p, err = o.survey(ctx); err != nil {
		return p, err
	}
	if p.blog == "" {
		if err = o.makeAll(ctx, p.shards); err != nil {
			return p, fmt.Errorf("making a blog with %d shards: %w", p.shards, err)
		}
	}
	if p.blog == "" || p.mark {
		if err = o.markAll(ctx, p.shards); err != nil {
			return p, fmt.Errorf("completing a blog with %d shards: %w", p.shards, err)
		}
	}
	// What counts is what is there.
	p, err = o.survey(ctx)
	if err == nil && (p.blog == "" || p.mark) {
		err = errors.New("the blog was made and is not complete: is another process changing its shards?")
	}
	return p, err
}

// survey looks at every place and decides what to do.
func (o *opening) survey(ctx context.Context) (plan, error) {
	places := o.want
	if len(o.dsns) == 0 {
		n, err := shardFiles(o.Dir)
		if err != nil {
			return plan{}, err
		}
		places = max(places, n)
	}
	for {
		found := make([]finding, places)
		err := each(ctx, places, func(ctx context.Context, i int) (err error) {
			found[i], err = lookAt(ctx, o.place(i))
			return err
		})
		if err != nil {
			return plan{}, err
		}
		// Some that are not there may have to be named.
		if n := recorded(found); o.want == 0 && n > places {
			places = n
			continue
		}
		return decide(found, o.want, DefaultShards)
	}
}

// lookAt reads what there is in one place.
func lookAt(ctx context.Context, d dialect) (f finding, err error) {
	f.where = d.where()
	db, p, err := d.look(ctx)
	if f.presence = p; db == nil {
		return f, err
	}
	defer db.Close()
	values := map[string]string{}
	err = scan(ctx, db, func(rows *sql.Rows) (bool, error) {
		var name, value string
		err := rows.Scan(&name, &value)
		values[name] = value
		return true, err
	}, sqlGetMeta)
	if err != nil {
		return f, d.explain(fmt.Errorf("reading the record: %w", err))
	}
	if f.record, err = parseRecord(values); err != nil {
		return f, fmt.Errorf("the record in %s is damaged: %w: restore the shard from a backup of this blog", f.where, err)
	}
	if f.version <= schemaVersion && !f.complete {
		if err := db.QueryRowContext(ctx, sqlHasPosts).Scan(&f.posts); err != nil {
			return f, d.explain(fmt.Errorf("looking for posts: %w", err))
		}
	}
	return f, nil
}

// lockAll locks the places of a blog that is to be made, in their order.
func (o *opening) lockAll(ctx context.Context, shards int) (unlock func() error, err error) {
	var unlocks []func() error
	unlock = func() error {
		var errs []error
		for _, u := range unlocks {
			errs = append(errs, u())
		}
		return errors.Join(errs...)
	}
	for i := range shards {
		u, err := o.place(i).lock(ctx)
		if err != nil {
			return nil, errors.Join(err, unlock())
		}
		unlocks = append(unlocks, u)
	}
	return unlock, nil
}

// makeAll gives every place its tables and a record that is not marked.
func (o *opening) makeAll(ctx context.Context, shards int) error {
	var random [10]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	r := record{version: schemaVersion, blog: wire.Token(random), shards: shards}
	o.Log.Info("making a new blog", "blog", r.blog, "shards", shards, "first", o.place(0).where())
	err := each(ctx, shards, func(ctx context.Context, i int) error {
		r := r
		r.shard = i
		if err := writeRecord(ctx, o.place(i), r); err != nil {
			return err
		}
		o.hooks.At(StepShardMade)
		return nil
	})
	if err == nil {
		o.hooks.At(StepShardsMade)
	}
	return err
}

// markAll marks every record.
func (o *opening) markAll(ctx context.Context, shards int) error {
	return each(ctx, shards, func(ctx context.Context, i int) error {
		f, err := lookAt(ctx, o.place(i))
		if err != nil || f.complete {
			return err
		}
		f.complete = true
		if err := writeRecord(ctx, o.place(i), f.record); err != nil {
			return err
		}
		o.hooks.At(StepShardComplete)
		return nil
	})
}

// writeRecord writes a record, and the tables if there are none, in one
// transaction.
func writeRecord(ctx context.Context, d dialect, r record) error {
	db, err := d.create(ctx)
	if err != nil {
		return err
	}
	err = func() error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // does nothing after a commit
		for _, q := range d.schema() {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		for name, value := range r.values() {
			if _, err := tx.ExecContext(ctx, sqlPutMeta, name, value); err != nil {
				return err
			}
		}
		return tx.Commit()
	}()
	if err != nil {
		return errors.Join(d.explain(err), db.Close())
	}
	return errors.Join(db.Close(), d.settled())
}
