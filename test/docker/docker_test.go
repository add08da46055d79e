package docker

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/cluster"
	"parley/test/proc"
	"parley/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// maxImage bounds the image, in bytes: a program and nothing else.
const maxImage = 50 << 20

// The cluster of docker-compose.yml starts, serves, survives the death of
// processes, and keeps its data.
func TestCompose(t *testing.T) {
	took := stopwatch(t)
	program := build(t)
	took("building the program")
	e := startEngine(t)
	took("starting the engine")
	image(e, filepath.Dir(program))
	took("building the image")
	t.Cleanup(e.logs)

	e.do("up", "--detach", "--no-build")
	took("docker-compose up")
	all := e.awaitHealthy()
	took("until all are healthy")
	complete(t, all)
	for _, c := range all {
		hardened(t, c)
	}
	published(e, program)

	order(e, "before any fault")
	took("use")
	faults(e, all)
	took("faults")

	e.do("down")
	took("docker-compose down")
	gone(e, "container", "ls", "--all", "--quiet")
	e.do("up", "--detach", "--no-build")
	e.awaitHealthy()
	if left := stock(e, "margherita"); left != sampleMargheritas-orders {
		t.Errorf("after down and up %d margheritas are left of %d, want %d less", left, sampleMargheritas, orders)
	}
	took("starting it again")
	drained(e)
	e.do("down", "--volumes")
	took("stopping and removing it")
	gone(e, "container", "ls", "--all", "--quiet")
	gone(e, "volume", "ls", "--quiet")
	gone(e, "network", "ls", "--quiet", "--filter", "label=com.docker.compose.project")
}

// stopwatch logs how long each part took.
func stopwatch(t *testing.T) func(what string) {
	last := time.Now()
	return func(what string) {
		t.Logf("%5.1f s  %s", time.Since(last).Seconds(), what)
		last = time.Now()
	}
}

// build builds the static program beside an empty directory for data: what the
// image's target prebuilt wants.
func build(t *testing.T) (program string) {
	t.Helper()
	dir := t.TempDir()
	program = filepath.Join(dir, "parley")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "parley/cmd/parley")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building parley: %v\n%s", err, out)
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}

func image(e *engine, context string) {
	e.Helper()
	e.docker("build", "--tag", "parley", "--target", "prebuilt", "--file", "../../Dockerfile", context)
	size, err := strconv.Atoi(strings.TrimSpace(e.docker("image", "inspect", "--format", "{{.Size}}", "parley")))
	if err != nil || size > maxImage {
		e.Errorf("the image has %d bytes (%v), want at most %d", size, err, maxImage)
	}
	e.Logf("the image has %.1f MB", float64(size)/1e6)
}

// complete: there is a container for each process of the cluster, with its
// command and name, and init has ended well.
func complete(t *testing.T, all map[string]container) {
	t.Helper()
	plan, err := cluster.Plan(cluster.Options{Dir: "/", Place: cluster.Loopback()})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plan {
		args := strings.Join(all[p.Name].Args, " ")
		if !strings.HasPrefix(args, p.Args[0]+" ") || !strings.Contains(args, " --name "+p.Name) {
			t.Errorf("%s runs %q, want %v", p.Name, args, p.Args)
		}
	}
	if len(all) != len(plan)+1 {
		t.Errorf("there are %d containers, want those of the %d processes and init", len(all), len(plan))
	}
	if c := all["init"]; c.State.Status != "exited" || c.State.ExitCode != 0 {
		t.Errorf("init is %s with exit code %d", c.State.Status, c.State.ExitCode)
	}
}

// hardened: a container may do no more than it needs.
func hardened(t *testing.T, c container) {
	t.Helper()
	if c.Config.User != "65532:65532" || !c.HostConfig.ReadonlyRootfs || !slices.Equal(c.HostConfig.CapDrop, []string{"ALL"}) ||
		!slices.Equal(c.HostConfig.SecurityOpt, []string{"no-new-privileges:true"}) {
		t.Errorf("%s may do more than it needs: user %q, %+v", c.service(), c.Config.User, c.HostConfig)
	}
	if want := "unless-stopped"; c.HostConfig.RestartPolicy.Name != want && c.service() != "init" {
		t.Errorf("%s has the restart policy %q, want %q", c.service(), c.HostConfig.RestartPolicy.Name, want)
	}
	for port, places := range c.HostConfig.PortBindings {
		for _, place := range places {
			if place.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q, want 127.0.0.1", c.service(), port, place.HostIP)
			}
		}
	}
}

