package participants

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"

	"parley/participants/driver"

	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"
)

// journal is the database that holds the branches, and the resource's tables
// beside them. Everything but reading belongs to the committer.
type journal struct {
	db     driver.Journal
	sql    *driver.Statements
	unlock func() error
	// conn is nil after a failure, until [journal.connection] makes another.
	conn driver.Conn
	// full reports that it was opened in full.
	full bool
	// id is the journal's random name.
	id string
	// incarnation is that of the commit log's stream which this journal's
	// branches depend on.
	incarnation string
	logs        logNames
	// opened is how long the journal was open, mark the greatest decide_by of
	// what it has collected.
	opened openTime
	mark   int64
	// floor is what the journal knows nothing of, since it went back: branches with
	// an earlier decide_by that it does not have were collected or lost.
	floor int64
	// stamp is its newest one, see [stamps]. disputed is not empty while it is open
	// whether this file or a copy of it stays.
	stamp    stamp
	disputed string
	// known is the greatest sequence that the stream of the commit logs is known to
	// have stored, stamped the number of the newest stamp that the stream of the
	// stamps is. Both are written every few seconds, and after each stamp.
	known, stamped atomic.Uint64
}

// knows notes a sequence that the stream of the commit logs has stored.
func (j *journal) knows(seq uint64) {
	for {
		known := j.known.Load()
		if seq <= known || j.known.CompareAndSwap(known, seq) {
			return
		}
	}
}

// The names in the table meta.
const (
	metaJournal     = "journal"
	metaParticipant = "participant"
	metaIncarnation = "incarnation"
	// With driver.MetaReplaced begins the name of a row that holds the incarnation of
	// the stream that a log was in, if that is not metaIncarnation.
	// metaOpened is the open time in milliseconds, metaMark the mark.
	metaOpened   = "opened"
	metaMark     = "mark"
	metaFloor    = "floor"
	metaStamp    = "stamp"
	metaDisputed = "disputed"
	metaKnown    = "known"
	metaStamped  = "stamped"
	metaWritten  = "written" // by the last trial, see [service.try]
)

