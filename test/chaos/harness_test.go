package chaos

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/cluster"
	"parley/test/chaos/traffic"
	"parley/test/checker"
	"parley/test/hosts"
	"parley/test/proc"
)

// harness is the processes of a cluster. One that ends by itself is
// restarted, as every operator's supervisor does, and written down.
type harness struct {
	testing.TB
	program proc.Program
	dir     string // what is kept: logs, trace
	options cluster.Options
	network *hosts.Network // nil: everything is on this host
	members []*member

	mu      sync.Mutex
	strange []string // processes that ended by themselves, and how
	lost    []checker.Lost
}

// member is one place for a process, which changes.
type member struct {
	cluster.Process
	// started matches the output of a process that is ready, or held.
	started *matcher
	host    *hosts.Host // nil: this one
	disk    *hosts.Disk // of a participant on a separate host
	log     *os.File
	extra   []string // flags for every start

	mu      sync.Mutex
	process *proc.Process
	// wanted: it is to run; when it ends by itself it is started again.
	wanted bool
	// held: it was started to stand still at a step.
	held bool
}

// harnessOptions are those of a harness.
type harnessOptions struct {
	program proc.Program
	// dir is where logs and the trace go.
	dir string
	// lone: one broker instead of three, on this host. It is up sooner.
	lone bool
	// flags are given to the processes of a role besides.
	flags map[string][]string
}

// Ports on hosts of their own, where nothing else listens.
const (
	clientPort = 4222
	routePort  = 6222
	httpPort   = 8080
)

func newHarness(t testing.TB, o harnessOptions) *harness {
	t.Helper()
	c := &harness{TB: t, program: o.program, dir: o.dir, options: cluster.Options{Dir: t.TempDir(), Place: cluster.Loopback()}}
	places := map[string]*hosts.Host{}
	if o.lone {
		c.options.Place = free(t)
	} else {
		places = c.lay()
	}
	plan, err := cluster.Plan(c.options)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plan {
		if o.lone {
			if p.Name == "broker-2" || p.Name == "broker-3" {
				continue
			}
			p = lone(p, c.options)
		}
		m := c.member(p, places[p.Name])
		if !o.lone && (p.Role == cluster.RoleInventory || p.Role == cluster.RoleDelivery) {
			m.disk = c.disk(p.Name)
		}
		m.extra = append(m.extra, o.flags[p.Role]...)
		c.members = append(c.members, m)
	}
	c.startAll(o.lone)
	return c
}

// lay makes a host for each process.
func (c *harness) lay() map[string]*hosts.Host {
	c.Helper()
	n, err := hosts.New()
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() {
		if err := n.Close(); err != nil {
			c.Error(err)
		}
	})
	c.network = n
	plan, err := cluster.Plan(c.options) // for the names
	if err != nil {
		c.Fatal(err)
	}
	places := map[string]*hosts.Host{}
	for _, p := range plan {
		if places[p.Name], err = n.Add(p.Name); err != nil {
			c.Fatal(err)
		}
	}
	c.options.Place = func(process, port string) string {
		ports := map[string]uint16{cluster.PortClient: clientPort, cluster.PortRoute: routePort, cluster.PortHTTP: httpPort}
		return netip.AddrPortFrom(places[process].Addr(), ports[port]).String()
	}
	return places
}

// diskSize is enough for what a participant keeps of a run of an hour.
const diskSize = 1 << 30

// disk mounts a separate disk for the data of a process.
func (c *harness) disk(name string) *hosts.Disk {
	c.Helper()
	dir := filepath.Join(c.options.Dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		c.Fatal(err)
	}
	d, err := hosts.NewDisk(dir, diskSize)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() {
		if err := d.Close(); err != nil {
			c.Error(err)
		}
	})
	return d
}

// free is a place on this host where nobody listens.
func free(t testing.TB) cluster.Place {
	t.Helper()
	at := map[[2]string]string{}
	for _, l := range cluster.Listeners(cluster.Options{Place: cluster.Loopback()}) {
		port, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer port.Close()
		at[[2]string{l.Process, l.Port}] = port.Addr().String()
	}
	return func(process, port string) string { return at[[2]string{process, port}] }
}

// lone is the process in a cluster with one broker.
func lone(p cluster.Process, o cluster.Options) cluster.Process {
	if p.Role == cluster.RoleBroker {
		p.Args = []string{"broker", "--data", filepath.Join(o.Dir, p.Name), "--listen", o.Place(p.Name, cluster.PortClient)}
		return p
	}
	p.Args = slices.Clone(p.Args)
	at := slices.Index(p.Args, "--nats") + 1
	p.Args[at], _, _ = strings.Cut(p.Args[at], ",")
	return p
}

// url is where clients connect: all brokers, or the one of that name.
func (c *harness) url(broker string) string {
	if broker == "" {
		return cluster.NATS(c.options)
	}
	return "nats://" + c.options.Place(broker, cluster.PortClient)
}

// http is where a gateway or the blog listens.
func (c *harness) http(name string) string {
	return "http://" + c.options.Place(name, cluster.PortHTTP)
}

// trace is the file to which coordinators write what they do to the logs.
func (c *harness) trace() string { return filepath.Join(c.dir, "trace.jsonl") }