// published: what people on the engine's machine use is where it is without
// containers.
func published(e *engine, program string) {
	e.Helper()
	o := cluster.Options{Dir: "/", Place: cluster.Loopback()}
	for _, name := range []string{"gateway-1", "gateway-2"} {
		e.run(e.beside(program, "health", "--at", o.Place(name, cluster.PortHTTP))...)
	}
	for _, name := range cluster.BrokerNames() {
		e.run(e.beside(program, "stock", "--nats", "nats://"+o.Place(name, cluster.PortClient))...)
	}
	e.run(e.beside(program, "blog", "post", "ada", "from outside", "--nats", cluster.NATS(o))...)
	if out := e.run(e.beside(program, "blog", "timeline", "--nats", cluster.NATS(o))...); !strings.Contains(out, "from outside") {
		e.Errorf("the post is not there:\n%s", out)
	}
}

// sampleMargheritas is how many margheritas a new inventory has.
const sampleMargheritas = 100

// order places an order for one margherita in a container, and waits until it
// is applied.
func order(e *engine, when string) {
	e.Helper()
	out := e.do("exec", "-T", "gateway-1", "/parley", "order", "margherita", "1", "--wait", "applied", "--json")
	var receipt struct{ Status, Item string }
	if err := json.Unmarshal([]byte(out), &receipt); err != nil || receipt.Status != "committed" || receipt.Item != "margherita" {
		e.Errorf("%s the order is %s (%v)", when, out, err)
	}
}

// stock is what is left of an item.
func stock(e *engine, item string) (left int64) {
	e.Helper()
	out := e.do("exec", "-T", "gateway-1", "/parley", "stock", item, "--json")
	var list wire.Items
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Items) != 1 {
		e.Fatalf("parley stock: %v in %s", err, out)
	}
	return list.Items[0].Stock
}

// crashed are killed one after another, each followed by an order: everything
// that an order needs.
var crashed = []string{"coordinator-1", "inventory", "delivery", "broker-1"}

// orders is how many were placed in all.
const orders = 1 + 4 + 1

// faults kills processes, which the engine starts again, and a container, which
// it does not since that was an operator's wish.
func faults(e *engine, all map[string]container) {
	e.Helper()
	for _, name := range crashed {
		e.crash(all[name])
		begin := time.Now()
		order(e, "after a crash of "+name)
		e.Logf("an order right after a crash of %s took %.1f s", name, time.Since(begin).Seconds())
	}
	proc.Eventually(e, proc.Patience, "starting what crashed again", func() error { return restarted(e) })
	e.docker("kill", all["coordinator-2"].ID)
	order(e, "without coordinator-2")
	e.docker("start", all["coordinator-2"].ID)
	e.awaitHealthy()
}

// restarted is nil once the engine has started again what crashed.
func restarted(e *engine) error {
	all := e.containers()
	for _, name := range crashed {
		if c := all[name]; c.RestartCount != 1 || !c.healthy() {
			return fmt.Errorf("%s is %+v after %d restarts", name, c.State, c.RestartCount)
		}
	}
	return nil
}

// drained: stopping ends every process in order.
func drained(e *engine) {
	e.Helper()
	e.do("stop")
	for name, c := range e.containers() {
		if c.State.ExitCode != 0 {
			e.Errorf("%s ended with exit code %d", name, c.State.ExitCode)
		}
	}
}

// gone: a listing of docker's is empty.
func gone(e *engine, listing ...string) {
	e.Helper()
	if out := e.docker(listing...); out != "" {
		e.Errorf("after docker-compose down `docker %s` lists:\n%s", strings.Join(listing, " "), out)
	}
}
