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

// PortsFree returns an error if another process uses a port of the cluster.
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
	return cli.Failed(errors.New("nothing was started: already in use: "+strings.Join(taken, ", ")),
		fmt.Sprintf("stop what listens there, or take %d other ports with --port N", cluster.Ports))
}

// Supervisor starts and restarts the processes of a cluster.
type Supervisor struct {
	// Program is this program's file; Flags are added to the command line of every process.
	Program string
	Flags   []string
	Logs    Logs
	// OnEvent is called with each event.
	OnEvent func(Event)
	// Shutdown ends the processes if this one exits without a drain.
	Shutdown *child.ShutdownHooks
}

// Group returns the cluster as one role: a stage starts when the previous one is
// ready, and stops when the next one has ended.
func (s *Supervisor) Group(o cluster.Options, plan []cluster.Process) *lifecycle.Group {
	g := new(lifecycle.Group)
	stages := map[int]*stage{}
	for _, p := range plan {
		if stages[p.Stage] == nil {
			stages[p.Stage] = newStage()
		}
		stages[p.Stage].add(s, p, AddressOf(o, p))
	}
	g.Add("brokers", stages[cluster.StageBrokers])
	g.Add("streams", lifecycle.NewTask(func(ctx context.Context) error { return s.createStreams(ctx, cluster.Init(o)) }, nil))
	g.Add("services", stages[cluster.StageServices])
	g.Add("coordinators", stages[cluster.StageCoordinators])
	g.Add("blog and gateways", stages[cluster.StageEdge])
	g.Add("stopping", lifecycle.NewTask(func(context.Context) error { return nil }, s.reportStop))
	return g
}

// AddressOf returns the URL at which clients reach a process, empty if it has none.
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

// createStreams creates the streams. The time-out for the brokers is that of
// `parley init`.
func (s *Supervisor) createStreams(ctx context.Context, args []string) error {
	if err := child.Run(ctx, s.Program, args...); err != nil {
		return err
	}
	s.OnEvent(Event{Process: "streams", Event: eventReady, Detail: "on all brokers"})
	return nil
}

// reportStop is called first when the cluster stops.
func (s *Supervisor) reportStop() {
	s.OnEvent(Event{Event: eventStopping, Detail: "draining in reverse order; Ctrl-C again ends everything immediately", Cluster: true})
}
