package txclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"time"

	"parley/coordinator/txclient"
	"parley/parleytest"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/test/examples"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// An order takes stock and a courier, or neither. Its key makes repeating safe: who
// lost the answer submits once more, and receives the same.
func Example() {
	t := examples.New() // in a test, its *testing.T
	defer t.End()
	sys := parleytest.Start(t) // a broker and a coordinator; else natsconn.Connect
	quiet := participants.Config{Log: sys.Logger()}
	sys.Run(t, food.Inventory, func(nc *nats.Conn) (parleytest.Role, error) {
		return inventory.New(inventory.Config{Config: quiet, Path: filepath.Join(t.TempDir(), "inventory.db"), Seed: inventory.Sample()}, participants.Deps{NATS: nc})
	})
	sys.Run(t, food.Delivery, func(nc *nats.Conn) (parleytest.Role, error) {
		return delivery.New(delivery.Config{Config: quiet, Path: filepath.Join(t.TempDir(), "delivery.db"), Seed: delivery.Sample()}, participants.Deps{NATS: nc})
	})

	client, err := txclient.New(sys.Connect(t))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	payload := func(v any) json.RawMessage {
		data, err := json.Marshal(v)
		if err != nil {
			log.Fatal(err)
		}
		return data
	}
	order := txclient.Request{Key: "order-1", Branches: []txwire.Branch{
		{Participant: food.Inventory, Payload: payload(map[string]any{"v": 1, "item": "margherita", "quantity": 2})},
		{Participant: food.Delivery, Payload: payload(map[string]any{"v": 1, "zone": "centre"})},
	}}
	for range 2 {
		o, err := client.Submit(ctx, order)
		if errors.Is(err, txclient.ErrUnknown) {
			continue // it may be committed: submit again with this key
		}
		if err != nil {
			log.Fatal(err) // nothing was done
		}
		fmt.Println(o.Key, o.Status)
	}
	// Output:
	// order-1 committed
	// order-1 committed
}
