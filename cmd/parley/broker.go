package main

import (
	"context"
	"errors"
	"strings"

	"parley/broker"
	"parley/internal/cli"
)

type brokerCmd struct {
	dataFlag
	processFlags
	Listen        string   `default:"127.0.0.1:4222" placeholder:"HOST:PORT" help:"Where clients connect; port 0 takes a free one (default ${default})."`
	Name          string   `placeholder:"NAME" help:"Name of this server; in a cluster each needs its own, the same after a restart."`
	ClusterName   string   `placeholder:"NAME" help:"Name of the cluster."`
	ClusterListen string   `placeholder:"HOST:PORT" help:"Where the other nodes of the cluster connect; makes this broker a member."`
	Peers         []string `placeholder:"HOST:PORT,..." help:"--cluster-listen of the other nodes; the list may hold this one too."`
	Monitor       string   `placeholder:"HOST:PORT" help:"Where nats-server's HTTP monitor listens; off by default."`
}

func (*brokerCmd) Help() string {
	return `The broker is nats-server with JetStream and sync always: every acknowledged message is on the disk. Any NATS from 2.15 on can be used instead, see the documents on operation.

Examples:

    parley broker --data /var/lib/parley
    parley broker --name a --cluster-listen 127.0.0.1:6001 --peers 127.0.0.1:6001,127.0.0.1:6002,127.0.0.1:6003 --listen 127.0.0.1:4001 --data a
    parley init --replicas 3 --nats nats://127.0.0.1:4001`
}

func (c *brokerCmd) Validate() error {
	if c.ClusterListen == "" && (c.ClusterName != "" || len(c.Peers) > 0) {
		return errors.New("--cluster-name and --peers need --cluster-listen HOST:PORT")
	}
	return nil
}

func (c *brokerCmd) Run(ctx context.Context, a *cli.App) error {
	cfg := broker.Config{Name: c.Name, Listen: c.Listen, StoreDir: c.broker(), MonitorListen: c.Monitor, Log: a.Log}
	if c.ClusterListen != "" {
		cfg.Cluster = &broker.Cluster{Name: c.ClusterName, Listen: c.ClusterListen, Peers: c.Peers}
	}
	b, err := broker.New(cfg)
	if err != nil {
		return cli.Wrong(asFlags(err), "run `parley broker --help` to see what it takes")
	}
	if err := c.prepare(a.Log); err != nil {
		return err
	}
	return asFlags(c.serve(ctx, b, func() {
		a.Printf("NATS listens on %s\n", b.ClientURL())
	}))
}

// asFlags replaces the names of fields of [broker.Config] in an error by the names of
// the flags that set them.
func asFlags(err error) error {
	if err == nil {
		return nil
	}
	text := strings.NewReplacer(
		"Cluster.Listen", "--cluster-listen", "Cluster.Name", "--cluster-name", "Cluster.Peers", "--peers",
		"MonitorListen", "--monitor", "StoreDir", "--data", "Listen", "--listen", "Name", "--name",
		// A group of roles adds the role's name, which may be in its errors already.
		"broker: broker: ", "broker: ",
	).Replace(err.Error())
	return &renamed{err: err, text: text}
}

// renamed is an error with a different text.
type renamed struct {
	err  error
	text string
}

func (r *renamed) Error() string { return r.text }
func (r *renamed) Unwrap() error { return r.err }
