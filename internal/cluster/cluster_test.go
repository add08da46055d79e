package cluster_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/internal/cluster"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plan(t *testing.T) []cluster.Process {
	t.Helper()
	all, err := cluster.Plan(cluster.Options{Dir: "data", Place: cluster.Loopback()})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestComposition(t *testing.T) {
	var names []string
	for _, p := range plan(t) {
		names = append(names, p.Name)
	}
	want := []string{
		"broker-1", "broker-2", "broker-3", "inventory", "delivery", "idworker-1", "idworker-2", "idworker-3",
		"coordinator-1", "coordinator-2", "blog", "gateway-1", "gateway-2",
	}
	if !slices.Equal(names, want) {
		t.Errorf("the cluster is %v, want %v", names, want)
	}
}

func TestCommandLines(t *testing.T) {
	const nats = "nats://127.0.0.1:4222,nats://127.0.0.1:4223,nats://127.0.0.1:4224"
	want := map[string]string{
		"broker-2":      "broker --name broker-2 --data data/broker-2 --listen 127.0.0.1:4223 --cluster-listen 127.0.0.1:6223 --peers 127.0.0.1:6222,127.0.0.1:6223,127.0.0.1:6224",
		"inventory":     "inventory --data data/inventory --name inventory --nats " + nats,
		"idworker-3":    "idworker --name idworker-3 --nats " + nats,
		"coordinator-1": "coordinator --name coordinator-1 --nats " + nats,
		"blog":          "blog serve --data data/blog --http 127.0.0.1:8280 --name blog --nats " + nats,
		"gateway-2":     "chatgw --http 127.0.0.1:8081 --name gateway-2 --nats " + nats,
	}
	for _, p := range plan(t) {
		if got := strings.Join(p.Args, " "); want[p.Name] != "" && got != want[p.Name] {
			t.Errorf("%s is started as\n%s, want\n%s", p.Name, got, want[p.Name])
		}
	}
	o := cluster.Options{Dir: "data", Place: cluster.Loopback()}
	if got := strings.Join(cluster.Init(o), " "); got != "init --replicas 3 --nats "+nats {
		t.Errorf("the streams are created with %q", got)
	}
}

// Stages ascend, so that processes can be started and stopped in the order of the list.
func TestStagesAscend(t *testing.T) {
	stage := 0
	for _, p := range plan(t) {
		if p.Stage < stage || p.Stage > stage+1 {
			t.Errorf("%s is of stage %d after one of stage %d", p.Name, p.Stage, stage)
		}
		stage = p.Stage
		if (p.Stage == cluster.StageBrokers) != (p.Role == cluster.RoleBroker) {
			t.Errorf("%s of role %s is of stage %d", p.Name, p.Role, p.Stage)
		}
		if _, err := regexp.Compile(p.Ready); err != nil || p.Ready == "" {
			t.Errorf("%s is ready at %q: %v", p.Name, p.Ready, err)
		}
	}
}

func TestPlaces(t *testing.T) {
	other, err := cluster.LoopbackFrom(20000)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range cluster.Listeners(cluster.Options{Place: other}) {
		got = append(got, l.Process+" "+l.Port+" "+l.Address)
	}
	want := []string{
		"broker-1 client 127.0.0.1:20000", "broker-2 client 127.0.0.1:20001", "broker-3 client 127.0.0.1:20002",
		"broker-1 route 127.0.0.1:20003", "broker-2 route 127.0.0.1:20004", "broker-3 route 127.0.0.1:20005",
		"gateway-1 http 127.0.0.1:20006", "gateway-2 http 127.0.0.1:20007", "blog http 127.0.0.1:20008",
	}
	if !slices.Equal(got, want) || len(got) != cluster.Ports {
		t.Errorf("the cluster listens on\n%v, want\n%v", got, want)
	}
	if other("nobody", cluster.PortHTTP) != "" {
		t.Error("a process that does not exist has a place")
	}
	for _, first := range []int{-1, 80, 65528} {
		if _, err := cluster.LoopbackFrom(first); err == nil || !strings.Contains(err.Error(), "1024 to 65527") {
			t.Errorf("ports from %d on: %v", first, err)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for want, o := range map[string]cluster.Options{
		"Dir is missing":     {Place: cluster.Loopback()},
		"Place is missing":   {Dir: "data"},
		"returns nothing":    {Dir: "data", Place: func(string, string) string { return "" }},
		"a separate address": {Dir: "data", Place: func(string, string) string { return "127.0.0.1:4222" }},
	} {
		if _, err := cluster.Plan(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}
