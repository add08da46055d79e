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

// process is one process that offers a service, or offered one recently.
type process struct {
	// Name is the process's --name.
	Name string `json:"name"`
	// Role is the service it offers.
	Role  string `json:"role"`
	State string `json:"state"`
	// Instance is the id of its log, lease holder, journal, gateway or blog.
	Instance string `json:"instance,omitempty"`
	Address  string `json:"address,omitempty"`
	// Started is when it began to offer the service, Seen when it last
	// answered.
	Started time.Time `json:"started,omitzero"`
	Seen    time.Time `json:"seen"`
	// Doing describes for people what it is doing.
	Doing string `json:"doing,omitempty"`
}

// instanceKeys are the metadata keys that identify an instance of a service.
var instanceKeys = [...]string{"log", "holder", "journal", "gateway", "blog"}

// participantRole is shown for services that have a journal.
const participantRole = "participant"

// addProcesses lists the processes, and what each is doing.
func (s *Report) addProcesses(a *responses, r *rates) {
	byInstance := map[string]*process{}
	var all []*process
	for _, service := range a.services {
		p := newProcess(service, a.at)
		if p == nil {
			continue // not a Parley service
		}
		key := p.Role + " " + p.Instance
		if known := byInstance[key]; known != nil && p.Role != catalog.Blog {
			continue
		}
		byInstance[key] = p
		all = append(all, p)
	}
	// of returns the process that sent a response. It adds one if none is known, since
	// the permission to query services may be missing. A coordinator that was fenced
	// has another log than when its service started.
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
	for _, service := range a.services {
		if text := trouble(service); text != "" && service.Metadata["journal"] != "" {
			p := of(participantRole, cli.Printable(service.Metadata["journal"]), service.Name)
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

// newProcess returns the process that offers a service, nil if it is not one of Parley's.
func newProcess(service micro.Stats, now time.Time) *process {
	p := &process{
		Name: cli.Printable(strings.TrimPrefix(cmp.Or(service.Metadata[wire.MetaProcess], service.Name), "parley ")),
		Role: cli.Printable(service.Name), State: stateSilent, Started: service.Started.UTC(), Seen: now,
	}
	for _, key := range instanceKeys {
		if v := service.Metadata[key]; v != "" {
			p.Instance = cli.Printable(v)
			break
		}
	}
	switch {
	case service.Metadata["journal"] != "":
		p.Role = participantRole
	case service.Name == catalog.Blog:
		p.State, p.Doing = stateUp, requests(service)
	case !slices.Contains([]string{catalog.Coordinator, catalog.IDWorker, catalog.Gateway}, service.Name):
		return nil
	}
	return p
}

// trouble returns the reason that a service reports for not serving.
func trouble(service micro.Stats) string {
	for _, e := range service.Endpoints {
		var counts struct {
			Trouble string `json:"trouble"`
		}
		if json.Unmarshal(e.Data, &counts) == nil && counts.Trouble != "" {
			return counts.Trouble
		}
	}
	return ""
}

func requests(service micro.Stats) string {
	n := 0
	for _, e := range service.Endpoints {
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
	if c.Unpublished > 0 {
		text += fmt.Sprintf(", %s to publish", cli.Plural(c.Unpublished, "event", "events"))
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

// memory holds what earlier snapshots found.
type memory struct {
	seen map[string]process
	at   map[string]string // brokers' names by address
}

// forgetAfter is how long a process that stopped responding is still shown.
const forgetAfter = 10 * time.Minute

// brokerAt returns the name of the probed server, also of a dead one that was
// reached earlier.
func (m *memory) brokerAt(p probe) string {
	if p.name != "" {
		m.at[p.address] = p.name
	}
	return m.at[p.address]
}

// fill adds the processes that responded earlier and not now. A restarted process,
// recognized by its name, replaces its predecessor.
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

// sameName reports whether several processes have p's name, as when they were started
// without one: then it cannot be known which of them restarted.
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
