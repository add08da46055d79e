package docker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/coordinator/txclient"
	"parley/internal/cluster"
	"parley/participants/food"
	"parley/test/proc"
)

// checkCluster checks the cluster that `docker-compose up` has just started, and
// removes it. The program is the same as that in the image.
func checkCluster(e *engine, program string) {
	e.Helper()
	e.Cleanup(e.cleanUp)
	took := stopwatch(e)
	checkSize(e)
	all := e.awaitHealthy()
	took("until all are healthy")
	checkComplete(e, all)
	for _, c := range all {
		checkHardened(e, c)
	}
	checkPublished(e, program)
	e.compose("exec", "-T", "gateway-1", "/parley", "order", "margherita", "2", "--wait", "applied")
	took("use")
	faults(e, all)
	took("faults")

	e.compose("down")
	took("docker-compose down")
	checkEmpty(e, "container", "ls", "--all", "--quiet")
	e.compose("up", "--detach", "--no-build")
	all = e.awaitHealthy()
	if left := stock(e, all, "margherita"); left != sampleMargheritas-ordered {
		e.Errorf("after down and up %d margheritas are left of %d, want %d less", left, sampleMargheritas, ordered)
	}
	took("starting it again")
	checkDrained(e)
	e.compose("down", "--volumes")
	took("stopping and removing it")
	checkEmpty(e, "container", "ls", "--all", "--quiet")
	checkEmpty(e, "volume", "ls", "--quiet")
	checkEmpty(e, "network", "ls", "--quiet", "--filter", "label=com.docker.compose.project")
}

// checkComplete: there is a container for each process of the cluster, with its
// command and name, and init has ended well.
func checkComplete(t testing.TB, all map[string]container) {
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

// checkHardened: a container may do no more than it needs.
func checkHardened(t testing.TB, c container) {
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

// checkPublished: what people on the engine's machine use has the address that
// it has without containers.
func checkPublished(e *engine, program string) {
	e.Helper()
	o := cluster.Options{Dir: "/", Place: cluster.Loopback()}
	for _, name := range []string{"gateway-1", "gateway-2"} {
		e.run(e.onHost(program, "health", "--at", o.Place(name, cluster.PortHTTP))...)
	}
	for _, name := range cluster.BrokerNames() {
		e.run(e.onHost(program, "stock", "--nats", "nats://"+o.Place(name, cluster.PortClient))...)
	}
	e.run(e.onHost(program, "blog", "post", "ada", "from outside", "--nats", cluster.NATS(o))...)
	if out := e.run(e.onHost(program, "blog", "timeline", "--nats", cluster.NATS(o))...); !strings.Contains(out, "from outside") {
		e.Errorf("the post is not there:\n%s", out)
	}
}

// sampleMargheritas is how many margheritas a new inventory has.
const sampleMargheritas = 100

// order places an order for one margherita in a container, and waits until it
// is applied. It is repeated with its key, and placed with another if it was
// aborted: a participant may take longer to restart than an order waits.
func order(e *engine, all map[string]container, when string) {
	e.Helper()
	begin := time.Now()
	key := txclient.NewKey()
	proc.Eventually(e, proc.Patience, "an order "+when, func() error {
		out, code := e.try("docker", "exec", all["gateway-1"].ID,
			"/parley", "order", "margherita", "1", "--key", key, "--wait", "applied", "--json")
		var receipt struct{ Status, Item string }
		if err := json.Unmarshal([]byte(out), &receipt); err != nil || receipt.Status != "committed" || receipt.Item != "margherita" {
			if receipt.Status == "aborted" {
				key = txclient.NewKey()
			}
			return fmt.Errorf("exit %d: %s (%v)", code, out, err)
		}
		return nil
	})
	e.Logf("an order %s took %.1f s", when, time.Since(begin).Seconds())
}

// stock returns what is left of an item.
func stock(e *engine, all map[string]container, item string) (left int64) {
	e.Helper()
	out := e.docker("exec", all["gateway-1"].ID, "/parley", "stock", item, "--json")
	var list food.Items
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Items) != 1 {
		e.Fatalf("parley stock: %v in %s", err, out)
	}
	return list.Items[0].Stock
}

// crashed are killed one after another, each followed by an order: everything
// that an order needs.
var crashed = []string{"coordinator-1", "inventory", "delivery", "broker-1"}

// ordered is how many margheritas are ordered in all: two before any fault.
const ordered = 2 + 4 + 1

// faults kills processes, which the engine starts again, and a container, which
// it does not since that was an operator's request.
func faults(e *engine, all map[string]container) {
	e.Helper()
	for _, name := range crashed {
		e.crash(all[name])
		order(e, all, "right after a crash of "+name)
	}
	// The next order takes one coordinator.
	e.awaitRestarted("coordinator-1")
	e.docker("kill", all["coordinator-2"].ID)
	order(e, all, "without coordinator-2")
	e.docker("start", all["coordinator-2"].ID)
	e.awaitRestarted(crashed...)
	e.awaitHealthy()
}

// checkDrained: stopping ends every process in order.
func checkDrained(e *engine) {
	e.Helper()
	e.compose("stop")
	for name, c := range e.containers() {
		if c.State.ExitCode != 0 {
			e.Errorf("%s ended with exit code %d", name, c.State.ExitCode)
		}
	}
}

// checkEmpty: a listing of docker has no lines.
func checkEmpty(e *engine, listing ...string) {
	e.Helper()
	if out := e.docker(listing...); out != "" {
		e.Errorf("after docker-compose down `docker %s` lists:\n%s", strings.Join(listing, " "), out)
	}
}
