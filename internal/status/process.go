package status

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/micro"
)

// process is one process that offers a service, or did.
type process struct {
	// Name is that of the process, see --name.
	Name string `json:"name"`
	// Role is the service it offers.
	Role  string `json:"role"`
	State string `json:"state"`
	// Instance is its log, holder, journal or the like.
	Instance string `json:"instance,omitempty"`
	Address  string `json:"address,omitempty"`
	// Started is when it began to offer the service, Seen when it last
	// answered.
	Started time.Time `json:"started,omitzero"`
	Seen    time.Time `json:"seen"`
	// Doing is for people.
	Doing string `json:"doing,omitempty"`
}

// instanceKeys are the keys in a service's metadata that say which it is.
var instanceKeys = [...]string{"log", "holder", "journal", "gateway", "blog"}

// participantRole is shown for services that have a journal.
const participantRole = "participant"

// addProcesses puts together which services there are and what each is doing.
func (s *Report) addProcesses(a *answers, r *rates) {
	byInstance := map[string]*process{}
	var all []*process
	for _, said := range a.services {
		p := newProcess(said, a.at)
		if p == nil {
			continue // not one of ours
		}
		key := p.Role + " " + p.Instance
		if known := byInstance[key]; known != nil && p.Role != catalog.Blog {
			continue
		}
		byInstance[key] = p
		all = append(all, p)
	}
	// of finds the process that an answer is from, or makes one up: the
	// permission to ask services may be missing, and a coordinator that was
	// fenced has another log than when its service began.
	of := func(role, instance, name string) *process {
		if p := byInstance[role+" "+instance]; p != nil {
			return p
		}
		for _, p := range all {
			if role == catalog.Coordinator && p.Role == role && !slices.ContainsFunc(a.Coordinators, func(c txwire.CoordinatorState) bool { return c.Log == p.Instance }) {
				p.Instance, byInstance[role+" "+instance] = instance, p
				return p
			}
		}
		p := &process{Name: name, Role: role, Instance: instance, Seen: a.at}
		byInstance[role+" "+instance] = p
		all = append(all, p)
		return p
	}
	for _, c := range a.Coordinators {
		p := of(catalog.Coordinator, c.Log, catalog.Coordinator)
		p.State, p.Doing = stateUp, coordinating(c, r)
	}
	for _, b := range a.Branches {
		p := of(participantRole, b.Journal, b.Participant)
		p.State, p.Doing = stateUp, fmt.Sprintf("%d in doubt, %d violations", b.Prepared, len(b.Violations))
	}
	for _, said := range a.services {
		if text := trouble(said); text != "" && said.Metadata["journal"] != "" {
			p := of(participantRole, cli.Printable(said.Metadata["journal"]), said.Name)
			p.State, p.Doing = stateFailing, cli.Printable(text)
		}
	}
	for _, w := range a.workers {
		p := of(catalog.IDWorker, w.Holder, catalog.IDWorker)
		p.State, p.Doing = string(w.State), working(w, r)
	}
	for _, g := range a.gateways {
		p := of(catalog.Gateway, g.Gateway, catalog.Gateway)
		p.State, p.Address, p.Doing = stateUp, "http://"+cli.Printable(g.Address)+"/", fmt.Sprintf("%d connections, %d people, %d rooms", g.Connections, g.People, g.Rooms)
		if g.Stopping {
			p.State = "stopping"
		}
	}
	s.Processes = []process{}
	for _, p := range all {
		s.Processes = append(s.Processes, *p)
	}
}

// newProcess is the process behind a service, nil if it is none of Parley's.
func newProcess(said micro.Stats, now time.Time) *process {
	p := &process{
		Name: cli.Printable(strings.TrimPrefix(cmp.Or(said.Metadata[wire.MetaProcess], said.Name), "parley ")),
		Role: cli.Printable(said.Name), State: stateSilent, Started: said.Started.UTC(), Seen: now,
	}
	for _, key := range instanceKeys {
		if v := said.Metadata[key]; v != "" {
			p.Instance = cli.Printable(v)
			break
		}
	}
	switch {
	case said.Metadata["journal"] != "":
		p.Role = participantRole
	case said.Name == catalog.Blog:
		p.State, p.Doing = stateUp, requests(said)
	case !slices.Contains([]string{catalog.Coordinator, catalog.IDWorker, catalog.Gateway}, said.Name):
		return nil
	}
	return p
}

