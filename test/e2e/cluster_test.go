package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"parley/internal/catalog"
	"parley/internal/cluster"
	"parley/wire/txwire"
)

// clusterHarness is a running `parley cluster`.
type clusterHarness struct {
	*process
	t          testing.TB
	data, nats string
	port       string
}

// newClusterHarness starts a cluster on free ports and returns when it is up.
func newClusterHarness(t testing.TB, data string) *clusterHarness {
	t.Helper()
	c := &clusterHarness{t: t, data: data}
	eventually(t, patience, "starting a cluster on free ports", func() error {
		c.port = strconv.Itoa(freePorts(t))
		c.process = start(t, "cluster", "--json", "--data", data, "--port", c.port)
		for {
			if e, ok := c.find(func(e happened) bool { return e.Event == "up" }); ok {
				c.nats = e.NATS
				return nil
			}
			if c.Ended() {
				out := c.Output()
				if strings.Contains(out, "in use") {
					return errors.New(out) // somebody took a port meanwhile
				}
				t.Fatalf("the cluster does not start:\n%s", out)
			}
			c.OneMore()
		}
	})
	return c
}

// freePorts is the first of as many free ports in a row as a cluster needs,
// below those that outgoing connections take.
func freePorts(t testing.TB) int {
	t.Helper()
	for range 1000 {
		first := 10000 + rand.IntN(20000)
		free := true
		for port := first; port < first+cluster.Ports && free; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if free = err == nil; free {
				l.Close()
			}
		}
		if free {
			return first
		}
	}
	t.Fatal("there are no free ports")
	return 0
}

// happened is one line of `parley cluster --json`, as far as the tests use it.
type happened struct {
	Process string `json:"process"`
	Event   string `json:"event"`
	PID     int    `json:"pid"`
	Starts  int    `json:"starts"`
	NATS    string `json:"nats"`
}

func (c *clusterHarness) events() (all []happened) {
	for _, line := range c.Lines() {
		var e happened
		if json.Unmarshal([]byte(line), &e) == nil && e.Event != "" {
			all = append(all, e)
		}
	}
	return all
}

func (c *clusterHarness) find(is func(happened) bool) (happened, bool) {
	for _, e := range c.events() {
		if is(e) {
			return e, true
		}
	}
	return happened{}, false
}

// await returns the first event that is of a process, of a kind and, if that is
// not 0, of its nth life.
func (c *clusterHarness) await(name, event string, nth int) (found happened) {
	c.t.Helper()
	eventually(c.t, patience, name+" is "+event, func() (err error) {
		e, ok := c.find(func(e happened) bool { return e.Process == name && e.Event == event && (nth == 0 || e.Starts == nth) })
		if !ok {
			return errors.New(c.Output())
		}
		found = e
		return nil
	})
	return found
}

// signal sends a signal to a process of the cluster, in its first life.
func (c *clusterHarness) signal(name string, s syscall.Signal) {
	c.t.Helper()
	if err := syscall.Kill(c.await(name, "started", 1).PID, s); err != nil {
		c.t.Fatalf("%v to %s: %v", s, name, err)
	}
}

// allEnded waits until no process of the cluster is left.
func (c *clusterHarness) allEnded() {
	c.t.Helper()
	for _, e := range c.events() {
		if e.PID == 0 {
			continue
		}
		eventually(c.t, patience, e.Process+" has ended", func() error {
			if err := syscall.Kill(e.PID, 0); !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("process %d is running: %v", e.PID, err)
			}
			return nil
		})
	}
}

func (c *clusterHarness) order() {
	c.t.Helper()
	r := parleyJSON[receipt](c.t, exitOK, "order", "margherita", "1", "--wait", "applied", "--nats", c.nats)
	if r.Status != txwire.StatusCommitted {
		c.t.Fatalf("the order is %+v", r)
	}
}

// seen is what `parley status --json` prints, as far as the tests use it.
type seen struct {
	Durability string
	Processes  []struct{ Name, Role, State string }
	Brokers    []struct{ Name, State, Sync string }
	Streams    []struct {
		Name, Leader, Durability string
		Replicas                 int
	}
	Leases  []struct{ Taken bool }
	InDoubt struct{ Transactions []any } `json:"in_doubt"`
	Silent  []any
}

