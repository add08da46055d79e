package txclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"time"

	"parley/coordinator/txclient"
	"parley/parleytest"
	"parley/participants"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/test/examples"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// eventExample starts a broker with the streams ORDERS and CARTS, inventory, and a
// coordinator that may publish on orders.>, and returns a client.
func eventExample() (client *txclient.Client, js jetstream.JetStream, stop func()) {
	t := examples.New()
	sys := parleytest.Start(t, parleytest.EventSubjects("orders.>"))
	sys.Run(t, food.Inventory, func(nc *nats.Conn) (parleytest.Role, error) {
		path := filepath.Join(t.TempDir(), "inventory.db")
		return inventory.New(inventory.Config{Config: participants.Config{Log: sys.Logger()}, Path: path, Seed: inventory.Sample()}, participants.Deps{NATS: nc})
	})
	nc := sys.Connect(t)
	client, err := txclient.New(nc)
	if err != nil {
		log.Fatal(err)
	}
	js, err = jetstream.New(nc)
	if err != nil {
		log.Fatal(err)
	}
	for name, subject := range map[string]string{"ORDERS": "orders.>", "CARTS": "carts"} {
		if _, err := js.CreateStream(context.Background(), jetstream.StreamConfig{Name: name, Subjects: []string{subject}}); err != nil {
			log.Fatal(err)
		}
	}
	return client, js, func() {
		_ = client.Close()
		t.End()
	}
}

// An event is published if and only if its transaction commits: the second order is
// refused, since there is not that much stock.
func ExampleRequest_events() {
	client, js, stop := eventExample()
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	for _, quantity := range []string{"2", "1000000"} {
		o, err := client.Submit(ctx, txclient.Request{
			Branches: []txwire.Branch{{Participant: food.Inventory, Payload: []byte(`{"v":1,"item":"margherita","quantity":` + quantity + `}`)}},
			Events: []txwire.Event{{
				Subject: "orders.placed",
				Headers: []txwire.EventHeader{{Name: "Content-Type", Value: "application/json"}},
				Data:    []byte(`{"quantity":` + quantity + `}`),
			}},
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(quantity, o.Status)
	}

	consumer, err := js.OrderedConsumer(ctx, "ORDERS", jetstream.OrderedConsumerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	msg, err := consumer.Next(jetstream.FetchContext(ctx)) // it is published a moment after the answer
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %s\n", msg.Subject(), msg.Data())
	// Output:
	// 2 committed
	// 1000000 aborted
	// orders.placed {"quantity":2}
}

// transact has the transaction of one message, whose key is its place in the stream: a
// message that is delivered again is the same submission, and has the same outcome. The
// message is acknowledged once that is final, and delivered again if it is not known.
func transact(ctx context.Context, client *txclient.Client, msg jetstream.Msg) (txwire.Status, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return "", err
	}
	o, err := client.Submit(ctx, txclient.Request{
		Key:      fmt.Sprintf("%s/%d", meta.Stream, meta.Sequence.Stream),
		Branches: []txwire.Branch{{Participant: food.Inventory, Payload: msg.Data()}},
		Events:   []txwire.Event{{Subject: "orders.placed", Data: msg.Data()}},
	})
	switch {
	case errors.Is(err, txclient.ErrUnknown):
		return txwire.StatusUnknown, msg.NakWithDelay(time.Second)
	case err != nil:
		return "", errors.Join(err, msg.NakWithDelay(time.Minute)) // nothing was done; a person looks at it
	}
	// Committed or aborted, for good. If this acknowledgement is lost the message is
	// delivered again, and the answer is the same.
	return o.Status, msg.DoubleAck(ctx)
}

// A service consumes messages, has a transaction for each, and acknowledges them: each
// takes effect exactly once, and so does its event, although the consumer here forgets
// its first acknowledgement.
func ExampleClient_Submit_consume() {
	client, js, stop := eventExample()
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	if _, err := js.Publish(ctx, "carts", []byte(`{"v":1,"item":"margherita","quantity":2}`)); err != nil {
		log.Fatal(err)
	}
	consumer, err := js.CreateConsumer(ctx, "CARTS", jetstream.ConsumerConfig{Durable: "orders", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		log.Fatal(err)
	}
	for _, forgets := range []bool{true, false} {
		msg, err := consumer.Next(jetstream.FetchContext(ctx))
		if err != nil {
			log.Fatal(err)
		}
		acknowledged := msg
		if forgets {
			acknowledged = forgetful{msg}
		}
		status, err := transact(ctx, client, acknowledged)
		if err != nil {
			log.Fatal(err)
		}
		meta, _ := msg.Metadata()
		fmt.Printf("delivery %d of %s %d: %s\n", meta.NumDelivered, meta.Stream, meta.Sequence.Stream, status)
	}

	events, err := js.OrderedConsumer(ctx, "ORDERS", jetstream.OrderedConsumerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	msg, err := events.Next(jetstream.FetchContext(ctx))
	if err != nil {
		log.Fatal(err)
	}
	meta, _ := msg.Metadata()
	fmt.Printf("%s, and %d more\n", msg.Subject(), meta.NumPending)
	// Output:
	// delivery 1 of CARTS 1: committed
	// delivery 2 of CARTS 1: committed
	// orders.placed, and 0 more
}

// forgetful is a message whose acknowledgement is lost.
type forgetful struct{ jetstream.Msg }

func (m forgetful) DoubleAck(context.Context) error { return m.Nak() }