// trouble is why a service reports that it does not serve.
func trouble(said micro.Stats) string {
	for _, e := range said.Endpoints {
		var counts struct {
			Trouble string `json:"trouble"`
		}
		if json.Unmarshal(e.Data, &counts) == nil && counts.Trouble != "" {
			return counts.Trouble
		}
	}
	return ""
}

func requests(said micro.Stats) string {
	n := 0
	for _, e := range said.Endpoints {
		n += e.NumRequests
	}
	return fmt.Sprintf("%d requests since its start", n)
}

func coordinating(c txwire.CoordinatorState, r *rates) string {
	text := fmt.Sprintf("%d undecided, %d unfinished", c.Undecided, c.Unfinished)
	if r != nil {
		text = rate(r.commits[c.Log]) + " commits/s, " + text
	}
	if len(c.Adopted) > 0 {
		text += fmt.Sprintf(", finishes %d logs of others", len(c.Adopted))
	}
	if c.Reason != "" {
		text += ": " + cli.Printable(c.Reason)
	}
	return text
}

func working(w idwire.IDWorkerState, r *rates) string {
	text := "no number"
	if w.Worker != nil {
		text = "worker " + strconv.Itoa(*w.Worker)
		if r != nil {
			text += ", " + rate(r.ids[w.Holder]) + " IDs/s"
		}
	}
	if off := time.Duration(w.ClockMS) * time.Millisecond; off.Abs() >= time.Second {
		text += fmt.Sprintf(", clock %v off", off)
	}
	if w.Reason != "" {
		text += ": " + cli.Printable(w.Reason)
	}
	return text
}

// memory is what earlier looks saw.
type memory struct {
	seen map[string]process
	at   map[string]string // brokers' names by address
}

// forgetAfter is how long a process that is gone is still shown.
const forgetAfter = 10 * time.Minute

// brokerAt is the name of the server that a probe is of, also of a dead one
// that had greeted before.
func (m *memory) brokerAt(p probe) string {
	if p.name != "" {
		m.at[p.address] = p.name
	}
	return m.at[p.address]
}

// fill adds those that were seen before and have not answered now. One that
// came back under the name of its process takes the place of the one before.
func (m *memory) fill(now time.Time, found []process) []process {
	names := map[string]int{}
	for _, p := range found {
		names[p.Role+" "+p.Name]++
	}
	for key, p := range m.seen {
		if n := names[p.Role+" "+p.Name]; n > 0 && !sameName(m.seen, p) || now.Sub(p.Seen) > forgetAfter {
			delete(m.seen, key)
		}
	}
	for _, p := range found {
		m.seen[p.Role+" "+p.Instance] = p
	}
	for key, p := range m.seen {
		if !slices.ContainsFunc(found, func(f process) bool { return f.Role+" "+f.Instance == key }) {
			p.State, p.Doing, p.Started = stateSilent, fmt.Sprintf("last seen %v ago", now.Sub(p.Seen).Round(time.Second)), time.Time{}
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(x, y process) int {
		return cmp.Or(cmp.Compare(rank(x.Role), rank(y.Role)), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Instance, y.Instance))
	})
	return found
}

// sameName reports whether several were seen under p's name, as when nobody
// gave them one: then nothing says which of them came back.
func sameName(seen map[string]process, p process) bool {
	n := 0
	for _, s := range seen {
		if s.Role == p.Role && s.Name == p.Name {
			n++
		}
	}
	return n > 1
}

// rank is the order in which roles are shown.
func rank(role string) int {
	return slices.Index([]string{participantRole, catalog.Coordinator, catalog.IDWorker, catalog.Blog, catalog.Gateway}, role)
}
