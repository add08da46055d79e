package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/micro"

	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

// alarms returns the faults that a person must resolve: several processes on
// copies of one journal, and two journals under one name.
func alarms(services []micro.Stats) (all []string) {
	type journal struct{ participant, id string }
	by := map[journal][]string{}
	names := map[string][]string{}
	for _, s := range services {
		id := s.Metadata["journal"]
		if id == "" {
			continue
		}
		j := journal{s.Name, id}
		if by[j] == nil {
			names[s.Name] = append(names[s.Name], id)
		}
		by[j] = append(by[j], cli.Printable(cmp.Or(strings.TrimPrefix(s.Metadata[wire.MetaProcess], "parley "), s.ID)))
	}
	for j, processes := range by {
		if len(processes) > 1 {
			slices.Sort(processes)
			all = append(all, fmt.Sprintf("journal %s of %s is answered by %d processes, on copies of one file: %s; stop all but one",
				cli.Printable(j.id), cli.Printable(j.participant), len(processes), strings.Join(processes, ", ")))
		}
	}
	for name, ids := range names {
		if len(ids) > 1 {
			slices.Sort(ids)
			all = append(all, fmt.Sprintf("%s has %d journals, and orders are aborted at random: %s; stop all but one, or give them other names",
				cli.Printable(name), len(ids), cli.Printable(strings.Join(ids, ", "))))
		}
	}
	slices.Sort(all)
	return all
}

// eventAlarms returns an alarm for each coordinator that cannot publish events of
// committed transactions: for example because their stream is missing.
func eventAlarms(coordinators []txwire.CoordinatorState) (all []string) {
	for _, c := range coordinators {
		if c.Unpublished > 0 && c.Problem != "" {
			all = append(all, fmt.Sprintf("coordinator %s keeps %s of committed transactions that cannot be published: %s",
				cli.Printable(c.Log), cli.Plural(c.Unpublished, "event", "events"), cli.Printable(c.Problem)))
		}
	}
	return all
}
