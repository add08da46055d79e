// Package cluster runs the processes that the chat is tested with: brokers, two
// idworkers and two gateways.
package cluster

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"parley/test/proc"
)

// Cluster is the processes.
type Cluster struct {
	testing.TB
	program  proc.Program
	URL      string // of all brokers
	Brokers  []*Broker
	others   []*proc.Process
	Gateways []*Gateway
}

// Broker is one place in the cluster: the process in it changes.
type Broker struct {
	Name    string
	args    []string
	Process *proc.Process
}

// Gateway is one place too, always at the same address.
type Gateway struct {
	URL     string
	Process *proc.Process
	// Here is how many raw clients are connected.
	Here atomic.Int64
}

// New starts everything, with so many brokers.
func New(t testing.TB, program proc.Program, nodes int) *Cluster {
	t.Helper()
	c := &Cluster{TB: t, program: program}
	c.startBrokers(nodes)
	proc.Eventually(t, proc.Patience, "creating the streams", func() error {
		_, errs, code := c.program.Run(t, "init", "--nats", c.URL, "--replicas", fmt.Sprint(nodes))
		if code != proc.ExitOK {
			return errors.New(errs)
		}
		return nil
	})
	for range 2 {
		c.others = append(c.others, c.program.Start(t, "idworker", "--nats", c.URL))
	}
	for _, at := range freePorts(t, 2) {
		g := &Gateway{URL: "http://" + at}
		c.Gateways = append(c.Gateways, g)
		c.Start(g)
	}
	return c
}

func (c *Cluster) startBrokers(nodes int) {
	c.Helper()
	ports, names := freePorts(c, 2*nodes), "abcde"
	var urls []string
	for i := range nodes {
		b := &Broker{Name: names[i : i+1], args: []string{"broker", "--data", c.TempDir(), "--listen", ports[i]}}
		if nodes > 1 {
			b.args = append(b.args, "--name", b.Name, "--cluster-listen", ports[nodes+i], "--peers", strings.Join(ports[nodes:], ","))
		}
		urls = append(urls, "nats://"+ports[i])
		c.Brokers = append(c.Brokers, b)
		b.Process = c.program.Start(c, b.args...)
	}
	for _, b := range c.Brokers {
		b.Process.URL()
	}
	c.URL = strings.Join(urls, ",")
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

// Start starts a gateway, with bounds that suit a test: it is found dead within
// seconds, clients that do not read are cut off soon, and programs may write
// faster than people.
func (c *Cluster) Start(g *Gateway) {
	c.Helper()
	g.Process = c.program.Start(
		c, "chatgw", "--nats", c.URL, "--http", strings.TrimPrefix(g.URL, "http://"), "--no-orders",
		"--ping-every", "1s", "--grace", "3s", "--queue-frames", "512", "--queue-bytes", "262144",
		"--messages-per-second", "10000", "--frames-per-second", "10000", "--max-per-address", "10000",
	)
	g.Process.Await("the chat gateway is ready on ")
}

// Restart kills a broker and starts it where it was.
func (c *Cluster) Restart(b *Broker, meanwhile func()) {
	c.Helper()
	b.Process.Kill()
	meanwhile()
	b.Process = c.program.Start(c, b.args...)
	b.Process.URL()
}

// Alive fails the test if something has ended that nobody ended: by a panic, a
// race, an error.
func (c *Cluster) Alive() {
	c.Helper()
	all := c.others
	for _, b := range c.Brokers {
		all = append(all, b.Process)
	}
	for _, g := range c.Gateways {
		all = append(all, g.Process)
	}
	for _, p := range all {
		if p.Ended() {
			c.Fatalf("%s ended by itself, exit %d", p.Name(), p.Wait())
		}
	}
}

// StopWriters ends what writes to the stream, as an operator does.
func (c *Cluster) StopWriters() {
	c.Helper()
	for _, g := range c.Gateways {
		g.Process.Stop()
	}
	for _, p := range c.others {
		p.Stop()
	}
}
