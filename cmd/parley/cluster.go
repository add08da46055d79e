package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"parley/internal/child"
	"parley/internal/cli"
	"parley/internal/cluster"
	"parley/internal/supervisor"
)

type clusterCmd struct {
	processFlags
	jsonFlag
	Data string `default:"./parley-cluster" placeholder:"DIR" help:"Directory of all data and logs, created if missing (default ${default})."`
	Port int    `placeholder:"N" help:"First of ${cluster_ports} ports to listen on, instead of the defaults: brokers on 4222 to 4224 and 6222 to 6224, gateways on 8080 and 8081, the blog on 8280."`
}

func (*clusterCmd) Help() string {
	return `Three brokers, two coordinators, inventory, delivery, three idworkers, two gateways and the blog, each a separate process, on this machine. A process that ends is restarted. Each writes to DIR/logs/NAME.log.

Ctrl-C drains them in reverse order, so that each can finish its work; a second Ctrl-C ends them immediately.

Examples:

    parley cluster
    parley cluster --data /var/tmp/cluster --port 20000
    parley status --watch`
}

func (c *clusterCmd) Run(ctx context.Context, a *cli.App, h *child.ShutdownHooks) error {
	o := cluster.Options{Dir: c.Data, Place: cluster.Loopback()}
	if c.Port != 0 {
		place, err := cluster.LoopbackFrom(c.Port)
		if err != nil {
			return cli.Wrong(fmt.Errorf("--port: %w", err), "run `parley cluster --help` to see what it takes")
		}
		o.Place = place
	}
	plan, err := cluster.Plan(o)
	if err != nil {
		return cli.Wrong(err, "run `parley cluster --help` to see what it takes")
	}
	if err := supervisor.PortsFree(ctx, o); err != nil {
		return err
	}
	if err := (dataFlag{c.Data}).prepare(a.Log); err != nil {
		return err
	}
	unlock, err := supervisor.Lock(c.Data)
	if err != nil {
		return err
	}
	defer unlock()
	logs := supervisor.Logs(filepath.Join(c.Data, "logs"))
	if err := logs.Prepare(plan); err != nil {
		return cli.Failed(err, "choose another directory with --data DIR")
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	s := &supervisor.Supervisor{Program: self, Flags: c.childFlags(), Logs: logs, OnEvent: supervisor.Printer(a, plan), Shutdown: h}
	err = c.serve(ctx, s.Group(o, plan), func() { c.welcome(a, o, plan) })
	s.OnEvent(supervisor.Event{Event: supervisor.EventStopped, Cluster: true})
	return err
}

// childFlags returns flags for the command line of every process.
func (c *clusterCmd) childFlags() []string {
	flags := []string{"--until-eof", "--log-level", c.LogLevel}
	if c.LogJSON {
		flags = append(flags, "--log-json")
	}
	return flags
}

// welcome prints the addresses and what to try next.
func (c *clusterCmd) welcome(a *cli.App, o cluster.Options, plan []cluster.Process) {
	url := cluster.NATS(o)
	if a.JSON {
		supervisor.Printer(a, plan)(supervisor.Event{Event: supervisor.EventUp, NATS: url, Cluster: true})
		return
	}
	rows := [][]string{{"PROCESS", "ADDRESS", "LOG"}}
	page := ""
	for _, p := range plan {
		address := supervisor.AddressOf(o, p)
		if p.Role == cluster.RoleGateway && page == "" {
			page = address
		}
		rows = append(rows, []string{p.Name, address, supervisor.Logs(filepath.Join(c.Data, "logs")).Path(p.Name)})
	}
	a.Printf("\nThe cluster is up: %d processes, data in %s.\n\n", len(plan), c.Data)
	a.Table(rows)
	a.Printf("\nOpen %s in a browser to chat, to order, and to watch it happen.\n\nIn another terminal:\n", page)
	self := command()
	a.Facts(
		"export PARLEY_NATS="+url, "once, so that commands work while any broker is dead",
		fmt.Sprintf("%s order %s 2", self, sampleOrder), "take stock and a courier, or neither",
		self+" status --watch", "see every process, and kill some of them",
	)
	a.Printf("\nCtrl-C drains everything in order.\n\n")
}

// command returns the name by which this program was called.
func command() string {
	if strings.ContainsRune(os.Args[0], filepath.Separator) {
		return os.Args[0]
	}
	return "parley"
}
