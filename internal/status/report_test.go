package status

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"
)

func server(name string, tags ...string) (s streams.ServerInfo) {
	s.Server.Name, s.Server.Tags = name, tags
	return s
}

// replicated is a stream on three servers, as its leader describes it.
func replicated(leader string, followers ...string) *jetstream.StreamInfo {
	info := &jetstream.StreamInfo{Config: jetstream.StreamConfig{Replicas: 3, Storage: jetstream.FileStorage}, Cluster: &jetstream.ClusterInfo{Leader: leader}}
	for _, f := range followers {
		info.Cluster.Replicas = append(info.Cluster.Replicas, &jetstream.PeerInfo{Name: f, Current: true})
	}
	return info
}

func newMemory() *memory { return &memory{seen: map[string]process{}, at: map[string]string{}} }

// reportOf returns the report's brokers and streams.
func reportOf(a *responses, m *memory) *Report {
	s := &Report{}
	s.addBrokers(a, m)
	s.addStreams(a)
	return s
}

func TestBrokersThatDied(t *testing.T) {
	m := newMemory()
	a := &responses{
		probes:  []probe{{address: "h:1", name: "a"}, {address: "h:2", name: "b"}, {address: "h:3", err: errNoListener}},
		servers: []streams.ServerInfo{server("a", streams.TagSynced), server("b", streams.TagSynced)},
		streams: map[string]*jetstream.StreamInfo{},
	}
	for _, spec := range catalog.Streams() {
		a.streams[spec.Name] = replicated("a", "b", "c")
	}
	s := reportOf(a, m)
	if len(s.Brokers) != 3 || s.Brokers[2].Name != "c" || s.Brokers[2].Address != "h:3" || s.Brokers[2].State != stateDown || s.Brokers[2].Why != "no process listens" {
		t.Errorf("one dead server, named by the streams: %+v", s.Brokers)
	}
	if len(s.Brokers[0].Leads) != len(catalog.Streams()) || s.Brokers[0].Sync != syncAlways {
		t.Errorf("the leader is %+v", s.Brokers[0])
	}
	if s.Durability != "synced" || !strings.Contains(s.Why, "c does not answer") {
		t.Errorf("durability %s (%s)", s.Durability, s.Why)
	}

	// Now b is paused, and no server responds for the streams.
	a = &responses{probes: []probe{{address: "h:1", name: "a"}, {address: "h:2", err: errors.New("no greeting")}, {address: "h:3", err: errNoListener}}}
	s = reportOf(a, m)
	if len(s.Brokers) != 3 || s.Brokers[0].Name != "" || s.Brokers[2].Name != "b" || s.Brokers[2].State != stateSilent {
		t.Errorf("b had answered at h:2, no server ever at h:3: %+v", s.Brokers)
	}
	if s.Durability != "unverified" || s.Streams[0].State != stateSilent {
		t.Errorf("without answers durability is %s, streams are %+v", s.Durability, s.Streams)
	}
}

func TestDurabilityOfStreams(t *testing.T) {
	for want, servers := range map[string][]streams.ServerInfo{
		"synced":     {server("a", streams.TagSynced), server("b", streams.TagSynced), server("c", streams.TagSynced)},
		"replicated": {server("a", streams.TagSynced), server("b"), server("c", streams.TagSynced)},
		"unverified": nil,
	} {
		a := &responses{servers: servers, streams: map[string]*jetstream.StreamInfo{}}
		for _, spec := range catalog.Streams() {
			a.streams[spec.Name] = replicated("a", "b", "c")
		}
		if s := reportOf(a, newMemory()); s.Durability != want || s.Streams[0].Durability != want || (s.Why == "") != (want == "synced") {
			t.Errorf("durability is %s (%s), want %s", s.Durability, s.Why, want)
		}
	}
}

// service is the self-description of a micro service.
func service(name, process, key, instance string) micro.Stats {
	return micro.Stats{ServiceIdentity: micro.ServiceIdentity{Name: name, Metadata: map[string]string{wire.MetaProcess: process, key: instance}}}
}

