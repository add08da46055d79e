package chatwire

import (
	"cmp"
	"fmt"

	"parley/wire"
)

// GatewaysRequest asks every chat gateway for its [GatewayState], on
// [SubjectGateways].
type GatewaysRequest struct {
	V int `json:"v"`
}

// Form implements [wire.Message].
func (m *GatewaysRequest) Form() wire.Form {
	return wire.Form{Name: "gateways request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *GatewaysRequest) Check() error { return nil }

// GatewayState is what one chat gateway is doing.
type GatewayState struct {
	V int `json:"v"`
	// Gateway is its name, as the others and its clients know it.
	Gateway string `json:"gateway"`
	// Address is where it listens for browsers, as host:port.
	Address string `json:"address"`
	// Epoch is the incarnation of the stream that its sequence numbers are of.
	Epoch string `json:"epoch"`
	// Connections, People and Rooms are those of now, Memberships the rooms
	// joined over all connections.
	Connections int `json:"connections"`
	People      int `json:"people"`
	Rooms       int `json:"rooms"`
	Memberships int `json:"memberships"`
	// Stopping: it takes no more connections.
	Stopping bool `json:"stopping,omitempty"`
}

// Form implements [wire.Message].
func (m *GatewayState) Form() wire.Form {
	return wire.Form{Name: "gateway state", Version: m.V, Limit: wire.MaxMessage, Report: true}
}

// Check implements [wire.Message].
func (m *GatewayState) Check() error {
	if m.Connections < 0 || m.People < 0 || m.Rooms < 0 || m.Memberships < 0 {
		return fmt.Errorf("connections is %d, people %d, rooms %d and memberships %d, none may be negative", m.Connections, m.People, m.Rooms, m.Memberships)
	}
	return cmp.Or(wire.CheckToken("gateway", m.Gateway), wire.CheckToken("epoch", m.Epoch), wire.CheckText("address", m.Address, wire.MaxReason))
}
