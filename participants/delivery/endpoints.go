package delivery

import (
	"context"
	"fmt"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/participants/food"
	"parley/wire"
)

// list answers [food.CouriersRequest].
func list(ctx context.Context, p *participants.Participant[*sqlite.Tx], request []byte) []byte {
	m, err := wire.Decode[food.CouriersRequest](request)
	if err != nil {
		return answer(nil, err)
	}
	all, err := read(ctx, p, "?1='' OR zone=?1", m.Zone)
	if err == nil && len(all) == 0 && m.Zone != "" {
		err = &wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("no courier delivers to %q", m.Zone)}
	}
	return answer(all, err)
}

// complete answers [food.Complete] when the freed place is durable.
func complete(ctx context.Context, p *participants.Participant[*sqlite.Tx], request []byte) []byte {
	m, err := wire.Decode[food.Complete](request)
	if err != nil {
		return answer(nil, err)
	}
	err = p.Write(ctx, func(ctx context.Context, tx *sqlite.Tx) error {
		n, err := sqlite.Changed(tx.ExecContext(ctx, "UPDATE couriers SET assigned=assigned-1 WHERE id=? AND assigned>0", m.Courier))
		if err != nil {
			return fmt.Errorf("completing an order of courier %d: %w", m.Courier, err)
		}
		if n == 0 {
			return &wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("courier %d has no order to complete, or there is no such courier", m.Courier)}
		}
		return nil
	})
	if err != nil {
		return answer(nil, err)
	}
	one, err := read(ctx, p, "id=?1", m.Courier)
	return answer(one, err)
}

func read(ctx context.Context, p *participants.Participant[*sqlite.Tx], where string, arg any) (found []food.Courier, err error) {
	err = p.Read(ctx, func(ctx context.Context, tx *sqlite.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id,name,zone,capacity,reserved,assigned FROM couriers WHERE "+where+" ORDER BY id", arg)
		if err != nil {
			return fmt.Errorf("reading couriers: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var c food.Courier
			if err := rows.Scan(&c.ID, &c.Name, &c.Zone, &c.Capacity, &c.Reserved, &c.Assigned); err != nil {
				return fmt.Errorf("reading a courier: %w", err)
			}
			found = append(found, c)
		}
		return rows.Err()
	})
	return found, err
}

func answer(found []food.Courier, err error) []byte {
	a := food.Couriers{V: wire.Version, Couriers: found}
	if found == nil {
		a.Couriers = []food.Courier{}
	}
	if err != nil {
		a.Code, a.Reason = wire.CodeOf(err), wire.Clip(err.Error())
	}
	return wire.Encode(a)
}
