package status

import (
	"cmp"
	"errors"
	"slices"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/streams"

	"github.com/nats-io/nats.go/jetstream"
)

// States of a broker or process.
const (
	stateUp   = "up"
	stateDown = "down"
	// stateSilent: it runs, or ran, and does not respond.
	stateSilent = "silent"
	// stateFailing: it responds, and reports that it does not serve.
	stateFailing = "failing"
)

// broker is one server.
type broker struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
	State   string `json:"state"`
	// Why is the reason why it is not up.
	Why     string `json:"why,omitempty"`
	Version string `json:"version,omitempty"`
	// Sync is "always" if the server declares that it syncs before it acknowledges,
	// "undeclared" if it responds without declaring that, and empty without a response.
	Sync string `json:"sync,omitempty"`
	// Leads are the streams that it leads.
	Leads []string `json:"leads"`
}

const (
	syncAlways     = "always"
	syncUndeclared = "undeclared"
)

// brokerSet holds the servers of one snapshot by name, and those known only by
// address.
type brokerSet struct {
	named    map[string]*broker
	nameless []*broker
}

// addBrokers merges the probes, the servers' responses and the servers named by the streams.
func (s *Report) addBrokers(a *responses, m *memory) {
	set := brokerSet{named: map[string]*broker{}}
	for _, p := range a.probes {
		set.addProbe(p, m.brokerAt(p))
	}
	for _, server := range a.servers {
		set.addServer(server)
	}
	for _, spec := range catalog.Streams() {
		set.addStream(spec.Name, a.streams[spec.Name])
	}
	s.Brokers = set.all()
}

// at returns the server of a name; a new one is down until something shows otherwise.
func (set *brokerSet) at(name string) *broker {
	if set.named[name] == nil {
		set.named[name] = &broker{Name: name, State: stateDown, Leads: []string{}}
	}
	return set.named[name]
}

func (set *brokerSet) addProbe(p probe, name string) {
	b := &broker{Leads: []string{}}
	if name != "" {
		b = set.at(name)
	} else {
		set.nameless = append(set.nameless, b)
	}
	b.Address, b.Version = p.address, p.version
	switch {
	case p.err == nil:
		b.State = stateUp
	case errors.Is(p.err, errNoListener):
		b.State, b.Why = stateDown, p.err.Error()
	default:
		b.State, b.Why = stateSilent, cli.Printable(p.err.Error())
	}
}

func (set *brokerSet) addServer(info streams.ServerInfo) {
	b := set.at(cli.Printable(info.Server.Name))
	b.State, b.Why, b.Version, b.Sync = stateUp, "", cli.Printable(info.Server.Version), syncUndeclared
	if info.Declares() {
		b.Sync = syncAlways
	}
}

func (set *brokerSet) addStream(name string, info *jetstream.StreamInfo) {
	if info == nil || info.Cluster == nil {
		return
	}
	if leader := info.Cluster.Leader; leader != "" {
		b := set.at(leader)
		b.Leads = append(b.Leads, name)
	}
	for _, r := range info.Cluster.Replicas {
		set.at(r.Name)
	}
}

// all returns the servers ordered by name. One server without an address and one
// address without a name are taken for the same server; if there are more of either,
// they cannot be matched, and the addresses are left out.
func (set *brokerSet) all() []broker {
	var placeless []*broker
	for _, b := range set.named {
		if b.Address == "" && b.State != stateUp {
			placeless = append(placeless, b)
		}
	}
	if len(placeless) == 1 && len(set.nameless) == 1 {
		at := set.nameless[0]
		placeless[0].Address, placeless[0].State, placeless[0].Why = at.Address, at.State, at.Why
	}
	found := []broker{}
	if len(placeless) == 0 {
		for _, b := range set.nameless {
			found = append(found, *b)
		}
	}
	for _, b := range set.named {
		found = append(found, *b)
	}
	slices.SortFunc(found, func(x, y broker) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Address, y.Address))
	})
	return found
}
