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
	// stateSilent: it is there, or was, and does not answer.
	stateSilent = "silent"
	// stateFailing: it answers, and reports that it does not serve.
	stateFailing = "failing"
)

// broker is one server.
type broker struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
	State   string `json:"state"`
	// Why it is not up.
	Why     string `json:"why,omitempty"`
	Version string `json:"version,omitempty"`
	// Sync is "always" if it declares that it syncs before it acknowledges,
	// "undeclared" if it answers and does not, and empty if it does not answer.
	Sync string `json:"sync,omitempty"`
	// Leads are the streams that it leads.
	Leads []string `json:"leads"`
}

const (
	syncAlways     = "always"
	syncUndeclared = "undeclared"
)

// brokerSet is the servers that one look found, and the addresses at which
// nobody said who it is.
type brokerSet struct {
	named    map[string]*broker
	nameless []*broker
}

// addBrokers puts together who greets, who answers, and whom the streams name.
func (s *Report) addBrokers(a *answers, m *memory) {
	set := brokerSet{named: map[string]*broker{}}
	for _, p := range a.probes {
		set.addProbe(p, m.brokerAt(p))
	}
	for _, said := range a.servers {
		set.addServer(said)
	}
	for _, spec := range catalog.Streams() {
		set.addStream(spec.Name, a.streams[spec.Name])
	}
	s.Brokers = set.all()
}

// at is the server of a name, down unless something shows otherwise.
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

func (set *brokerSet) addServer(said streams.ServerSaid) {
	b := set.at(cli.Printable(said.Server.Name))
	b.State, b.Why, b.Version, b.Sync = stateUp, "", cli.Printable(said.Server.Version), syncUndeclared
	if said.Declares() {
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

// all are the servers in the order of their names. A server that the streams
// name and an address without a name are the same if there is one of each; if
// there are more, the addresses add nothing to the names.
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
