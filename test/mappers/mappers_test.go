package mappers

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"go.uber.org/goleak"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/participanttest"
	"parley/participants/sqlite"
	"parley/test/mappers/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

//go:embed store/schema.sql
var schema string

// start is what the one account has.
const start = 100

// payment is the payload of a branch.
type payment struct {
	Account string `json:"account"`
	Cents   int64  `json:"cents"`
}

func decode(b participants.Branch) (p payment, err error) {
	return p, json.Unmarshal(b.Payload, &p)
}

var errNoReservation = errors.New("the account has no reservation")

// generated is a resource on the code of sqlc.
type generated struct{}

func (generated) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	return store.New(tx).OpenAccount(ctx, store.OpenAccountParams{Name: "ada", Cents: start})
}

func (generated) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	p, err := decode(b)
	if err != nil {
		return nil, participants.Refuse("the payload is no payment: %v", err)
	}
	q := store.New(tx)
	if n, err := q.Reserve(ctx, store.ReserveParams{Amount: p.Cents, Name: p.Account}); err != nil || n == 1 {
		return nil, err
	}
	a, err := q.GetAccount(ctx, p.Account)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, participants.Refuse("there is no account %q", p.Account)
	}
	if err != nil {
		return nil, err
	}
	return nil, participants.Refuse("%q has %d cents left", a.Name, a.Cents-a.Reserved)
}

func (generated) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	p, err := decode(b)
	if err != nil {
		return err
	}
	return one(store.New(tx).Pay(ctx, store.PayParams{Amount: p.Cents, Name: p.Account}))
}

func (generated) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	p, err := decode(b)
	if err != nil {
		return err
	}
	return one(store.New(tx).Release(ctx, store.ReleaseParams{Amount: p.Cents, Name: p.Account}))
}

func one(n int64, err error) error {
	if err == nil && n != 1 {
		err = errNoReservation
	}
	return err
}

// account is a row as bun maps it.
type account struct {
	Name     string `bun:",pk"`
	Cents    int64
	Reserved int64
}

// mapped is a resource on bun, whose queries run on the transaction that they are given.
type mapped struct{ db *bun.DB }

func (m mapped) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	if _, err := m.db.NewCreateTable().Conn(tx).Model((*account)(nil)).IfNotExists().Exec(ctx); err != nil {
		return err
	}
	_, err := m.db.NewInsert().Conn(tx).Model(&account{Name: "ada", Cents: start}).Ignore().Exec(ctx)
	return err
}

func (m mapped) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	p, err := decode(b)
	if err != nil {
		return nil, participants.Refuse("the payload is no payment: %v", err)
	}
	a := account{Name: p.Account}
	switch err := m.db.NewSelect().Conn(tx).Model(&a).WherePK().Scan(ctx); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, participants.Refuse("there is no account %q", p.Account)
	case err != nil:
		return nil, err
	case a.Cents-a.Reserved < p.Cents:
		return nil, participants.Refuse("%q has %d cents left", a.Name, a.Cents-a.Reserved)
	}
	a.Reserved += p.Cents
	return nil, m.update(ctx, tx, &a)
}

func (m mapped) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	return m.settle(ctx, tx, b, func(a *account, cents int64) { a.Cents, a.Reserved = a.Cents-cents, a.Reserved-cents })
}

func (m mapped) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	return m.settle(ctx, tx, b, func(a *account, cents int64) { a.Reserved -= cents })
}

func (m mapped) settle(ctx context.Context, tx *sqlite.Tx, b participants.Branch, change func(*account, int64)) error {
	p, err := decode(b)
	if err != nil {
		return err
	}
	a := account{Name: p.Account}
	if err := m.db.NewSelect().Conn(tx).Model(&a).WherePK().Scan(ctx); err != nil {
		return err
	}
	change(&a, p.Cents)
	return m.update(ctx, tx, &a)
}

func (m mapped) update(ctx context.Context, tx *sqlite.Tx, a *account) error {
	res, err := m.db.NewUpdate().Conn(tx).Model(a).WherePK().Exec(ctx)
	if err != nil {
		return err
	}
	return one(res.RowsAffected())
}

// Each passes the whole conformance suite.
func TestConformance(t *testing.T) {
	// bun needs a database only to be made.
	unused, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()
	db := bun.NewDB(unused, sqlitedialect.New())
	for name, r := range map[string]participants.Resource[*sqlite.Tx]{"sqlc": generated{}, "bun": mapped{db}} {
		t.Run(name, func(t *testing.T) {
			participanttest.Exercise(t, participanttest.Fixture{
				Connect:  brokertest.Run(t).Connect,
				Resource: func() participants.Resource[*sqlite.Tx] { return r },
				Yes:      json.RawMessage(`{"account":"ada","cents":1}`),
				No:       json.RawMessage(`{"account":"ada","cents":101}`),
				Totals: func(ctx context.Context, tx *sqlite.Tx) (held, taken int, err error) {
					err = tx.QueryRowContext(ctx, "SELECT reserved,?-cents FROM accounts", start).Scan(&held, &taken)
					return held, taken, err
				},
			})
		})
	}
}
