package cluster

import (
	"fmt"
	"strconv"
)

// Place says where a process listens, as HOST:PORT. port is one of the Port
// constants; [Listeners] has every pair that is asked for.
type Place func(process, port string) string

// Ports of processes.
const (
	// PortClient is where clients of a broker connect.
	PortClient = "client"
	// PortRoute is where the other brokers connect.
	PortRoute = "route"
	// PortHTTP is where browsers connect: gateways and the blog.
	PortHTTP = "http"
)

// Listener is one port that one process opens.
type Listener struct{ Process, Port, Address string }

// Listeners are all ports that the cluster opens.
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

// Ports is how many ports a cluster opens.
const Ports = 2*Brokers + Gateways + 1

// First ports of the usual places: what follows counts on from there.
const (
	firstClient  = 4222
	firstRoute   = 6222
	firstGateway = 8080
	firstBlog    = 8280
)

// Loopback is a cluster on this machine alone, on the ports where its parts
// listen when they are alone too: brokers on 4222, 4223 and 4224 with routes on
// 6222, 6223 and 6224, gateways on 8080 and 8081, the blog on 8280.
func Loopback() Place {
	return loopback(map[string]int{PortClient: firstClient, PortRoute: firstRoute, RoleGateway: firstGateway, RoleBlog: firstBlog})
}

// LoopbackFrom is a cluster on this machine alone, on [Ports] ports from first
// on: clients of brokers, routes, gateways, blog.
func LoopbackFrom(first int) (Place, error) {
	const lowest, highest = 1024, 65536 - Ports
	if first < lowest || first > highest {
		return nil, fmt.Errorf("the first port is %d, allowed are %d to %d: the cluster takes %d ports from there on", first, lowest, highest, Ports)
	}
	return loopback(map[string]int{
		PortClient: first, PortRoute: first + Brokers, RoleGateway: first + 2*Brokers, RoleBlog: first + 2*Brokers + Gateways,
	}), nil
}

// loopback counts on from the first port of each kind.
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
