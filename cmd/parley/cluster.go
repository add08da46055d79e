package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"parley/internal/child"
	"parley/internal/cli"
	"parley/internal/cluster"
	"parley/internal/lifecycle"
)

type clusterCmd struct {
	processFlags
	jsonFlag
	Data string `default:"./parley-cluster" placeholder:"DIR" help:"Directory of all data and logs; it is made if need be (default ${default})."`
	Port int    `placeholder:"N" help:"First of ${cluster_ports} ports to listen on, instead of the usual ones: brokers on 4222 to 4224 and 6222 to 6224, gateways on 8080 and 8081, the blog on 8280."`
}

func (*clusterCmd) Help() string {
	return `Three brokers, two coordinators, inventory, delivery, three idworkers, two gateways and the blog, each a process of its own, on this machine. A process that ends is started again. Each writes to DIR/logs/NAME.log.

Ctrl-C drains them in reverse order, those that finish the work of others last; a second Ctrl-C ends them at once.

Examples:

    parley cluster
    parley cluster --data /var/tmp/cluster --port 20000
    parley status --watch`
}

func (c *clusterCmd) Run(ctx context.Context, a *cli.App, h *child.Hurry) error {
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
	if err := portsFree(ctx, o); err != nil {
		return err
	}
	if err := (dataFlag{c.Data}).prepare(); err != nil {
		return err
	}
	unlock, err := lockCluster(c.Data)
	if err != nil {
		return err
	}
	defer unlock()
	logs := logDir(filepath.Join(c.Data, "logs"))
	if err := logs.prepare(plan); err != nil {
		return cli.Failed(err, "choose another directory with --data DIR")
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	s := &supervisor{program: self, flags: c.childFlags(), logs: logs, say: newTeller(a, plan).say, hurry: h}
	err = c.serve(ctx, s.group(o, plan), func() { c.welcome(a, o, plan) })
	s.say(clusterEvent{Event: eventStopped, cluster: true})
	return err
}

// childFlags are on the command line of every process.
func (c *clusterCmd) childFlags() []string {
	flags := []string{"--until-eof", "--log-level", c.LogLevel}
	if c.LogJSON {
		flags = append(flags, "--log-json")
	}
	return flags
}

// portsFree makes sure that nobody listens where the cluster will.
func portsFree(ctx context.Context, o cluster.Options) error {
	var taken []string
	for _, l := range cluster.Listeners(o) {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.Address)
		if err != nil {
			taken = append(taken, fmt.Sprintf("%s for %s", l.Address, l.Process))
			continue
		}
		listener.Close()
	}
	switch {
	case len(taken) == 0:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return cli.Failed(errors.New("nothing was started: in use is "+strings.Join(taken, ", ")),
		fmt.Sprintf("stop what listens there, or take %d other ports with --port N", cluster.Ports))
}

// supervisor starts the processes of a cluster and starts them again.
type supervisor struct {
	program string
	flags   []string
	logs    logDir
	say     func(clusterEvent)
	hurry   *child.Hurry
}

// group is the cluster as one role: a stage starts when the one before is
// ready, and stops when the one after has ended.
func (s *supervisor) group(o cluster.Options, plan []cluster.Process) *lifecycle.Group {
	g := new(lifecycle.Group)
	stages := map[int]*together{}
	for _, p := range plan {
		if stages[p.Stage] == nil {
			stages[p.Stage] = newTogether()
		}
		stages[p.Stage].add(s, p, addressOf(o, p))
	}
	g.Add("brokers", stages[cluster.StageBrokers])
	g.Add("streams", &initialised{s: s, args: cluster.Init(o), ready: make(chan struct{})})
	g.Add("services", stages[cluster.StageServices])
	g.Add("coordinators", stages[cluster.StageCoordinators])
	g.Add("blog and gateways", stages[cluster.StageEdge])
	g.Add("stopping", newStopping(s))
	return g
}

// addressOf is where people and programs reach a process, if anywhere.
func addressOf(o cluster.Options, p cluster.Process) string {
	switch p.Role {
	case cluster.RoleBroker:
		return "nats://" + o.Place(p.Name, cluster.PortClient)
	case cluster.RoleGateway:
		return "http://" + o.Place(p.Name, cluster.PortHTTP) + "/"
	case cluster.RoleBlog:
		return "http://" + o.Place(p.Name, cluster.PortHTTP) + "/api/blog/posts"
	}
	return ""
}

// initialised is the role that makes the streams and then has nothing to do. How
// long it waits for the brokers is up to `parley init`.
type initialised struct {
	s     *supervisor
	args  []string
	ready chan struct{}
}

func (i *initialised) Ready() <-chan struct{} { return i.ready }

func (i *initialised) Run(ctx context.Context) error {
	if err := child.Run(ctx, i.s.program, i.args...); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	i.s.say(clusterEvent{Process: "streams", Event: eventReady, Detail: "on all brokers"})
	close(i.ready)
	<-ctx.Done()
	return nil
}

// stopping is the role that stops first, and says so.
type stopping struct {
	s     *supervisor
	ready chan struct{}
}

func newStopping(s *supervisor) *stopping {
	r := &stopping{s: s, ready: make(chan struct{})}
	close(r.ready)
	return r
}

func (r *stopping) Ready() <-chan struct{} { return r.ready }

func (r *stopping) Run(ctx context.Context) error {
	<-ctx.Done()
	r.s.say(clusterEvent{Event: eventStopping, Detail: "draining in reverse order; Ctrl-C again ends everything at once", cluster: true})
	return nil
}
