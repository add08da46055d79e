package idclient_test

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"os"

	"parley/broker"
	"parley/idworker"
	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// exampleSystem is a broker and an idworker for examples, which have no
// [testing.TB].
func exampleSystem() (nc *nats.Conn, stop func()) {
	dir, err := os.MkdirTemp("", "parley-example-")
	must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)

	b, err := broker.New(broker.Config{Listen: "127.0.0.1:0", StoreDir: dir, Log: slog.New(slog.DiscardHandler)})
	must(err)
	go func() { ended <- b.Run(ctx) }()
	select {
	case <-b.Ready():
	case err := <-ended:
		log.Fatal(err)
	}
	nc, err = natsconn.Connect(ctx, natsconn.Options{URL: b.ClientURL(), Log: slog.New(slog.DiscardHandler)})
	must(err)

	js, err := jetstream.New(nc)
	must(err)
	_, _, err = streams.Ensure(ctx, js, wire.IDLeases(), 1)
	must(err)
	w, err := idworker.New(idworker.Config{}, idworker.Deps{NATS: nc})
	must(err)
	working, release := context.WithCancel(ctx)
	go func() { ended <- w.Run(working) }()
	select {
	case <-w.Ready():
	case err := <-ended:
		log.Fatal(err)
	}
	return nc, func() {
		release()
		err := <-ended // the idworker's
		nc.Close()
		cancel()
		must(errors.Join(err, <-ended, os.RemoveAll(dir)))
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
