package cluster

import (
	"fmt"
	"strconv"
)

// Place returns the address at which a process listens, as HOST:PORT. port is one of
// the Port constants; [Listeners] returns every pair that it is called with.
type Place func(process, port string) string

// Ports of processes.
const (
	// PortClient is a broker's port for clients.
	PortClient = "client"
	// PortRoute is a broker's port for the other brokers.
	PortRoute = "route"
	// PortHTTP is the port of a gateway or the blog for browsers.
	PortHTTP = "http"
)

// Listener is one port that one process opens.
type Listener struct{ Process, Port, Address string }

// Listeners returns all ports that the cluster opens.
func Listeners(o Options) []Listener {
	all := make([]Listener, 0, Ports)
	add := func(process, port string) { all = append(all, Listener{process, port, o.Place(process, port)}) }
	for _, name := range BrokerNames() {
		add(name, PortClient)
	}
	for _, name := range BrokerNames() {
		add(name, PortRoute)
	}
	for _, name := range numbered(RoleGateway, Gateways) {
		add(name, PortHTTP)
	}
	add(RoleBlog, PortHTTP)
	return all
}

// Ports is the number of ports that a cluster opens.
const Ports = 2*Brokers + Gateways + 1

// The default first port of each kind; the others of the kind follow it.
const (
	firstClient  = 4222
	firstRoute   = 6222
	firstGateway = 8080
	firstBlog    = 8280
)

// Loopback places a cluster on this machine, on the default ports of its processes:
// brokers on 4222, 4223 and 4224 with routes on 6222, 6223 and 6224, gateways on 8080
// and 8081, the blog on 8280.
func Loopback() Place {
	return loopback(map[string]int{PortClient: firstClient, PortRoute: firstRoute, RoleGateway: firstGateway, RoleBlog: firstBlog})
}

// LoopbackFrom places a cluster on this machine, on [Ports] consecutive ports from
// first: clients of brokers, routes, gateways, blog.
func LoopbackFrom(first int) (Place, error) {
	const lowest, highest = 1024, 65536 - Ports
	if first < lowest || first > highest {
		return nil, fmt.Errorf("the first port is %d, allowed are %d to %d: the cluster takes %d ports from there on", first, lowest, highest, Ports)
	}
	return loopback(map[string]int{
		PortClient: first, PortRoute: first + Brokers, RoleGateway: first + 2*Brokers, RoleBlog: first + 2*Brokers + Gateways,
	}), nil
}

// loopback returns a Place with consecutive ports from the first one of each kind.
func loopback(first map[string]int) Place {
	at := map[[2]string]int{{RoleBlog, PortHTTP}: first[RoleBlog]}
	for i, name := range BrokerNames() {
		at[[2]string{name, PortClient}] = first[PortClient] + i
		at[[2]string{name, PortRoute}] = first[PortRoute] + i
	}
	for i, name := range numbered(RoleGateway, Gateways) {
		at[[2]string{name, PortHTTP}] = first[RoleGateway] + i
	}
	return func(process, port string) string {
		n, ok := at[[2]string{process, port}]
		if !ok {
			return ""
		}
		return "127.0.0.1:" + strconv.Itoa(n)
	}
}
