package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"parley/internal/child"
	"parley/internal/cli"
	"parley/internal/cluster"
	"parley/internal/lifecycle"
)

// PortsFree makes sure that nobody listens where the cluster will.
func PortsFree(ctx context.Context, o cluster.Options) error {
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

// Supervisor starts the processes of a cluster and starts them again.
type Supervisor struct {
	// Program is this program's file, Flags are on the command line of every process.
	Program string
	Flags   []string
	Logs    Logs
	// Say is told what happens.
	Say func(Event)
	// Shutdown ends the processes when this one exits without a drain.
	Shutdown *child.ShutdownHooks
}

// Group is the cluster as one role: a stage starts when the one before is
// ready, and stops when the one after has ended.
func (s *Supervisor) Group(o cluster.Options, plan []cluster.Process) *lifecycle.Group {
	g := new(lifecycle.Group)
	stages := map[int]*together{}
	for _, p := range plan {
		if stages[p.Stage] == nil {
			stages[p.Stage] = newTogether()
		}
		stages[p.Stage].add(s, p, AddressOf(o, p))
	}
	g.Add("brokers", stages[cluster.StageBrokers])
	g.Add("streams", &initialised{s: s, args: cluster.Init(o), ready: make(chan struct{})})
	g.Add("services", stages[cluster.StageServices])
	g.Add("coordinators", stages[cluster.StageCoordinators])
	g.Add("blog and gateways", stages[cluster.StageEdge])
	g.Add("stopping", newStopping(s))
	return g
}

// AddressOf is where people and programs reach a process, if anywhere.
func AddressOf(o cluster.Options, p cluster.Process) string {
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
	s     *Supervisor
	args  []string
	ready chan struct{}
}

func (i *initialised) Ready() <-chan struct{} { return i.ready }

func (i *initialised) Run(ctx context.Context) error {
	if err := child.Run(ctx, i.s.Program, i.args...); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	i.s.Say(Event{Process: "streams", Event: eventReady, Detail: "on all brokers"})
	close(i.ready)
	<-ctx.Done()
	return nil
}

// stopping is the role that stops first, and says so.
type stopping struct {
	s     *Supervisor
	ready chan struct{}
}

func newStopping(s *Supervisor) *stopping {
	r := &stopping{s: s, ready: make(chan struct{})}
	close(r.ready)
	return r
}

func (r *stopping) Ready() <-chan struct{} { return r.ready }

func (r *stopping) Run(ctx context.Context) error {
	<-ctx.Done()
	r.s.Say(Event{Event: eventStopping, Detail: "draining in reverse order; Ctrl-C again ends everything at once", Cluster: true})
	return nil
}
