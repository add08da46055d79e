package sqlite

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"parley/participants/driver"

	modernc "modernc.org/sqlite"
)

// maxStatements bounds the prepared statements kept per connection. The journal has
// about thirty and a resource a few more; those of a resource that builds SQL from
// values are unbounded, so statements beyond this are prepared each time.
const maxStatements = 256

// session is the committer's connection below database/sql. It keeps prepared
// statements, lets nothing but the committer's own COMMIT commit, and refuses the
// statements that a resource may not run.
type session struct {
	// mu is held while a statement runs: a goroutine that a call of the resource left
	// behind must not run one among the journal's.
	mu    sync.Mutex
	raw   sqldriver.Conn
	hooks modernc.HookRegisterer
	stmts map[stmtKey]*stmt
	// tx is the resource's that may run statements now; nil between its calls.
	tx *Tx
	// committing is set during the committer's own COMMIT, and inTx between its BEGIN
	// and that. lost is set when the transaction ended in any other way.
	committing, inTx, lost bool
	// acts is what the statement that is being compiled does, and denied why it was
	// refused, see [session.authorize].
	acts   acts
	denied string
}

// stmtKey separates the statements of authors with different rights.
type stmtKey struct {
	query string
	by    author
}

var errTxEnded = errors.New("the transaction was used after the call it was given to had returned")

// newSession takes over a connection. Two hooks hold the rule about COMMIT: one turns any
// other commit into a rollback, the other reports that a transaction was rolled back
// without the committer (a constraint with ON CONFLICT ROLLBACK, a full disk). So what
// follows such a rollback cannot become durable by itself in autocommit mode.
func newSession(raw sqldriver.Conn) (*session, error) {
	s := &session{raw: raw, hooks: raw.(modernc.HookRegisterer), stmts: make(map[stmtKey]*stmt)}
	s.hooks.RegisterCommitHook(func() int32 {
		if s.inTx && !s.committing {
			s.lost = true
			return 1
		}
		return 0
	})
	s.hooks.RegisterRollbackHook(func() {
		if s.inTx {
			s.lost = true
		}
	})
	return s, raw.(modernc.AuthorizerRegisterer).RegisterAuthorizer(s.authorize)
}

// txContext is the context of a resource's statement. It is never done: an interrupted
// statement would roll back the whole group.
type txContext struct {
	context.Context
	tx *Tx
}

func (txContext) Done() <-chan struct{} { return nil }
func (txContext) Err() error            { return nil }

// ExecContext implements [sqldriver.ExecerContext].
func (s *session) ExecContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, tx, err := s.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	defer st.release()
	s.acts = 0
	res, err := st.Stmt.(sqldriver.StmtExecContext).ExecContext(context.Background(), args)
	if err != nil {
		return nil, s.refusal(query, err)
	}
	if acts := st.acts | s.acts; tx != nil && acts&writes != 0 {
		changed, err := res.RowsAffected()
		tx.wrote = tx.wrote || changed > 0 || err != nil || acts&fires != 0
	}
	return res, nil
}

// QueryContext implements [sqldriver.QueryerContext].
func (s *session) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, tx, err := s.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	s.acts = 0
	raw, err := st.Stmt.(sqldriver.StmtQueryContext).QueryContext(context.Background(), args)
	if err != nil {
		st.release()
		return nil, s.refusal(query, err)
	}
	st.busy = true
	r := &rows{typedRows: raw.(typedRows), session: s, stmt: st}
	if tx != nil {
		tx.wrote = tx.wrote || (st.acts|s.acts)&writes != 0
		tx.open = append(tx.open, r)
	}
	return r, nil
}

// statement returns a kept or new statement for the author that ctx names.
func (s *session) statement(ctx context.Context, query string) (*stmt, *Tx, error) {
	by, tx := byJournal, (*Tx)(nil)
	if c, ok := ctx.(txContext); ok {
		switch by, tx = c.tx.by, c.tx; {
		case tx != s.tx:
			return nil, nil, errTxEnded
		case s.lost:
			return nil, nil, driver.ErrLost
		case c.Context.Err() != nil:
			return nil, nil, c.Context.Err()
		}
	}
	st := s.stmts[stmtKey{query, by}]
	if st != nil && !st.busy {
		return st, tx, nil
	}
	s.acts = 0
	raw, err := s.raw.Prepare(query)
	if err != nil {
		return nil, nil, s.refusal(query, err)
	}
	made := &stmt{Stmt: raw, acts: s.acts}
	if st == nil && len(s.stmts) < maxStatements {
		made.kept = true
		s.stmts[stmtKey{query, by}] = made
	}
	return made, tx, nil
}

