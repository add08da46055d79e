package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/internal/cluster"
	"parley/wire"
	"parley/wire/txwire"
)

// Every process of a cluster is drained and started again, one after another, as
// an upgrade does it, while orders, IDs, posts and messages go on. None of them
// fails; the longest pause of each is shown. It runs alone, so that the
// pauses are the restarts' and not those of a busy machine.
func TestRollingRestart(t *testing.T) {
	c := newRolling(t)
	load := c.startLoad()
	load.next("before")
	for _, p := range c.plan {
		load.step(p.Role)
		c.restart(p)
		load.next(p.Name)
	}
	load.stop()

	s := c.harness
	eventually(t, patience, "finishing what was under way", func() error {
		if err := s.inDoubt(); err != nil {
			return err
		}
		return s.unfinished()
	})
	s.check()
	for _, o := range s.orders {
		if o.answer() != string(txwire.StatusCommitted) && !c.late(o) {
			t.Errorf("%s failed: %+v, %v", o.key, o.reply, o.err)
		}
	}
	load.check()
	load.report()
}

// rolling is a cluster whose processes are restarted.
type rolling struct {
	*harness
	o    cluster.Options
	plan []cluster.Process
	// health has the addresses at which brokers report whether they serve.
	health    map[string]string
	processes map[string]*process

	// away is the longest that a process of a role was away.
	mu   sync.Mutex
	away map[string]time.Duration
}

func newRolling(t testing.TB) *rolling {
	t.Helper()
	c := &rolling{harness: &harness{TB: t, participants: map[string]*process{}}, health: map[string]string{}, processes: map[string]*process{}, away: map[string]time.Duration{}}
	first := freePorts(t)
	place, err := cluster.LoopbackFrom(first)
	if err != nil {
		t.Fatal(err)
	}
	c.o = cluster.Options{Dir: t.TempDir(), Place: place}
	if c.plan, err = cluster.Plan(c.o); err != nil {
		t.Fatal(err)
	}
	other := freePorts(t)
	for other < first+cluster.Ports && first < other+cluster.Ports {
		other = freePorts(t)
	}
	for i, name := range cluster.BrokerNames() {
		c.health[name] = fmt.Sprintf("127.0.0.1:%d", other+i)
	}
	binary.StartCluster(c, c.plan, cluster.Init(c.o), func(p cluster.Process) func() {
		c.launch(p)
		return func() { c.await(p) }
	})
	c.url = cluster.NATS(c.o)
	c.connect()
	c.stock = c.inStock()
	return c
}

// launch starts a process and returns before it is ready.
func (c *rolling) launch(p cluster.Process) {
	c.Helper()
	args := slices.Clone(p.Args)
	switch p.Role {
	case cluster.RoleBroker:
		args = append(args, "--health", c.health[p.Name])
	case cluster.RoleInventory, cluster.RoleDelivery:
		args = append(args, "--sample", "bench")
	}
	now := start(c, args...)
	if p.Role == cluster.RoleCoordinator {
		c.coordinators = append(c.coordinators, now)
	}
	c.processes[p.Name] = now
}

// await waits as an operator does before the next restart: until the process is
// ready, and a broker has caught up with the others.
func (c *rolling) await(p cluster.Process) {
	c.Helper()
	now := c.processes[p.Name]
	now.Await(p.Ready)
	if p.Role != cluster.RoleBroker {
		return
	}
	eventually(c, patience, p.Name+" becoming healthy", func() error {
		if now.Ended() {
			c.Fatalf("%s ended by itself", p.Name)
		}
		if _, errs, code := parley(c, "health", "--at", c.health[p.Name]); code != exitOK {
			return fmt.Errorf("exit %d: %s", code, strings.TrimSpace(errs))
		}
		return nil
	})
}

// restart drains a process and starts it again.
func (c *rolling) restart(p cluster.Process) {
	c.Helper()
	began := time.Now()
	old := c.processes[p.Name]
	old.Signal(syscall.SIGTERM)
	if code := old.Wait(); code != exitOK {
		c.Errorf("%s: exit %d after SIGTERM, want 0", p.Name, code)
	}
	c.launch(p)
	c.await(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away[p.Role] = max(c.away[p.Role], time.Since(began))
}

// late reports whether an order was refused since a participant was away for
// longer than orders wait for one, which is promised to nobody.
func (c *rolling) late(o *order) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return o.reply.Code == wire.CodeNoParticipant && c.away[o.reply.Participant] > txwire.DefaultTimeout
}