// clock is the file that puts the clock of a process off.
func (c *harness) clock(name string) string { return filepath.Join(c.options.Dir, name+".clock") }

func (c *harness) member(p cluster.Process, host *hosts.Host) *member {
	c.Helper()
	log, err := os.Create(filepath.Join(c.dir, p.Name+".log"))
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { log.Close() })
	m := &member{Process: p, started: newMatcher(p.Ready + "|^held at "), host: host, log: log}
	switch p.Role {
	case cluster.RoleInventory, cluster.RoleDelivery:
		m.extra = []string{"--sample", "bench", "--clock", c.clock(p.Name)}
	case cluster.RoleIDWorker:
		m.extra = []string{"--clock", c.clock(p.Name)}
	case cluster.RoleCoordinator:
		// Logs are trimmed within seconds, so that this is struck as well.
		m.extra = []string{"--trace-log", c.trace(), "--trim-at", "50", "--clock", c.clock(p.Name), "--event-subjects", traffic.EventSubjects}
	case cluster.RoleGateway:
		// Dead connections are found within seconds, and programs may write
		// faster than people.
		m.extra = []string{
			"--guests", "yes", "--no-orders", "--ping-every", "1s", "--grace", "3s", "--max-per-address", "10000",
			"--messages-per-second", "1000", "--frames-per-second", "1000",
		}
	}
	return m
}

// startAll starts everything, stage after stage.
func (c *harness) startAll(lone bool) {
	c.Helper()
	create := cluster.Init(c.options)
	if lone {
		create = []string{"init", "--nats", c.url("broker-1")}
	}
	c.program.StartCluster(c, c.processes(), create, func(p cluster.Process) func() {
		var starting sync.WaitGroup
		starting.Go(func() { c.Start(p.Name) })
		return starting.Wait
	})
}

func (c *harness) of(name string) *member {
	for _, m := range c.members {
		if m.Name == name {
			return m
		}
	}
	panic("chaos: there is no process " + name)
}

func (c *harness) named(role string) (names []string) {
	for _, m := range c.members {
		if m.Role == role {
			names = append(names, m.Name)
		}
	}
	return names
}

// launch starts the process of a member. It is called with the lock held.
func (c *harness) launch(m *member, flags []string) {
	o := proc.Options{Log: stamped{m.log}}
	if m.host != nil {
		o.Start = func(cmd *exec.Cmd) error { return m.host.Start(cmd) }
	}
	fmt.Fprintf(m.log, "--- started at %s %v\n", time.Now().Format(timeOfDay), flags)
	argv := slices.Concat([]string{string(c.program)}, m.Args, m.extra, flags)
	m.process, m.wanted, m.held = proc.LaunchBy(c, o, argv...), true, slices.Contains(flags, "--hold-at")
	go c.supervise(m, m.process)
}

const timeOfDay = "15:04:05.000"

// restartAfter is how long a supervisor waits.
const restartAfter = 300 * time.Millisecond

// supervise starts a process again that ends by itself.
func (c *harness) supervise(m *member, p *proc.Process) {
	<-p.Done()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process != p || !m.wanted || c.Context().Err() != nil {
		return
	}
	lines := p.Lines()
	c.mu.Lock()
	c.strange = append(c.strange, fmt.Sprintf("%s ended by itself with exit %d: %s", m.Name, p.Wait(), strings.Join(lines[max(0, len(lines)-3):], " / ")))
	c.mu.Unlock()
	select {
	case <-c.Context().Done():
	case <-time.After(restartAfter):
		c.launch(m, nil)
	}
}

// crashes are ends that no supervisor excuses.
func (c *harness) crashes() (out []string) {
	for _, m := range c.members {
		raw, err := os.ReadFile(m.log.Name())
		if err != nil {
			c.Fatal(err)
		}
		for _, sign := range []string{"DATA RACE", "panic: ", "fatal error: "} {
			if _, after, found := strings.Cut(string(raw), sign); found {
				line, _, _ := strings.Cut(after, "\n")
				out = append(out, fmt.Sprintf("%s: %s%s", m.Name, sign, line))
			}
		}
	}
	return out
}

// stopAll drains everything in order, and reports those that fail.
func (c *harness) stopAll() (wrong []string) {
	for stage := cluster.StageEdge; stage >= cluster.StageBrokers; stage-- {
		var stopping sync.WaitGroup
		var mu sync.Mutex
		for _, m := range c.members {
			if m.Stage != stage {
				continue
			}
			stopping.Go(func() {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.wanted = false
				if m.process.Ended() {
					return
				}
				if code := m.process.Interrupt(); code != proc.ExitOK {
					mu.Lock()
					defer mu.Unlock()
					wrong = append(wrong, fmt.Sprintf("%s: exit %d after Ctrl-C, want 0", m.Name, code))
				}
			})
		}
		stopping.Wait()
	}
	return wrong
}

// stamped writes the time before each line.
type stamped struct{ to io.Writer }

func (s stamped) Write(line []byte) (int, error) {
	_, err := fmt.Fprintf(s.to, "%s %s", time.Now().Format(timeOfDay), line)
	return len(line), err
}
