// Package examples starts what the examples of other packages need: a broker with
// every stream, and roles on it. Examples have no [testing.TB], so it ends the process
// when something fails.
package examples

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"os"

	"parley/broker"
	"parley/internal/catalog"
	"parley/internal/lifecycle"
	"parley/internal/streams"
	"parley/natsconn"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Quiet is a log that nobody reads.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Role makes one role on a connection; dir is a directory of the example's own.
type Role func(nc *nats.Conn, dir string) (lifecycle.Role, error)

// Start returns a connection to a broker when all roles serve, and what stops them, the
// last one first, and removes what they have stored.
func Start(roles ...Role) (nc *nats.Conn, stop func()) {
	dir, err := os.MkdirTemp("", "parley-example-")
	must(err)
	b, err := broker.New(broker.Config{Listen: "127.0.0.1:0", StoreDir: dir + "/broker", Log: Quiet()})
	must(err)
	stops := []func() error{func() error { return os.RemoveAll(dir) }, run(b)}
	ctx := context.Background()
	nc, err = natsconn.Connect(ctx, natsconn.Options{URL: b.ClientURL(), Log: Quiet()})
	must(err)
	stops = append(stops, func() error { nc.Close(); return nil })
	js, err := jetstream.New(nc)
	must(err)
	for _, spec := range catalog.Streams() {
		_, _, err := streams.Ensure(ctx, js, spec, 1)
		must(err)
	}
	for _, role := range roles {
		r, err := role(nc, dir)
		must(err)
		stops = append(stops, run(r))
	}
	return nc, func() {
		for i := len(stops) - 1; i >= 0; i-- {
			must(stops[i]())
		}
	}
}

// run starts a role, and returns when it serves.
func run(r lifecycle.Role) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	select {
	case <-r.Ready():
	case err := <-ended:
		must(errors.Join(errors.New("a role ended before it was ready"), err))
	}
	return func() error {
		cancel()
		return <-ended
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
