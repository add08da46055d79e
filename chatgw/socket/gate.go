package socket

import (
	"fmt"
	"net/netip"
	"sync"
)

// spare is how many connections beyond MaxConnections are let in to receive a
// frame with the refusal: a browser does not see the status of a failed
// handshake. Beyond that only a status is sent.
const spare = 256

// gate counts connections.
type gate struct {
	max, perAddress int

	mu   sync.Mutex
	all  int
	from map[netip.Addr]int
}

func newGate(cfg *Config) *gate {
	return &gate{max: cfg.MaxConnections, perAddress: cfg.MaxPerAddress, from: map[netip.Addr]int{}}
}

// enter counts a connection. It reports false if there is no room even for a
// connection that is refused by a frame; otherwise a non-empty full is why the
// connection must be closed immediately. Both enter and a later leave are for one
// connection.
func (g *gate) enter(addr netip.Addr) (full string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= g.max+spare || g.from[addr] >= g.perAddress+spare {
		return "", false
	}
	if g.all >= g.max {
		full = fmt.Sprintf("the gateway has %d connections, which is its limit", g.max)
	} else if g.from[addr] >= g.perAddress {
		full = fmt.Sprintf("your address has %d connections, which is the limit", g.perAddress)
	}
	g.all++
	g.from[addr]++
	return full, true
}

func (g *gate) leave(addr netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.from[addr]--; g.from[addr] == 0 {
		delete(g.from, addr)
	}
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all
}
