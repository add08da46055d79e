package shards

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresDB is the dialect of PostgreSQL: one database, or one schema of a
// database (search_path in the DSN), a shard. Several processes may use it.
//
// A commit is durable if fsync and synchronous_commit are not off, which every
// transaction reads.
type postgresDB struct {
	cfg *pgx.ConnConfig
}

const (
	// connectTimeout bounds one attempt to connect where the DSN names none.
	connectTimeout = 5 * time.Second
	// lockTimeout bounds the wait for another process that opens the same blog.
	lockTimeout = 10 * time.Second
	// writeTimeout bounds one transaction that writes. A server that does not
	// answer must not hold a committer for ever.
	writeTimeout = 10 * time.Second
	// maxServerReaders bounds the connections that read from one shard: with 8
	// shards on one server a process takes 40 of its 100 connections.
	maxServerReaders = 4
)

// openPostgres reads the DSN of shard i. The error does not repeat it: it may hold a
// password.
func openPostgres(i int, dsn string) (*shard, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		cause := errors.Unwrap(err)
		if _, isURL := errors.AsType[*url.Error](err); isURL || cause == nil {
			cause = errors.New("it cannot be read")
		}
		return nil, fmt.Errorf("DSNs[%d] is not a PostgreSQL connection string, such as postgres://user@host/database or host=/run/postgresql dbname=blog: %w", i, cause)
	}
	cfg.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, connectTimeout)
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "parley blog"
	}
	d := &postgresDB{cfg}
	return &shard{dialect: d, w: d.open(1, nil), r: d.open(maxServerReaders, map[string]string{"default_transaction_read_only": "on"})}, nil
}

func (d *postgresDB) where() string {
	s := fmt.Sprintf("PostgreSQL %s/%s", d.cfg.Host, d.cfg.Database)
	if path := d.cfg.RuntimeParams["search_path"]; path != "" {
		s += " (schema " + path + ")"
	}
	return s
}

func (d *postgresDB) open(conns int, params map[string]string) *sql.DB {
	cfg := d.cfg.Copy()
	maps.Copy(cfg.RuntimeParams, params)
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(idleTime)
	return db
}

func (d *postgresDB) find(ctx context.Context, w *sql.DB) (presence, error) {
	var encoding string
	var schema sql.NullString
	var meta, posts bool
	if err := w.QueryRowContext(ctx, `SELECT current_setting('server_encoding'), current_schema(),
		EXISTS (SELECT 1 FROM pg_tables WHERE schemaname=current_schema() AND tablename='blog_meta'),
		EXISTS (SELECT 1 FROM pg_tables WHERE schemaname=current_schema() AND tablename='blog_posts')`).Scan(&encoding, &schema, &meta, &posts); err != nil {
		return absent, d.explain(err)
	}
	switch {
	case encoding != "UTF8":
		return absent, fmt.Errorf("%s has the encoding %s, which cannot hold every text: make the database with ENCODING 'UTF8'", d.where(), encoding)
	case !schema.Valid:
		return absent, fmt.Errorf("%s: no schema of the search_path exists, or this role may not use it: make it with CREATE SCHEMA, or GRANT USAGE on it", d.where())
	case !meta && !posts:
		return blank, nil
	case !meta:
		return absent, fmt.Errorf("%s has a table blog_posts that is not Parley's: name another database or schema", d.where())
	}
	return present, nil
}

// lock holds an advisory lock on the schema until its transaction ends.
func (d *postgresDB) lock(ctx context.Context, r *sql.DB) (unlock func(), err error) {
	tx, err := r.BeginTx(ctx, nil)
	if err != nil {
		return nil, d.explain(err)
	}
	unlock = func() { _ = tx.Rollback() } // it ends in any case
	_, err = tx.ExecContext(ctx, fmt.Sprintf("SET LOCAL lock_timeout=%d", lockTimeout.Milliseconds()))
	if err == nil {
		_, err = tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('parley blog '||current_schema(), 0))")
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "55P03" {
		err = fmt.Errorf("another process has been opening the blog here for more than %v, or two DSNs lead here: start this one when that one is ready, and give each shard a separate database or schema", lockTimeout)
	}
	if err != nil {
		unlock()
		return nil, d.explain(err)
	}
	return unlock, nil
}

func (d *postgresDB) create() error { return nil }

func (d *postgresDB) schema() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS blog_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
		`CREATE TABLE IF NOT EXISTS blog_posts (id BIGINT PRIMARY KEY, author TEXT COLLATE "C" NOT NULL, text TEXT NOT NULL, key TEXT COLLATE "C")`,
		sqlAuthorIndex, sqlKeyIndex,
	}
}

// insert is one statement: with one for each post, a group would cost as many round
// trips. Two processes that store the same keys wait for each other at the unique index,
// so all go through it in one order.
func (d *postgresDB) insert(ctx context.Context, tx *sql.Tx, ops []*op) error {
	var ids []int64
	var authors, texts []string
	var keys []*string
	byID := make(map[int64]*op, len(ops))
	for _, o := range ops {
		ids, authors, texts, keys = append(ids, int64(o.id)), append(authors, o.post.User), append(texts, o.post.Text), append(keys, o.key())
		byID[int64(o.id)], o.inserted = o, false
	}
	for rows, err := range query(ctx, tx, "INSERT INTO blog_posts (id,author,text,key) "+
		"SELECT * FROM unnest($1::bigint[],$2::text[],$3::text[],$4::text[]) AS post (id,author,text,key) "+
		"ORDER BY author, key ON CONFLICT DO NOTHING RETURNING id", ids, authors, texts, keys) {
		var id int64
		if err == nil {
			err = rows.Scan(&id)
		}
		if err != nil {
			return err
		}
		byID[id].inserted = true
	}
	return nil
}

func (d *postgresDB) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, writeTimeout)
}

func (d *postgresDB) durable(ctx context.Context, tx *sql.Tx) error {
	var fsync, commit string
	if err := tx.QueryRowContext(ctx, "SELECT current_setting('fsync'), current_setting('synchronous_commit')").Scan(&fsync, &commit); err != nil {
		return fmt.Errorf("reading the settings of durability: %w", err)
	}
	if fsync == "off" || commit == "off" {
		return fmt.Errorf("fsync is %s and synchronous_commit is %s, so posts would be acknowledged before they are on the disk: set both to on for this server or role", fsync, commit)
	}
	return nil
}

func (d *postgresDB) tend(*sql.DB) error { return nil }

func (d *postgresDB) close(w, r *sql.DB) error { return errors.Join(r.Close(), w.Close()) }

// storeFailed: what a row can be guilty of is bad data, a constraint, its size,
// or what a trigger has against it.
func (d *postgresDB) storeFailed(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return true
	}
	switch e.Code[:2] {
	case "22", "23", "54", "P0":
		return false
	default:
		return true
	}
}

// notCommitted: the server reported that it rolled back, or never had the COMMIT.
// When it ends the connection during a COMMIT it has reported nothing.
func (d *postgresDB) notCommitted(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) || pgconn.SafeToRetry(err) {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code[:2] == "23" || e.Code[:2] == "40" && e.Code != "40003")
}

func (d *postgresDB) explain(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "42501":
			return fmt.Errorf("%s: %w: this role must be able to use the schema and to make tables in it", d.where(), err)
		case "53100":
			return fmt.Errorf("%s: no space left: make space on the server's disk: %w", d.where(), err)
		case "3D000":
			return fmt.Errorf("%s: %w: make it with CREATE DATABASE", d.where(), err)
		}
	}
	return fmt.Errorf("%s: %w", d.where(), err)
}
