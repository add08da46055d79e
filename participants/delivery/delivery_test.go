package delivery_test

import (
	"context"
	"testing"

	"parley/participants/sqlite"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/participanttest"
	"parley/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	town := []food.Courier{{ID: 1, Name: "Ada", Zone: "here", Capacity: 30}, {ID: 2, Name: "Bo", Zone: "here", Capacity: 30}}
	participanttest.Exercise(t, participanttest.Fixture{
		Connect:  brokertest.Run(t).Connect,
		Resource: func() participants.Resource[*sqlite.Tx] { return delivery.Resource(town) },
		Yes:      wire.Encode(food.CourierOrder{V: wire.Version, Zone: "here"}),
		No:       wire.Encode(food.CourierOrder{V: wire.Version, Zone: "nowhere"}),
		Totals: func(ctx context.Context, tx *sqlite.Tx) (held, taken int, err error) {
			err = tx.QueryRowContext(ctx, "SELECT sum(reserved),sum(assigned) FROM couriers").Scan(&held, &taken)
			return held, taken, err
		},
	})
}
