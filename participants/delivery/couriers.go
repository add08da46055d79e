package delivery

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/participants/food"
	"parley/wire"
)

// couriers is the resource of the delivery.
type couriers struct{ seed []food.Courier }

// choice is the detail of a yes vote: the courier who delivers.
type choice struct {
	Courier int64  `json:"courier"`
	Name    string `json:"name"`
}

func (c *couriers) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS couriers (
		id INTEGER PRIMARY KEY, name TEXT NOT NULL, zone TEXT NOT NULL,
		capacity INTEGER NOT NULL, reserved INTEGER NOT NULL, assigned INTEGER NOT NULL,
		CHECK (reserved>=0 AND assigned>=0 AND reserved+assigned<=capacity))`); err != nil {
		return fmt.Errorf("creating the table of couriers: %w", err)
	}
	// Ordered by load, so that the choice reads one entry.
	if _, err := tx.ExecContext(ctx, `CREATE INDEX IF NOT EXISTS couriers_load ON couriers (zone, reserved+assigned-capacity)`); err != nil {
		return fmt.Errorf("creating the index of couriers: %w", err)
	}
	var n int64
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM couriers").Scan(&n); err != nil {
		return fmt.Errorf("counting couriers: %w", err)
	}
	if n > 0 {
		return nil
	}
	for _, s := range c.seed {
		if _, err := tx.ExecContext(ctx, "INSERT INTO couriers (id,name,zone,capacity,reserved,assigned) VALUES (?,?,?,?,0,0)",
			s.ID, s.Name, s.Zone, s.Capacity); err != nil {
			return fmt.Errorf("inserting courier %q: %w", s.Name, err)
		}
	}
	return nil
}

func (c *couriers) Prepare(ctx context.Context, tx *sqlite.Tx, b participants.Branch) (json.RawMessage, error) {
	o, err := wire.Decode[food.CourierOrder](b.Payload)
	if err != nil {
		return nil, participants.Refuse("%v", err)
	}
	var who choice
	err = tx.QueryRowContext(ctx, `SELECT id,name FROM couriers WHERE zone=? AND reserved+assigned-capacity<0
		ORDER BY reserved+assigned-capacity LIMIT 1`, o.Zone).Scan(&who.Courier, &who.Name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nobody(ctx, tx, o.Zone)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for a courier in %q: %w", o.Zone, err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE couriers SET reserved=reserved+1 WHERE id=?", who.Courier); err != nil {
		return nil, fmt.Errorf("reserving courier %d: %w", who.Courier, err)
	}
	return json.Marshal(who)
}

// nobody returns the refusal of an order for which there is no courier.
func nobody(ctx context.Context, tx *sqlite.Tx, zone string) error {
	rows, err := tx.QueryContext(ctx, "SELECT DISTINCT zone FROM couriers ORDER BY zone LIMIT 20")
	if err != nil {
		return fmt.Errorf("listing the zones: %w", err)
	}
	var zones []string
	for rows.Next() {
		var z string
		if err := rows.Scan(&z); err != nil {
			return fmt.Errorf("reading a zone: %w", err)
		}
		if z == zone {
			return participants.Refuse("every courier in %q is busy", zone)
		}
		zones = append(zones, z)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("listing the zones: %w", err)
	}
	return participants.Refuse("no courier delivers to %q; zones are %s", zone, strings.Join(zones, ", "))
}

func (c *couriers) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	return c.settle(ctx, tx, b, "UPDATE couriers SET reserved=reserved-1, assigned=assigned+1 WHERE id=?")
}

func (c *couriers) Abort(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	return c.settle(ctx, tx, b, "UPDATE couriers SET reserved=reserved-1 WHERE id=?")
}

func (c *couriers) settle(ctx context.Context, tx *sqlite.Tx, b participants.Branch, query string) error {
	var who choice
	if err := json.Unmarshal(b.Detail, &who); err != nil {
		return fmt.Errorf("reading the reserved courier: %w", err)
	}
	n, err := sqlite.Changed(tx.ExecContext(ctx, query, who.Courier))
	if err != nil {
		return fmt.Errorf("settling the reservation of courier %d: %w", who.Courier, err)
	}
	if n != 1 {
		return fmt.Errorf("courier %d, who was reserved, does not exist any more", who.Courier)
	}
	return nil
}