// openJournal locks, opens and checks the journal, and makes it if the
// database is empty. log is the stream of the commit logs.
func openJournal(ctx context.Context, db driver.Journal, cfg *Config, log streams.Info) (*journal, error) {
	unlock, err := db.Lock()
	if err != nil {
		return nil, err
	}
	j := &journal{db: db, sql: db.SQL(), unlock: unlock}
	if err := j.open(ctx, cfg, log); err != nil {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

func (j *journal) open(ctx context.Context, cfg *Config, log streams.Info) error {
	c, err := j.connection(ctx)
	if err != nil {
		return err
	}
	version, err := j.db.Version(c)
	if err != nil {
		return err
	}
	if err := j.inTx(c, func() error {
		if version == 0 {
			if err := j.create(c, cfg.Name, log.Incarnation); err != nil {
				return fmt.Errorf("making journal %s: %w", j.db.Where(), err)
			}
		}
		if err := j.addFinished(c); err != nil {
			return err
		}
		if err := j.loadHistory(c); err != nil {
			return err
		}
		return j.identify(c, cfg, log)
	}); err != nil {
		return err
	}
	if err := j.logs.load(c, j.sql); err != nil {
		return err
	}
	if err := j.logs.loadReplaced(c, j.sql); err != nil {
		return err
	}
	j.full = true
	return nil
}

func (j *journal) create(c driver.Conn, name, incarnation string) error {
	for _, q := range j.sql.Schema {
		if _, err := c.Exec(q); err != nil {
			return err
		}
	}
	var random [10]byte
	rand.Read(random[:]) // never fails
	for _, m := range [][2]string{{metaJournal, wire.Token(random)}, {metaParticipant, name}, {metaIncarnation, incarnation}} {
		if _, err := c.Exec(j.sql.PutMeta, m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}

// addFinished adds the column finished to a journal of a build without it. That
// build still reads and writes the journal; its rows have no open time and get
// that at which they are first seen.
func (j *journal) addFinished(c driver.Conn) error {
	v, err := driver.One(c, j.sql.HasFinished)
	if err != nil {
		return fmt.Errorf("reading the columns of journal %s: %w", j.db.Where(), err)
	}
	if n, _ := v.(int64); n > 0 {
		return nil
	}
	if _, err := c.Exec(j.sql.AddFinished); err != nil {
		return fmt.Errorf("adding a column to journal %s: %w", j.db.Where(), err)
	}
	return nil
}

// identify compares what the journal remembers with where it is used now.
func (j *journal) identify(c driver.Conn, cfg *Config, log streams.Info) error {
	incarnation := log.Incarnation
	var id, name, remembered string
	for key, into := range map[string]*string{metaJournal: &id, metaParticipant: &name, metaIncarnation: &remembered} {
		v, err := driver.One(c, j.sql.GetMeta, key)
		if err != nil {
			return fmt.Errorf("reading %s of journal %s: %w", key, j.db.Where(), err)
		}
		*into, _ = v.(string)
	}
	if err := wire.CheckToken("journal id", id); err != nil {
		return fmt.Errorf("journal %s is damaged: %w", j.db.Where(), err)
	}
	if name != cfg.Name {
		return fmt.Errorf("journal %s belongs to participant %q, not to %q: name that participant or another file", j.db.Where(), name, cfg.Name)
	}
	j.id, j.incarnation = id, incarnation
	if remembered != incarnation && cfg.AcceptIncarnation != incarnation {
		return &IncarnationError{Journal: j.db.Where(), Remembered: remembered, Present: incarnation, Accepted: cfg.AcceptIncarnation}
	}
	if _, err := c.Exec(j.sql.ForgetReplaced); err != nil {
		return fmt.Errorf("forgetting replaced incarnations in journal %s: %w", j.db.Where(), err)
	}
	if err := j.recallKnown(c); err != nil {
		return err
	}
	switch {
	case remembered != incarnation:
		return j.acceptIncarnation(c, cfg, remembered, log)
	case cfg.AcceptIncarnation == incarnation && log.LastSeq < j.known.Load():
		return j.acceptIncarnation(c, cfg, fmt.Sprintf("%s, before it went back to %d,", incarnation, log.LastSeq), log)
	default:
		return nil
	}
}

// acceptIncarnation replaces the incarnation that the journal remembers, because
// an operator accepted that the remembered one, or what it has lost, is gone for good.
// Logs with branches in doubt keep a note of what they were in: the sequences of the
// stream mean nothing for them.
func (j *journal) acceptIncarnation(c driver.Conn, cfg *Config, remembered string, log streams.Info) error {
	accepted := log.Incarnation
	n, err := driver.One(c, j.sql.CountPrepared)
	if err != nil {
		return fmt.Errorf("counting the branches in doubt in journal %s: %w", j.db.Where(), err)
	}
	if _, err := c.Exec(j.sql.MarkReplaced, remembered); err != nil {
		return fmt.Errorf("noting the incarnation %s in journal %s: %w", remembered, j.db.Where(), err)
	}
	if _, err := c.Exec(j.sql.PutMeta, metaIncarnation, accepted); err != nil {
		return fmt.Errorf("accepting the incarnation %s in journal %s: %w", accepted, j.db.Where(), err)
	}
	j.known.Store(log.LastSeq)
	if err := j.keepKnown(c); err != nil {
		return err
	}
	cfg.Log.Warn("another incarnation of the commit log stream was accepted; branches that are in doubt will be aborted, whatever the lost stream held about them",
		"remembered", remembered, "accepted", accepted, "in_doubt", n)
	return nil
}

// IncarnationError reports that a journal was opened on a broker whose commit log
// stream is not the one that its branches were decided in.
type IncarnationError struct {
	Journal string
	// Remembered is the stream's incarnation that the journal belongs to,
	// Present that of the broker's stream, Accepted what
	// [Config.AcceptIncarnation] was.
	Remembered, Present, Accepted string
}

func (e *IncarnationError) Error() string {
	if e.Accepted != "" {
		return fmt.Sprintf("journal %s: incarnation %q was to be accepted, and the broker has %q (the journal remembers %q): accept what the broker has",
			e.Journal, e.Accepted, e.Present, e.Remembered)
	}
	return fmt.Sprintf("journal %s belongs to incarnation %q of the stream %s, and the broker has incarnation %q: "+
		"this is another broker, or its stream was lost and created again, and commits of this journal's branches may be lost with it. "+
		"Connect to the right broker or restore the stream; if the old one is gone for good, note which of the branches in doubt were committed elsewhere "+
		"(docs/OPERATIONS.md, Lost and restored stores) and start once with incarnation %q accepted: what is in doubt is aborted then", e.Journal, e.Remembered, txwire.LogStream().Name, e.Present, e.Present)
}

// migrate lets the resource make its tables.
func (j *journal) migrate(ctx context.Context, r Resource[any]) error {
	c, err := j.connection(ctx)
	if err != nil {
		return err
	}
	if err := j.inTx(c, func() error {
		return c.Migrate(func(tx any) error { return r.Migrate(ctx, tx) })
	}); err != nil {
		return fmt.Errorf("migrating the resource's tables in %s: %w", j.db.Where(), err)
	}
	return nil
}

// connection is the committer's, a new one after the last was given up.
func (j *journal) connection(ctx context.Context) (driver.Conn, error) {
	if j.conn != nil {
		return j.conn, nil
	}
	c, err := j.db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	j.conn = c
	return c, nil
}

// discard gives up the connection: what a failure left behind in it is not
// worth knowing.
func (j *journal) discard() error {
	if j.conn == nil {
		return nil
	}
	c, lost := j.conn, j.db.Check()
	j.conn = nil
	if lost != nil {
		// Closing the last connection deletes the -wal by its name, which may be
		// that of the file that replaced ours. It stays open until the process
		// ends.
		return c.Abandon()
	}
	return c.Close()
}

// inTx runs fn in a transaction of its own.
func (j *journal) inTx(c driver.Conn, fn func() error) error {
	if err := c.Begin(); err != nil {
		return fmt.Errorf("beginning a transaction in %s: %w", j.db.Where(), err)
	}
	if err := fn(); err != nil {
		return errors.Join(err, j.discard())
	}
	if err := c.Commit(); err != nil {
		return errors.Join(fmt.Errorf("committing to %s: %w", j.db.Where(), err), j.discard())
	}
	return nil
}

// prepared reads every branch in doubt.
func (j *journal) prepared(c driver.Conn, fn func(*row)) error {
	return c.Rows(j.sql.Prepared, func(row driver.Scanner) error {
		r, err := scanBranch(row, &j.logs)
		if err == nil {
			fn(r)
		}
		return err
	})
}

func (j *journal) close() error {
	var errs []error
	full := j.conn
	if !j.full {
		full = nil
	}
	if j.db.Check() == nil {
		if full != nil {
			errs = append(errs, j.keepOpenTime(full), j.keepKnown(full))
		}
		errs = append(errs, j.db.Finish(full))
	}
	errs = append(errs, j.discard())
	// Last, so that nobody else finds the journal half closed.
	errs = append(errs, j.unlock())
	return errors.Join(errs...)
}
