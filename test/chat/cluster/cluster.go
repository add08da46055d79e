// Package cluster runs the processes that the chat is tested with: brokers, two
// idworkers and two gateways.
package cluster

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"parley/internal/cluster"
	"parley/test/proc"
)

// Cluster is the processes.
type Cluster struct {
	testing.TB
	program proc.Program
	URL     string // of all brokers
	members []*Member
	// Brokers and Gateways are members.
	Brokers, Gateways []*Member
}

// Member is one place in the cluster, always at the same address: the process in it
// changes.
type Member struct {
	plan    cluster.Process
	Process *proc.Process
	URL     string // of a gateway
	// Connected is how many raw clients a gateway has.
	Connected atomic.Int64
}

// New starts everything, with so many brokers.
func New(t testing.TB, program proc.Program, nodes int) *Cluster {
	t.Helper()
	c := &Cluster{TB: t, program: program}
	at := freePorts(t, 2*nodes+2)
	clients, routes, gateways := at[:nodes], at[nodes:2*nodes], at[2*nodes:]
	c.URL = "nats://" + strings.Join(clients, ",nats://")
	plan := slices.Concat(c.brokers(clients, routes), c.idworkers(), c.gateways(gateways))
	program.StartCluster(t, plan, []string{"init", "--nats", c.URL, "--replicas", fmt.Sprint(nodes)}, func(p cluster.Process) func() {
		m := &Member{plan: p}
		c.members = append(c.members, m)
		switch p.Role {
		case cluster.RoleBroker:
			c.Brokers = append(c.Brokers, m)
		case cluster.RoleGateway:
			m.URL = "http://" + gateways[len(c.Gateways)]
			c.Gateways = append(c.Gateways, m)
		}
		m.Process = program.Start(t, p.Args...)
		return func() { m.Process.Await(p.Ready) }
	})
	return c
}

func (c *Cluster) brokers(clients, routes []string) (plan []cluster.Process) {
	for i, at := range clients {
		args := []string{"broker", "--data", c.TempDir(), "--listen", at}
		if len(clients) > 1 {
			args = append(args, "--name", fmt.Sprint("broker-", i+1), "--cluster-listen", routes[i], "--peers", strings.Join(routes, ","))
		}
		plan = append(plan, cluster.Process{Role: cluster.RoleBroker, Args: args, Ready: "^NATS listens on ", Stage: cluster.StageBrokers})
	}
	return plan
}

func (c *Cluster) idworkers() []cluster.Process {
	p := cluster.Process{Role: cluster.RoleIDWorker, Args: []string{"idworker", "--nats", c.URL}, Ready: "^the idworker is ready$", Stage: cluster.StageServices}
	return []cluster.Process{p, p}
}

// gateways have bounds that suit a test: they are found dead within seconds, clients that
// do not read are cut off soon, and programs may write faster than people.
func (c *Cluster) gateways(addresses []string) (plan []cluster.Process) {
	for _, at := range addresses {
		plan = append(plan, cluster.Process{Role: cluster.RoleGateway, Ready: "^the chat gateway is ready on ", Stage: cluster.StageEdge, Args: []string{
			"chatgw", "--nats", c.URL, "--http", at, "--no-orders",
			"--ping-every", "1s", "--grace", "3s", "--queue-frames", "512", "--queue-bytes", "262144",
			"--messages-per-second", "10000", "--frames-per-second", "10000", "--max-per-address", "10000",
		}})
	}
	return plan
}

// freePorts are addresses at which nobody listens.
func freePorts(t testing.TB, n int) (at []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		at = append(at, l.Addr().String())
	}
	return at
}

// Start starts the process of a member again.
func (c *Cluster) Start(m *Member) {
	c.Helper()
	m.Process = c.program.Start(c, m.plan.Args...)
	m.Process.Await(m.plan.Ready)
}

// Restart kills the process of a member and starts it again.
func (c *Cluster) Restart(m *Member, meanwhile func()) {
	c.Helper()
	m.Process.Kill()
	meanwhile()
	c.Start(m)
}

// Alive fails the test if a process has ended that nobody ended: by a panic, a race, an
// error.
func (c *Cluster) Alive() {
	c.Helper()
	for _, m := range c.members {
		if m.Process.Ended() {
			c.Fatalf("%s ended by itself, exit %d", m.Process.Name(), m.Process.Wait())
		}
	}
}

// StopWriters ends what writes to the stream, as an operator does: the later ones first.
func (c *Cluster) StopWriters() {
	c.Helper()
	for _, m := range slices.Backward(c.members) {
		if m.plan.Stage > cluster.StageBrokers {
			m.Process.Stop()
		}
	}
}
