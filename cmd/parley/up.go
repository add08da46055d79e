package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/broker"
	"parley/coordinator"
	"parley/internal/lifecycle"
	"parley/internal/natsconn"
	"parley/internal/streams"
	"parley/participants"
	"parley/wire"
)

type upCmd struct {
	dataFlag
	processFlags
	sampleFlag
	Listen string `default:"127.0.0.1:4222" placeholder:"HOST:PORT" help:"Where NATS listens; port 0 takes a free one (default ${default})."`
}

func (*upCmd) Help() string {
	return `A broker, a coordinator, inventory and delivery in one process. Everything is durable: stop it, start it again, and nothing is forgotten. Ctrl-C stops it in order, a second Ctrl-C at once.

Examples:

    parley up
    parley up --data /var/lib/parley --listen 0.0.0.0:4222`
}

func (c *upCmd) Run(ctx context.Context, a *app) error {
	b, err := broker.New(broker.Config{Listen: c.Listen, StoreDir: c.broker(), Log: a.log.With("role", "broker")})
	if err != nil {
		return wrong(asFlags(err), "run `parley up --help` to see what it takes")
	}
	if err := c.prepare(); err != nil {
		return err
	}
	g := c.group(b, a)
	err = c.serve(ctx, g, func() { c.welcome(a, b.ClientURL()) })
	if err == nil {
		a.printf("Stopped.\n")
	}
	return asFlags(err)
}

// group is every role, in the order in which they build on each other.
func (c *upCmd) group(b *broker.Broker, a *app) *lifecycle.Group {
	conn := func(role string) natsconn.Options {
		return natsconn.Options{InProcess: b.InProcess(), Name: "parley " + role, Log: a.log.With("role", role)}
	}
	participant := func(name string) participants.Config {
		return participants.Config{Name: name, Path: c.journal(name), Log: a.log}
	}
	g := new(lifecycle.Group)
	g.Add("broker", b)
	g.Add("streams", &created{conn: conn("init"), ready: make(chan struct{})})
	g.Add(wire.Inventory, inventoryRole(conn(wire.Inventory), participant(wire.Inventory), c.sampleFlag))
	g.Add(wire.Delivery, deliveryRole(conn(wire.Delivery), participant(wire.Delivery), c.sampleFlag))
	// Last, so that it stops first: it finishes what is under way with the
	// participants still there to acknowledge.
	g.Add("coordinator", coordinatorRole(conn("coordinator"), coordinator.Config{}))
	return g
}

// created is the role that creates the streams and then has nothing to do.
type created struct {
	conn  natsconn.Options
	ready chan struct{}
}

func (s *created) Ready() <-chan struct{} { return s.ready }

func (s *created) Run(ctx context.Context) error {
	nc, err := natsconn.Connect(ctx, s.conn)
	if err != nil {
		return err
	}
	if err := ensure(ctx, nc); err != nil {
		nc.Close()
		return err
	}
	nc.Close()
	close(s.ready)
	<-ctx.Done()
	return nil
}

func ensure(ctx context.Context, nc *nats.Conn) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	_, _, err = streams.Ensure(ctx, js, wire.TxLog(), 1)
	return err
}

// welcome says where everything is and what to type next.
func (c *upCmd) welcome(a *app, url string) {
	self := "parley"
	if strings.ContainsRune(os.Args[0], filepath.Separator) {
		self = os.Args[0]
	}
	at := ""
	if url != "nats://127.0.0.1:4222" {
		at = " --nats " + url
	}
	a.printf(`Parley is up. NATS listens on %s, the data is in %s.

In another terminal:
`, url, c.Data)
	a.facts(
		self+" menu"+at, "what can be ordered",
		fmt.Sprintf("%s order %s 2%s", self, sampleOrder, at), "take stock and a courier, or neither",
		self+" observe"+at, "watch the protocol while you order",
	)
	a.printf("\nCtrl-C stops everything in order.\n")
}

// sampleOrder is on the sample menu.
const sampleOrder = "margherita"