// refusal returns the reason if a statement was refused, and err otherwise.
func (s *session) refusal(query string, err error) error {
	why := s.denied
	if s.denied = ""; why != "" {
		return fmt.Errorf("SQL %.80q is refused: %s", query, why)
	}
	return err
}

// start lets a resource run statements, until end.
func (s *session) start(tx *Tx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tx = tx
}

// end makes tx unusable and closes the rows that were left open.
func (s *session) end(tx *Tx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tx = nil
	for _, r := range tx.open {
		_ = r.close()
	}
}

// PrepareContext implements [sqldriver.ConnPrepareContext].
func (s *session) PrepareContext(ctx context.Context, query string) (sqldriver.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, tx, err := s.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	st.release()
	return &prepared{session: s, query: query, tx: tx}, nil
}

// Prepare implements [sqldriver.Conn].
func (s *session) Prepare(query string) (sqldriver.Stmt, error) {
	return s.PrepareContext(context.Background(), query)
}

// Begin implements [sqldriver.Conn].
func (s *session) Begin() (sqldriver.Tx, error) {
	return nil, errors.New("only the committer begins transactions")
}

// Close implements [sqldriver.Conn]. It ends an open transaction.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inTx = false
	s.hooks.RegisterCommitHook(nil)
	s.hooks.RegisterRollbackHook(nil)
	for _, st := range s.stmts {
		_ = st.Close()
	}
	return s.raw.Close()
}

// stmt is a statement of the driver.
type stmt struct {
	sqldriver.Stmt
	acts acts
	// busy is set while its rows are being read.
	busy, kept bool
}

// release ends one use.
func (st *stmt) release() {
	if st.busy = false; !st.kept {
		_ = st.Close()
	}
}

// typedRows are the rows of the driver.
type typedRows interface {
	sqldriver.RowsColumnTypeDatabaseTypeName
	sqldriver.RowsColumnTypeLength
	sqldriver.RowsColumnTypeNullable
	sqldriver.RowsColumnTypePrecisionScale
	sqldriver.RowsColumnTypeScanType
}

// rows give their statement back when they are closed.
type rows struct {
	typedRows
	session *session
	// stmt is nil after Close.
	stmt *stmt
}

// Close may be called twice.
func (r *rows) Close() error {
	r.session.mu.Lock()
	defer r.session.mu.Unlock()
	return r.close()
}

func (r *rows) close() error {
	if r.stmt == nil {
		return nil
	}
	err := r.typedRows.Close()
	r.stmt.release()
	r.stmt = nil
	return err
}

// Next fails after Close.
func (r *rows) Next(dest []sqldriver.Value) error {
	r.session.mu.Lock()
	defer r.session.mu.Unlock()
	if r.stmt == nil {
		return errTxEnded
	}
	return r.typedRows.Next(dest)
}

// prepared is a statement that a resource keeps during its call.
type prepared struct {
	session *session
	query   string
	tx      *Tx
}

func (p *prepared) ExecContext(ctx context.Context, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	return p.session.ExecContext(p.context(ctx), p.query, args)
}

func (p *prepared) QueryContext(ctx context.Context, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	return p.session.QueryContext(p.context(ctx), p.query, args)
}

func (p *prepared) context(ctx context.Context) context.Context {
	if p.tx == nil {
		return context.Background()
	}
	return txContext{ctx, p.tx}
}

// NumInput leaves the check of the arguments to the driver.
func (*prepared) NumInput() int { return -1 }
func (*prepared) Close() error  { return nil }

func (*prepared) Exec([]sqldriver.Value) (sqldriver.Result, error) { return nil, sqldriver.ErrSkip }
func (*prepared) Query([]sqldriver.Value) (sqldriver.Rows, error)  { return nil, sqldriver.ErrSkip }
