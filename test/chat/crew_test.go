package chat

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"parley/test/proc"
)

// crew is the processes: brokers, two idworkers and two gateways.
type crew struct {
	testing.TB
	url      string // of all brokers
	brokers  []*broker
	others   []*proc.Process
	gateways []*gateway
}

// broker is one place in the crew: the process in it changes.
type broker struct {
	name    string
	args    []string
	process *proc.Process
}

// gateway is one place too, always at the same address.
type gateway struct {
	url     string
	process *proc.Process
	// here is how many raw clients are connected.
	here atomic.Int64
}

func newCrew(t testing.TB, nodes int) *crew {
	t.Helper()
	c := &crew{TB: t}
	c.startBrokers(nodes)
	proc.Eventually(t, proc.Patience, "creating the streams", func() error {
		_, errs, code := program.Run(t, "init", "--nats", c.url, "--replicas", fmt.Sprint(nodes))
		if code != proc.ExitOK {
			return errors.New(errs)
		}
		return nil
	})
	for range 2 {
		c.others = append(c.others, program.Start(t, "idworker", "--nats", c.url))
	}
	for _, at := range freePorts(t, 2) {
		g := &gateway{url: "http://" + at}
		c.gateways = append(c.gateways, g)
		c.start(g)
	}
	return c
}

func (c *crew) startBrokers(nodes int) {
	c.Helper()
	ports, names := freePorts(c, 2*nodes), "abcde"
	var urls []string
	for i := range nodes {
		b := &broker{name: names[i : i+1], args: []string{"broker", "--data", c.TempDir(), "--listen", ports[i]}}
		if nodes > 1 {
			b.args = append(b.args, "--name", b.name, "--cluster-listen", ports[nodes+i], "--peers", strings.Join(ports[nodes:], ","))
		}
		urls = append(urls, "nats://"+ports[i])
		c.brokers = append(c.brokers, b)
		b.process = program.Start(c, b.args...)
	}
	for _, b := range c.brokers {
		b.process.URL()
	}
	c.url = strings.Join(urls, ",")
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

// start starts a gateway, with bounds that suit a test: it is found dead within
// seconds, clients that do not read are cut off soon, and programs may write
// faster than people.
func (c *crew) start(g *gateway) {
	c.Helper()
	g.process = program.Start(
		c, "chatgw", "--nats", c.url, "--http", strings.TrimPrefix(g.url, "http://"), "--no-orders",
		"--ping-every", "1s", "--grace", "3s", "--queue-frames", "512", "--queue-bytes", "262144",
		"--messages-per-second", "10000", "--frames-per-second", "10000", "--max-per-address", "10000",
	)
	g.process.Await("the chat gateway is ready on ")
}

// restart kills a broker and starts it where it was.
func (c *crew) restart(b *broker, meanwhile func()) {
	c.Helper()
	b.process.Kill()
	meanwhile()
	b.process = program.Start(c, b.args...)
	b.process.URL()
}

// alive fails the test if something has ended that nobody ended: by a panic, a
// race, an error.
func (c *crew) alive() {
	c.Helper()
	all := c.others
	for _, b := range c.brokers {
		all = append(all, b.process)
	}
	for _, g := range c.gateways {
		all = append(all, g.process)
	}
	for _, p := range all {
		if p.Ended() {
			c.Fatalf("%s ended by itself, exit %d", p.Name(), p.Wait())
		}
	}
}

// stopWriters ends what writes to the stream, as an operator does.
func (c *crew) stopWriters() {
	c.Helper()
	for _, g := range c.gateways {
		g.process.Stop()
	}
	for _, p := range c.others {
		p.Stop()
	}
}
