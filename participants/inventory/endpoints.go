package inventory

import (
	"context"
	"fmt"

	"parley/participants"
	"parley/wire"
)

// items answers [wire.ItemsRequest].
func items(ctx context.Context, p *participants.Participant, request []byte) []byte {
	m, err := wire.Decode[wire.ItemsRequest](request)
	if err != nil {
		return answer(nil, err)
	}
	menu, err := menu(ctx, p, m.Item)
	return answer(menu, err)
}

// restock answers [wire.Restock] when the new stock is durable.
func restock(ctx context.Context, p *participants.Participant, request []byte) []byte {
	m, err := wire.Decode[wire.Restock](request)
	if err != nil {
		return answer(nil, err)
	}
	err = p.Write(ctx, func(ctx context.Context, tx *participants.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE items SET stock=stock+? WHERE item=? AND stock<=?", m.Quantity, m.Item, wire.MaxStock-m.Quantity)
		if err != nil {
			return fmt.Errorf("restocking %q: %w", m.Item, err)
		}
		if n == 0 {
			return &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf(
				"%d more of %q would be more than the limit of %d, or there is no such item", m.Quantity, m.Item, int64(wire.MaxStock))}
		}
		return nil
	})
	if err != nil {
		return answer(nil, err)
	}
	menu, err := menu(ctx, p, m.Item)
	return answer(menu, err)
}

// menu reads one item, or all of them if item is empty.
func menu(ctx context.Context, p *participants.Participant, item string) (list []wire.Item, err error) {
	err = p.Read(ctx, func(ctx context.Context, q participants.Querier) error {
		rows, err := q.QueryContext(ctx, "SELECT item,name,price_cents,stock,reserved FROM items WHERE ?1='' OR item=?1 ORDER BY name", item)
		if err != nil {
			return fmt.Errorf("reading the menu: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var i wire.Item
			if err := rows.Scan(&i.Item, &i.Name, &i.PriceCents, &i.Stock, &i.Reserved); err != nil {
				return fmt.Errorf("reading an item: %w", err)
			}
			list = append(list, i)
		}
		return rows.Err()
	})
	if err == nil && len(list) == 0 && item != "" {
		err = &wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("there is no %q on the menu", item)}
	}
	return list, err
}

func answer(list []wire.Item, err error) []byte {
	a := wire.Items{V: wire.Version, Items: list}
	if list == nil {
		a.Items = []wire.Item{}
	}
	if err != nil {
		a.Code, a.Reason = wire.CodeOf(err), wire.Clip(err.Error())
	}
	return wire.Encode(a)
}
