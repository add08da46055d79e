package hosts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
)

// Driver is the name of the host that this process itself is.
const Driver = "driver"

// maxHosts is how many addresses 10.77.0.0/24 has.
const maxHosts = 254

// Network is some hosts and the links between them.
type Network struct {
	ctx  context.Context
	stop context.CancelFunc
	// running is the switch: one goroutine for each host and for each link that
	// was ever slow.
	running sync.WaitGroup

	mu    sync.RWMutex
	hosts []*Host // in the order of their addresses, the driver first
	links map[pair]*link
}

// pair names a link: the hosts at its two ends.
type pair struct{ from, to *Host }

// New makes a network with one host, the driver. One network exists at a time,
// in a process that [Main] has started.
func New() (*Network, error) {
	if os.Getenv(inside) == "" {
		return nil, errors.New("hosts: this process is in the machine's own network; call hosts.Main first in main or TestMain")
	}
	n := &Network{links: make(map[pair]*link)}
	n.ctx, n.stop = context.WithCancel(context.Background())
	if _, err := n.add(Driver, stay); err != nil {
		n.stop()
		return nil, err
	}
	return n, nil
}

// Add makes a host. Its links to all others pass everything.
func (n *Network) Add(name string) (*Host, error) { return n.add(name, leave) }

// Driver is the host that this process itself is.
func (n *Network) Driver() *Host {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.hosts[0]
}

// Close kills the processes on all hosts, returns when they are gone, and removes
// the network.
func (n *Network) Close() error {
	n.mu.RLock()
	hosts := n.hosts
	n.mu.RUnlock()
	var errs []error
	for _, h := range hosts {
		errs = append(errs, h.kill())
	}
	n.stop()
	for _, h := range hosts {
		errs = append(errs, h.close())
	}
	n.running.Wait()
	return errors.Join(errs...)
}

func (n *Network) add(name string, where place) (*Host, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx.Err() != nil {
		return nil, fmt.Errorf("hosts: adding %q: the network is closed", name)
	}
	if len(n.hosts) == maxHosts {
		return nil, fmt.Errorf("hosts: adding %q: there are %d hosts, and no more addresses", name, maxHosts)
	}
	for _, h := range n.hosts {
		if h.name == name {
			return nil, fmt.Errorf("hosts: adding %q: there is one of this name", name)
		}
	}
	h, err := newHost(name, netip.AddrFrom4([4]byte{10, 77, 0, byte(len(n.hosts) + 1)}), where)
	if err != nil {
		return nil, fmt.Errorf("hosts: adding %q: %w", name, err)
	}
	for _, other := range n.hosts {
		n.links[pair{h, other}] = newLink(h, other)
		n.links[pair{other, h}] = newLink(other, h)
	}
	n.hosts = append(n.hosts, h)
	n.running.Go(func() { n.carry(h) })
	return h, nil
}
