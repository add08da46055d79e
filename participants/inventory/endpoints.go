package inventory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/participants/food"
	"parley/wire"
)

// items answers [food.ItemsRequest].
func items(ctx context.Context, p *participants.Participant[*sqlite.Tx], request []byte) []byte {
	m, err := wire.Decode[food.ItemsRequest](request)
	if err != nil {
		return answer(nil, err)
	}
	menu, err := menu(ctx, p, m.Item)
	return answer(menu, err)
}

// restock answers [food.Restock] when the new stock is durable.
func restock(ctx context.Context, p *participants.Participant[*sqlite.Tx], request []byte) []byte {
	m, err := wire.Decode[food.Restock](request)
	if err != nil {
		return answer(nil, err)
	}
	err = p.Write(ctx, func(ctx context.Context, tx *sqlite.Tx) error {
		n, err := sqlite.Changed(tx.ExecContext(ctx, "UPDATE items SET stock=stock+? WHERE item=? AND stock<=?", m.Quantity, m.Item, food.MaxStock-m.Quantity))
		if err != nil {
			return fmt.Errorf("restocking %q: %w", m.Item, err)
		}
		if n == 0 {
			return notRestocked(ctx, tx, m)
		}
		return nil
	})
	if err != nil {
		return answer(nil, err)
	}
	menu, err := menu(ctx, p, m.Item)
	return answer(menu, err)
}

// notRestocked returns why an item could not be restocked.
func notRestocked(ctx context.Context, tx *sqlite.Tx, m food.Restock) error {
	var stock int64
	switch err := tx.QueryRowContext(ctx, "SELECT stock FROM items WHERE item=?", m.Item).Scan(&stock); {
	case errors.Is(err, sql.ErrNoRows):
		return notOnMenu(m.Item)
	case err != nil:
		return fmt.Errorf("looking for %q: %w", m.Item, err)
	default:
		return &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf(
			"%d of %q and %d more are beyond the limit of %d", stock, m.Item, m.Quantity, int64(food.MaxStock))}
	}
}

func notOnMenu(item string) error {
	return &wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("there is no %q on the menu", item)}
}

// menu reads one item, or all of them if item is empty.
func menu(ctx context.Context, p *participants.Participant[*sqlite.Tx], item string) (list []food.Item, err error) {
	err = p.Read(ctx, func(ctx context.Context, tx *sqlite.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT item,name,price_cents,stock,reserved FROM items WHERE ?1='' OR item=?1 ORDER BY name", item)
		if err != nil {
			return fmt.Errorf("reading the menu: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var i food.Item
			if err := rows.Scan(&i.Item, &i.Name, &i.PriceCents, &i.Stock, &i.Reserved); err != nil {
				return fmt.Errorf("reading an item: %w", err)
			}
			list = append(list, i)
		}
		return rows.Err()
	})
	if err == nil && len(list) == 0 && item != "" {
		err = notOnMenu(item)
	}
	return list, err
}

func answer(list []food.Item, err error) []byte {
	a := food.Items{V: wire.Version, Items: list}
	if list == nil {
		a.Items = []food.Item{}
	}
	if err != nil {
		a.Code, a.Reason = wire.CodeOf(err), wire.Clip(err.Error())
	}
	return wire.Encode(a)
}
