package brokertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/broker"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Cluster is a cluster of brokers.
type Cluster struct {
	Nodes []*Server
}

// RunCluster starts n nodes and waits until they have a leader that knows all of
// them.
func RunCluster(t testing.TB, n int) *Cluster {
	t.Helper()
	c := &Cluster{}
	for attempt := 1; ; attempt++ {
		err := c.start(t, n)
		if err == nil {
			break
		}
		c.kill()
		if attempt == portAttempts || !strings.Contains(err.Error(), "in use") {
			t.Fatalf("brokertest: starting a cluster of %d nodes: %v", n, err)
		}
	}
	// The leader may be ready before it can place replicas on all nodes.
	poll(t, StartTimeout, "the leader to know all nodes of the cluster", func() bool {
		for _, s := range c.Nodes {
			if len(s.broker.ClusterPeers()) == n {
				return true
			}
		}
		return false
	})
	return c
}

func (c *Cluster) start(t testing.TB, n int) error {
	t.Helper()
	ports := freePorts(t, 2*n)
	clients, routes := ports[:n], ports[n:]
	c.Nodes = nil
	// Nodes are stopped before their folders are removed: clean-ups run in the
	// reverse order.
	dirs := make([]string, n)
	for i := range dirs {
		dirs[i] = t.TempDir()
	}
	t.Cleanup(c.kill)
	for i := range n {
		c.Nodes = append(c.Nodes, &Server{cfg: broker.Config{
			Name:     fmt.Sprintf("node%d", i),
			Listen:   clients[i],
			StoreDir: dirs[i],
			Cluster:  &broker.Cluster{Name: "test", Listen: routes[i], Peers: routes},
			Log:      testLog(t),
		}})
	}
	for _, s := range c.Nodes {
		s.start(t)
	}
	for _, s := range c.Nodes {
		if err := s.await(StartTimeout); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) kill() {
	for _, s := range c.Nodes {
		s.Kill()
	}
}

// URLs returns the addresses of all nodes, separated by commas.
func (c *Cluster) URLs() string {
	var urls []string
	for _, s := range c.Nodes {
		urls = append(urls, s.URL())
	}
	return strings.Join(urls, ",")
}

// Connect opens a connection to any running node, like [Server.Connect].
func (c *Cluster) Connect(t testing.TB) *nats.Conn { t.Helper(); return connect(t, c.URLs()) }

// KillNode kills a node, see [Server.Kill].
func (c *Cluster) KillNode(i int) { c.Nodes[i].Kill() }

// RestartNode starts a node again and waits until it is ready, which takes a
// majority of running nodes.
func (c *Cluster) RestartNode(t testing.TB, i int) { t.Helper(); c.Nodes[i].Restart(t) }

// Restart kills the running nodes, starts all nodes again and waits
// until they are ready.
func (c *Cluster) Restart(t testing.TB) {
	t.Helper()
	c.kill()
	for _, s := range c.Nodes {
		s.start(t)
	}
	for _, s := range c.Nodes {
		s.ready(t)
	}
}

// StreamLeader returns the index of the node that leads a stream. It waits for an
// election to end.
func (c *Cluster) StreamLeader(t testing.TB, stream string) int {
	t.Helper()
	js, err := jetstream.New(c.Connect(t))
	if err != nil {
		t.Fatalf("brokertest: %v", err)
	}
	leader := -1
	poll(t, StartTimeout, "a leader of stream "+stream, func() bool {
		info, err := streamInfo(js, stream)
		if err != nil || info.Cluster == nil {
			return false
		}
		for i, s := range c.Nodes {
			if s.cfg.Name == info.Cluster.Leader {
				leader = i
			}
		}
		return leader >= 0
	})
	return leader
}

// StepDown makes the leader of a stream step down, and returns when it has; see
// [Cluster.StreamLeader] for the next one. A request without a leader is not
// answered, so it is repeated.
func (c *Cluster) StepDown(t testing.TB, stream string) error {
	t.Helper()
	nc := c.Connect(t)
	var err error
	for end := time.Now().Add(StartTimeout); time.Now().Before(end); {
		var answer *nats.Msg
		answer, err = nc.Request("$JS.API.STREAM.LEADER.STEPDOWN."+stream, nil, stepDownTimeout)
		if err == nil && strings.Contains(string(answer.Data), `"success":true`) {
			return nil
		}
		if err == nil {
			err = errors.New(string(answer.Data))
		}
	}
	return fmt.Errorf("requesting the leader of stream %s to step down: %w", stream, err)
}

// stepDownTimeout bounds one request to step down.
const stepDownTimeout = 3 * time.Second

func streamInfo(js jetstream.JetStream, stream string) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	return s.CachedInfo(), nil
}

// poll waits until ok returns true, and fails the test after timeout.
func poll(t testing.TB, timeout time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(timeout)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("brokertest: waited %v for %s", timeout, what)
		case <-tick.C:
		}
	}
}
