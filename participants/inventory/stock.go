package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/participants/food"
	"parley/wire"
)

// stock is the resource of the inventory.
type stock struct{ seed []food.Item }

func (s *stock) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS items (
		item TEXT PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL,
		stock INTEGER NOT NULL, reserved INTEGER NOT NULL,
		CHECK (reserved>=0 AND stock>=reserved)) WITHOUT ROWID`); err != nil {
		return fmt.Errorf("creating the table of items: %w", err)
	}
	var n int64
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM items").Scan(&n); err != nil {
		return fmt.Errorf("counting items: %w", err)
	}
	if n > 0 {
		return nil
	}
	for _, i := range s.seed {
		if _, err := tx.ExecContext(ctx, "INSERT INTO items (item,name,price_cents,stock,reserved) VALUES (?,?,?,?,0)",
			i.Item, i.Name, i.PriceCents, i.Stock); err != nil {
			return fmt.Errorf("putting %q on the menu: %w", i.Item, err)
		}
	}
	return nil
}

func (s *stock) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	o, err := wire.Decode[food.StockOrder](b.Payload)
	if err != nil {
		return nil, participants.Refuse("%v", err)
	}
	n, err := sqlite.Changed(tx.ExecContext(ctx, "UPDATE items SET reserved=reserved+? WHERE item=? AND stock-reserved>=?", o.Quantity, o.Item, o.Quantity))
	if err != nil {
		return nil, fmt.Errorf("reserving %d of %q: %w", o.Quantity, o.Item, err)
	}
	if n == 0 {
		return nil, shortage(ctx, tx, o)
	}
	return nil, nil
}

// shortage returns the refusal of an order that cannot be reserved.
func shortage(ctx context.Context, tx *sqlite.Tx, o food.StockOrder) error {
	var free int64
	switch err := tx.QueryRowContext(ctx, "SELECT stock-reserved FROM items WHERE item=?", o.Item).Scan(&free); {
	case errors.Is(err, sql.ErrNoRows):
		return participants.Refuse("there is no %q on the menu (parley menu lists the items)", o.Item)
	case err != nil:
		return fmt.Errorf("looking for %q: %w", o.Item, err)
	case free == 0:
		return participants.Refuse("%q is sold out, %d ordered", o.Item, o.Quantity)
	default:
		return participants.Refuse("only %d of %q left, %d ordered", free, o.Item, o.Quantity)
	}
}

func (s *stock) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	return s.settle(ctx, tx, b, "UPDATE items SET reserved=reserved-?, stock=stock-? WHERE item=?", true)
}

func (s *stock) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	return s.settle(ctx, tx, b, "UPDATE items SET reserved=reserved-? WHERE item=?", false)
}

func (s *stock) settle(ctx context.Context, tx *sqlite.Tx, b participants.Branch, query string, take bool) error {
	o, err := wire.Decode[food.StockOrder](b.Payload)
	if err != nil {
		return fmt.Errorf("reading the order that was reserved: %w", err)
	}
	args := []any{o.Quantity, o.Item}
	if take {
		args = []any{o.Quantity, o.Quantity, o.Item}
	}
	n, err := sqlite.Changed(tx.ExecContext(ctx, query, args...))
	if err != nil {
		return fmt.Errorf("settling the reservation of %d of %q: %w", o.Quantity, o.Item, err)
	}
	if n != 1 {
		return fmt.Errorf("the item %q with a reservation of %d does not exist any more", o.Item, o.Quantity)
	}
	return nil
}
