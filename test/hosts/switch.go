package hosts

import "net/netip"

// carry passes what a host sends on to the links, until its device is closed.
func (n *Network) carry(from *Host) {
	packet := make([]byte, 1<<16) // what one IP packet can hold
	for {
		size, err := from.tun.Read(packet)
		if err != nil {
			return // the device is closed; nothing else makes a read fail
		}
		if l := n.route(from, packet[:size]); l != nil {
			l.take(packet[:size])
		}
	}
}

// route finds the link that a packet takes, if there is one: not for IPv6, nor
// for an address that no host has.
func (n *Network) route(from *Host, packet []byte) *link {
	const header, version4, destination = 20, 4, 16
	if len(packet) < header || packet[0]>>4 != version4 {
		return nil
	}
	to := netip.AddrFrom4([4]byte(packet[destination : destination+4]))
	n.mu.RLock()
	defer n.mu.RUnlock()
	if i := int(to.As4()[3]) - 1; i >= 0 && i < len(n.hosts) && n.hosts[i].addr == to {
		return n.links[pair{from, n.hosts[i]}]
	}
	return nil
}
