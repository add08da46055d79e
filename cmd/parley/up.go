package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/nats-io/nats.go/jetstream"

	"parley/blog"
	"parley/broker"
	"parley/chatgw"
	"parley/coordinator"
	"parley/idworker"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/faults"
	"parley/internal/host"
	"parley/internal/lifecycle"
	"parley/internal/streams"
	"parley/natsconn"
	"parley/participants"
	"parley/participants/food"
)

type upCmd struct {
	dataFlag
	processFlags
	sampleFlag
	newJournalFlag
	proxyFlags
	Listen string `default:"127.0.0.1:4222" placeholder:"HOST:PORT" help:"Where NATS listens; port 0 takes a free one (default ${default})."`
	HTTP   string `name:"http" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where HTTP listens; port 0 takes a free one (default ${default})."`
}

func (*upCmd) Help() string {
	return `A broker, a coordinator, inventory, delivery, two idworkers, the blog and a chat gateway with its page in one process. Everything is durable: nothing is lost when it is stopped and started again. Ctrl-C stops it in order, a second Ctrl-C immediately.

Examples:

    parley up
    parley up --data /var/lib/parley
    parley up --proxy 127.0.0.1/32 --origin https://parley.example.com`
}

func (c *upCmd) Run(ctx context.Context, a *cli.App) error {
	b, err := broker.New(broker.Config{Listen: c.Listen, StoreDir: c.broker(), Log: a.Log.With("role", "broker")})
	if err != nil {
		return cli.Wrong(asFlags(err), "run `parley up --help` to see what it takes")
	}
	if err := c.prepareBlog(a.Log); err != nil {
		return err
	}
	var gateway *chatgw.Gateway
	g, err := c.group(b, a, &gateway)
	if err != nil {
		return err
	}
	err = c.serve(ctx, g, func() { c.welcome(a, b.ClientURL(), "http://"+gateway.Addr().String()+"/") })
	if err == nil {
		a.Printf("Stopped.\n")
	}
	return asFlags(httpTaken(aboutJournal(err), c.HTTP))
}

// group returns every role, in the order of their dependencies.
func (c *upCmd) group(b *broker.Broker, a *cli.App, made **chatgw.Gateway) (*lifecycle.Group, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	conn := func(role string) natsconn.Options {
		return natsconn.Options{InProcess: b.InProcess(), Name: "parley " + role, Log: a.Log.With("role", role)}
	}
	participant := func(name string) participants.Config {
		return participants.Config{Name: name, NewJournal: c.NewJournal, Log: a.Log}
	}
	g := new(lifecycle.Group)
	g.Add("broker", b)
	g.Add("streams", lifecycle.NewTask(func(ctx context.Context) error { return createStreams(ctx, conn("init")) }, nil))
	for i := range upIDWorkers {
		g.Add(fmt.Sprintf("%s %d", catalog.IDWorker, i+1), idworkerRole(conn(catalog.IDWorker), idworker.Config{}))
	}
	// Faults can be injected into these from the page.
	var killable faults.Roles
	addKillable := func(name string, build func() *host.Role, flags ...string) {
		command := func() []string { return append([]string{name, "--nats", b.ClientURL(), "--health="}, flags...) }
		r := faults.New(name, self, command, build)
		killable = append(killable, r)
		g.Add(name, r)
	}
	addKillable(food.Inventory, func() *host.Role {
		return inventoryRole(conn(food.Inventory), participant(food.Inventory), c.journal(food.Inventory), c.sampleFlag)
	}, "--data", c.Data)
	addKillable(food.Delivery, func() *host.Role {
		return deliveryRole(conn(food.Delivery), participant(food.Delivery), c.journal(food.Delivery), c.sampleFlag)
	}, "--data", c.Data)
	// After the participants, so that it stops before them and they can acknowledge
	// the transactions that it finishes.
	addKillable(catalog.Coordinator, func() *host.Role { return coordinatorRole(conn(catalog.Coordinator), coordinator.Config{}) })

	posts := c.posts(conn(catalog.Blog), a)
	g.Add(catalog.Blog, posts)
	cfg := chatgw.Config{Listen: c.HTTP, Log: a.Log.With("role", catalog.Gateway)}
	if err := c.into(&cfg.Socket); err != nil {
		return nil, cli.Wrong(err, "run `parley up --help` to see what it takes")
	}
	parts := gatewayParts{views: true, faults: killable, mount: map[string]http.Handler{"/api/blog/": posts}}
	g.Add(catalog.Gateway, host.NewRole(conn(catalog.Gateway), chatgwRole(cfg, parts, made)))
	return g, nil
}

// mounted is the blog, served by the gateway's HTTP server.
type mounted struct {
	*host.Role
	blog *blog.Blog
}

func (c *upCmd) posts(conn natsconn.Options, a *cli.App) *mounted {
	m := &mounted{}
	m.Role = host.NewRole(conn, blogRole(blog.Config{Dir: c.blog(), Log: a.Log.With("role", catalog.Blog)}, &m.blog))
	return m
}

// ServeHTTP serves the blog, which is ready before the HTTP server starts.
func (m *mounted) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.blog.Handler().ServeHTTP(w, r) }

// upIDWorkers is two, to show that each has a different number.
const upIDWorkers = 2

// createStreams creates the streams on a separate connection.
func createStreams(ctx context.Context, conn natsconn.Options) error {
	nc, err := natsconn.Connect(ctx, conn)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for _, spec := range catalog.Streams() {
		_, _, err := streams.Ensure(ctx, js, spec, 1)
		for err != nil && ctx.Err() == nil && streams.Unavailable(err) { // the disk is slow
			_, _, err = streams.Ensure(ctx, js, spec, 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// welcome prints the addresses and what to try next.
func (c *upCmd) welcome(a *cli.App, url, page string) {
	self := command()
	at := ""
	if url != "nats://127.0.0.1:4222" {
		at = " --nats " + url
	}
	a.Printf(`Parley is up. NATS listens on %s, the data is in %s.

Open %s in a browser to chat, to order, and to watch it happen.

In another terminal:
`, url, c.Data, page)
	a.Facts(
		self+" menu"+at, "what can be ordered",
		fmt.Sprintf("%s order %s 2%s", self, sampleOrder, at), "take stock and a courier, or neither",
		self+" observe"+at, "watch the protocol while you order",
	)
	a.Printf("\nCtrl-C stops everything in order.\n")
}

// sampleOrder is on the sample menu.
const sampleOrder = "margherita"
