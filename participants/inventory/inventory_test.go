package inventory_test

import (
	"context"
	"testing"

	"parley/participants/sqlite"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/participants/participanttest"
	"parley/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	const stock = 100
	menu := []food.Item{{Item: "soup", Name: "Soup", PriceCents: 500, Stock: stock}}
	participanttest.Exercise(t, participanttest.Fixture{
		Connect:  brokertest.Run(t).Connect,
		Resource: func() participants.Resource[*sqlite.Tx] { return inventory.Resource(menu) },
		Yes:      wire.Encode(food.StockOrder{V: wire.Version, Item: "soup", Quantity: 1}),
		No:       wire.Encode(food.StockOrder{V: wire.Version, Item: "soup", Quantity: stock + 1}),
		Totals: func(ctx context.Context, tx *sqlite.Tx) (held, taken int, err error) {
			err = tx.QueryRowContext(ctx, "SELECT reserved,?-stock FROM items", stock).Scan(&held, &taken)
			return held, taken, err
		},
	})
}
