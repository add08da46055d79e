package cluster

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// The number of processes of each role that has more than one.
const (
	// Brokers is the number of servers that hold each stream: with three, one may die.
	Brokers = 3
	// Coordinators is two, so that one finishes the work of the other when that is dead.
	Coordinators = 2
	// IDWorkers is one more than needed to continue while one is dead.
	IDWorkers = 3
	// Gateways is two, so that clients of a dead one reconnect to the other.
	Gateways = 2
)

// Roles of a [Process].
const (
	RoleBroker      = "broker"
	RoleCoordinator = "coordinator"
	RoleInventory   = "inventory"
	RoleDelivery    = "delivery"
	RoleIDWorker    = "idworker"
	RoleGateway     = "gateway"
	RoleBlog        = "blog"
)

// Stages of a [Process], in the order in which they start. Between the first
// and the second the streams are created, see [Init].
const (
	StageBrokers = iota
	StageServices
	StageCoordinators
	StageEdge
)

// Options define where a cluster runs.
type Options struct {
	// Dir contains a directory for each process that stores data.
	Dir string
	// Place returns where processes listen.
	Place Place
}

// Process is one process of a cluster.
type Process struct {
	// Name is unique in the cluster, such as broker-1.
	Name string
	// Role is one of the Role constants.
	Role string
	// Args is its command line, without the program.
	Args []string
	// Ready is a regular expression for the line that it prints on standard
	// output when it serves.
	Ready string
	// Stage orders starting and stopping: a process starts when all of lower stages
	// are ready, and stops when all of higher stages have ended.
	Stage int
}

// Plan returns every process of the cluster, those of lower stages first.
func Plan(o Options) ([]Process, error) {
	if o.Dir == "" {
		return nil, errors.New("cluster: Dir is missing: name a directory for the data")
	}
	if o.Place == nil {
		return nil, errors.New("cluster: Place is missing: define where processes listen, for example with cluster.Loopback")
	}
	var all []Process
	for _, name := range BrokerNames() {
		all = append(all, o.broker(name))
	}
	all = append(
		all,
		o.onNATS(RoleInventory, RoleInventory, StageServices, `^inventory is ready$`, "inventory", "--data", o.data(RoleInventory)),
		o.onNATS(RoleDelivery, RoleDelivery, StageServices, `^delivery is ready$`, "delivery", "--data", o.data(RoleDelivery)),
	)
	for _, name := range numbered(RoleIDWorker, IDWorkers) {
		all = append(all, o.onNATS(name, RoleIDWorker, StageServices, `^the idworker is ready$`, "idworker"))
	}
	for _, name := range numbered(RoleCoordinator, Coordinators) {
		all = append(all, o.onNATS(name, RoleCoordinator, StageCoordinators, `^the coordinator is ready$`, "coordinator"))
	}
	all = append(all, o.onNATS(RoleBlog, RoleBlog, StageEdge, `^the blog is ready`, "blog", "serve", "--data", o.data(RoleBlog), "--http", o.Place(RoleBlog, PortHTTP)))
	for _, name := range numbered(RoleGateway, Gateways) {
		all = append(all, o.onNATS(name, RoleGateway, StageEdge, `^the chat gateway is ready`, "chatgw", "--http", o.Place(name, PortHTTP)))
	}
	return all, o.distinct()
}

// NATS returns the value of --nats for clients of the cluster: the addresses of every broker.
func NATS(o Options) string {
	urls := make([]string, 0, Brokers)
	for _, name := range BrokerNames() {
		urls = append(urls, "nats://"+o.Place(name, PortClient))
	}
	return strings.Join(urls, ",")
}

// Init returns the command line that creates the streams on all brokers, when these
// are ready. Repeating it changes nothing.
func Init(o Options) []string {
	return []string{"init", "--replicas", strconv.Itoa(Brokers), "--nats", NATS(o)}
}

// BrokerNames returns the names of the brokers, which are also their server names in
// the NATS cluster.
func BrokerNames() []string { return numbered(RoleBroker, Brokers) }

func (o Options) broker(name string) Process {
	routes := make([]string, 0, Brokers)
	for _, peer := range BrokerNames() {
		routes = append(routes, o.Place(peer, PortRoute))
	}
	return Process{
		Name: name, Role: RoleBroker, Stage: StageBrokers, Ready: `^NATS listens on `,
		Args: []string{
			"broker", "--name", name, "--data", o.data(name), "--listen", o.Place(name, PortClient),
			"--cluster-listen", o.Place(name, PortRoute), "--peers", strings.Join(routes, ","),
		},
	}
}

func (o Options) onNATS(name, role string, stage int, ready string, args ...string) Process {
	return Process{Name: name, Role: role, Stage: stage, Ready: ready, Args: append(args, "--name", name, "--nats", NATS(o))}
}

func (o Options) data(name string) string { return filepath.Join(o.Dir, name) }

// distinct returns an error if two processes have the same address.
func (o Options) distinct() error {
	at := map[string]string{}
	for _, l := range Listeners(o) {
		if l.Address == "" {
			return fmt.Errorf("cluster: Place returns nothing for the %s port of %s: it must be HOST:PORT", l.Port, l.Process)
		}
		if other := at[l.Address]; other != "" {
			return fmt.Errorf("cluster: Place returns %s for %s and for %s: each needs a separate address", l.Address, other, l.Process)
		}
		at[l.Address] = l.Process
	}
	return nil
}

// numbered returns the names of n processes of a role.
func numbered(role string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = role + "-" + strconv.Itoa(i+1)
	}
	return names
}