// TestCluster is a day in the life of a cluster: it starts, serves, survives the
// death of its processes, and ends without leaving one behind.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := newClusterHarness(t, filepath.Join(t.TempDir(), "fresh"))
	c.order()

	eventually(t, patience, "status shows everything", func() error {
		s := parleyJSON[seen](t, exitOK, "status", "--nats", c.nats)
		return s.whole()
	})
	c.readme()
	eventually(t, patience, "status shows everything as text", func() error {
		text, _, _ := parley(t, "status", "--nats", c.nats)
		for _, want := range []string{`broker-2 +broker +up`, `coordinator-1 +coordinator +up`, `idworker-3 +idworker +holding`, `gateway-2 +chatgw +up`, `TXLOG +broker-\d +broker-\d, broker-\d +synced`, `held .* idworker-2`, `commits/s`} {
			if !regexp.MustCompile(want).MatchString(text) {
				return fmt.Errorf("no %q in\n%s", want, text)
			}
		}
		return nil
	})

	_, errs, code := parley(t, "cluster", "--data", t.TempDir(), "--port", c.port)
	if code != exitFailed || !strings.Contains(errs, "nothing was started") || !strings.Contains(errs, "127.0.0.1:"+c.port+" for broker-1") {
		t.Errorf("a second cluster on the same ports: exit %d\n%s", code, errs)
	}

	eventually(t, patience, "a second cluster in the same directory is refused", func() error {
		// On ports that somebody may take meanwhile, which is another error.
		_, errs, code := parley(t, "cluster", "--data", c.data, "--port", strconv.Itoa(freePorts(t)))
		if code != exitFailed || !strings.Contains(errs, "nothing was started") || !strings.Contains(errs, fmt.Sprintf("in use by another cluster (process %d)", c.PID())) {
			return fmt.Errorf("exit %d\n%s", code, errs)
		}
		return nil
	})
	if moved, err := filepath.Glob(filepath.Join(c.data, "logs", "*.1")); err != nil || len(moved) > 0 {
		t.Errorf("the second cluster has put logs of the first aside: %v, %v", moved, err)
	}

	watch := start(t, "status", "--watch", "--nats", c.nats)
	watch.Await(`inventory +participant +up`)
	for _, name := range []string{"inventory", "idworker-1", "coordinator-2", "broker-3"} {
		c.signal(name, syscall.SIGKILL)
		again := c.await(name, "restarted", 2)
		c.await(name, "ready", 2)
		c.order()
		if log, err := os.ReadFile(filepath.Join(c.data, "logs", name+".log")); err != nil || strings.Count(string(log), " parley ") != again.Starts {
			t.Errorf("the log of %s does not show its %d starts: %v\n%s", name, again.Starts, err, log)
		}
	}
	watch.Stop()
	eventually(t, patience, "status shows everything again", func() error {
		s := parleyJSON[seen](t, exitOK, "status", "--nats", c.nats)
		return s.whole()
	})

	c.process.Stop()
	c.allEnded()
	drained := map[string]int{}
	for i, e := range c.events() {
		if e.Event == "drained" {
			drained[e.Process] = i
		}
		if e.Event == "draining" && e.Process == "broker-1" && len(drained) != 10 {
			t.Errorf("brokers drain when %v have drained, want all others first", drained)
		}
	}
	if len(drained) != 13 || drained["coordinator-1"] > drained["inventory"] || drained["gateway-1"] > drained["coordinator-1"] {
		t.Errorf("drained, in the order of the numbers: %v", drained)
	}
}

// whole returns nil when every process is up and nothing is missing.
func (s *seen) whole() error {
	want := map[string]string{
		"inventory": "participant", "delivery": "participant", "coordinator-1": "coordinator", "coordinator-2": "coordinator",
		"idworker-1": "idworker", "idworker-2": "idworker", "idworker-3": "idworker", "blog": "blog", "gateway-1": "chatgw", "gateway-2": "chatgw",
	}
	for _, p := range s.Processes {
		if want[p.Name] != p.Role || p.State != "up" && p.State != "holding" {
			return fmt.Errorf("%s is a %s that is %s", p.Name, p.Role, p.State)
		}
		delete(want, p.Name)
	}
	for _, b := range s.Brokers {
		if b.State != "up" || b.Sync != "always" {
			return fmt.Errorf("the broker %s is %s, sync %s", b.Name, b.State, b.Sync)
		}
	}
	for _, st := range s.Streams {
		if st.Leader == "" || st.Replicas != 3 || st.Durability != "synced" {
			return fmt.Errorf("the stream %+v", st)
		}
	}
	held := 0
	for _, l := range s.Leases {
		if l.Taken {
			held++
		}
	}
	if len(want) > 0 || len(s.Brokers) != 3 || len(s.Streams) != len(catalog.Streams()) || held < 3 || s.Durability != "synced" || len(s.InDoubt.Transactions) > 0 || len(s.Silent) > 0 {
		return fmt.Errorf("missing %v, in %+v", want, s)
	}
	return nil
}

// TestClusterInAHurry: a process that hangs cannot hold up a person who presses
// Ctrl-C twice; and when the supervisor is killed nothing stays behind.
func TestClusterInAHurry(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	c := newClusterHarness(t, data)
	c.order()
	c.signal("delivery", syscall.SIGSTOP)
	c.Signal(syscall.SIGINT)
	c.await("delivery", "draining", 0)
	const interrupted = 130
	if code := c.Interrupt(); code != interrupted {
		t.Errorf("the second Ctrl-C: exit %d, want %d", code, interrupted)
	}
	c.allEnded()

	c = newClusterHarness(t, data) // on the same data
	c.order()
	c.Kill()
	c.allEnded()
}

func TestClusterRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	free := strconv.Itoa(freePorts(t))
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"1024 to 65527", exitWrong, []string{"cluster", "--port", "80"}},
		{"1024 to 65527", exitWrong, []string{"cluster", "--port", "65530"}},
		{"the directory cannot be made", exitFailed, []string{"cluster", "--port", free, "--data", filepath.Join(file, "data")}},
		{"unexpected argument", exitWrong, []string{"cluster", "five"}},
		{"at least 500ms", exitWrong, []string{"status", "--interval", "1ms"}},
		{"no process listens", exitFailed, []string{"status", "--nats", "nats://127.0.0.1:1,nats://127.0.0.1:2"}},
	} {
		out, errs, code := parley(t, c.args...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("parley %s: exit %d, want %d and %q\n%s%s", strings.Join(c.args, " "), code, c.code, c.want, out, errs)
		}
	}
}
