package cluster

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// How many processes of a role there are, where it is more than one.
const (
	// Brokers is how many servers hold each stream: with three, one may die.
	Brokers = 3
	// Coordinators: while one is dead the other one finishes its work.
	Coordinators = 2
	// IDWorkers is one more than it takes to go on while another is dead.
	IDWorkers = 3
	// Gateways: clients of a dead one go to the other one.
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

// Options say where a cluster is.
type Options struct {
	// Dir holds a directory for each process that keeps something.
	Dir string
	// Place says where processes listen.
	Place Place
}

// Process is one of a cluster.
type Process struct {
	// Name is its own, like broker-1.
	Name string
	// Role is what it does, one of the Role constants.
	Role string
	// Args are its command line, without the program.
	Args []string
	// Ready is a regular expression for the line that it prints on standard
	// output when it serves.
	Ready string
	// Stage is when it starts: when all of lower stages are ready. It stops
	// when all of higher stages have ended.
	Stage int
}

// Plan is every process of the cluster, those of lower stages first.
func Plan(o Options) ([]Process, error) {
	if o.Dir == "" {
		return nil, errors.New("cluster: Dir is missing: name a directory for the data")
	}
	if o.Place == nil {
		return nil, errors.New("cluster: Place is missing: say where processes listen, as cluster.Loopback does")
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

// NATS is what clients of the cluster are given as --nats: every broker.
func NATS(o Options) string {
	urls := make([]string, 0, Brokers)
	for _, name := range BrokerNames() {
		urls = append(urls, "nats://"+o.Place(name, PortClient))
	}
	return strings.Join(urls, ",")
}

// Init is the command line that creates the streams on all brokers, when these
// are ready. Doing it again changes nothing.
func Init(o Options) []string {
	return []string{"init", "--replicas", strconv.Itoa(Brokers), "--nats", NATS(o)}
}

// BrokerNames are the names of the brokers, by which the servers know each
// other as well.
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

// distinct refuses two processes at one address.
func (o Options) distinct() error {
	at := map[string]string{}
	for _, l := range Listeners(o) {
		if l.Address == "" {
			return fmt.Errorf("cluster: Place says nothing for the %s port of %s: it must be HOST:PORT", l.Port, l.Process)
		}
		if other := at[l.Address]; other != "" {
			return fmt.Errorf("cluster: Place says %s for %s and for %s: each needs an address of its own", l.Address, other, l.Process)
		}
		at[l.Address] = l.Process
	}
	return nil
}

// numbered are the names of n processes of a role.
func numbered(role string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = role + "-" + strconv.Itoa(i+1)
	}
	return names
}