func TestProcesses(t *testing.T) {
	worker := 7
	now := time.UnixMilli(1_800_000_000_000)
	a := &responses{
		at: now,
		services: []micro.Stats{
			service("idworker", "idworker-1", "holder", "h1"), service("idworker", "idworker-1", "holder", "h1"),
			service("coordinator", "coordinator-1", "log", "before"), service("coordinator", "coordinator-2", "log", "other"),
			service("inventory", "inventory", "journal", "j"), service("somebody-else", "x", "y", "z"),
		},
		Coordinators: []txwire.CoordinatorState{{Log: "other"}, {Log: "after", Undecided: 2}},
		workers:      []idwire.IDWorkerState{{Holder: "h1", State: idwire.WorkerHolding, Worker: &worker}},
	}
	s := &Report{}
	s.addProcesses(a, nil)
	m := newMemory()
	s.Processes = m.fill(now, s.Processes)
	got := map[string]string{}
	for _, p := range s.Processes {
		got[p.Name] = p.State + ": " + p.Doing
	}
	for name, want := range map[string]string{
		"idworker-1": "holding: worker 7", "coordinator-1": "up: 2 undecided, 0 unfinished", // fenced, with a new log
		"coordinator-2": "up: 0 undecided, 0 unfinished", "inventory": "silent: ",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if len(s.Processes) != 4 {
		t.Errorf("%d processes, want 4: %+v", len(s.Processes), s.Processes)
	}

	// coordinator-2 was restarted, inventory has stopped.
	later := now.Add(3 * time.Second)
	s = &Report{}
	s.addProcesses(&responses{at: later, services: []micro.Stats{service("coordinator", "coordinator-2", "log", "new")}}, nil)
	gone := 0
	for _, p := range m.fill(later, s.Processes) {
		if p.Name == "coordinator-2" && p.Instance != "new" {
			t.Errorf("its predecessor is still shown: %+v", p)
		}
		if p.Doing == "last seen 3s ago" {
			gone++
		}
	}
	if gone != 3 {
		t.Errorf("%d processes are shown as last seen earlier, want 3", gone)
	}
	if left := m.fill(later.Add(forgetAfter+time.Second), nil); len(left) != 0 {
		t.Errorf("after %v they are still shown: %+v", forgetAfter, left)
	}
}

func TestRates(t *testing.T) {
	start := time.UnixMilli(0)
	before := count(&responses{at: start, Coordinators: []txwire.CoordinatorState{{Log: "a", Committed: 10}, {Log: "gone", Committed: 99}}, workers: []idwire.IDWorkerState{{Holder: "h", Issued: 50}}})
	now := count(&responses{at: start.Add(2 * time.Second), Coordinators: []txwire.CoordinatorState{{Log: "a", Committed: 30, Aborted: 4}, {Log: "new", Committed: 7}}, workers: []idwire.IDWorkerState{{Holder: "h", Issued: 30}}})
	r := now.since(before)
	if r.Commits != 10 || r.Aborts != 2 || r.IDs != 0 || r.commits["a"] != 10 {
		t.Errorf("the rates are %+v", r)
	}
	if r := now.since(nil); r != nil {
		t.Errorf("without a count before, the rates are %+v", r)
	}
	for n, want := range map[float64]string{0: "0", 0.25: "0.2", 12.6: "13", 1234567: "1,234,567"} {
		if got := rate(n); got != want {
			t.Errorf("the rate %v is written %s, want %s", n, got, want)
		}
	}
}

// A page on a terminal is cut to its height.
func TestScreen(t *testing.T) {
	var out bytes.Buffer
	s := &screen{app: &cli.App{Out: &out}, over: true}
	page := func(a *cli.App) { _, _ = io.WriteString(a.Out, strings.Repeat("line\n", 3*defaultHeight)) }
	for range 2 {
		if err := s.draw(page); err != nil {
			t.Fatal(err)
		}
	}
	s.close()
	text := out.String()
	if strings.Count(text, screenEnter) != 1 || strings.Count(text, screenHome) != 2 || !strings.HasSuffix(text, screenLeave) {
		t.Errorf("the screen is written as %q", text)
	}
	if n := strings.Count(text, "\n"); n != 2*(defaultHeight-1) || !strings.Contains(text, "more lines") {
		t.Errorf("%d line ends in two pages of %d lines", n, defaultHeight)
	}
}

func TestAddressesOf(t *testing.T) {
	got := strings.Join(AddressesOf("nats://user:secret@a:1, b:2", "nats://a:1", "ws://c:3", "nats://d"), " ")
	if got != "a:1 b:2 d:4222" {
		t.Errorf("the addresses are %s", got)
	}
}
