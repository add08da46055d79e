package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/natsconn"
	"parley/internal/streams"
	"parley/wire"
)

type statusCmd struct {
	natsFlags
	jsonFlag
}

func (*statusCmd) Help() string {
	return `Durability is "synced" when every server declares that it syncs before it acknowledges; "replicated" and "unverified" can lose acknowledged transactions when the power fails.

Examples:

    parley status
    parley status --json`
}

// statusJSON is what --json prints.
type statusJSON struct {
	NATS         string                  `json:"nats"`
	Stream       streamJSON              `json:"stream"`
	Durability   string                  `json:"durability"`
	Why          string                  `json:"why,omitempty"`
	Coordinators []wire.CoordinatorState `json:"coordinators"`
	Participants []participantJSON       `json:"participants"`
}

type streamJSON struct {
	Name        string `json:"name"`
	Incarnation string `json:"incarnation"`
	Replicas    int    `json:"replicas"`
	Messages    uint64 `json:"messages"`
	Bytes       uint64 `json:"bytes"`
	// Limit is where new transactions are refused, in bytes.
	Limit int64 `json:"limit"`
}

type participantJSON struct {
	Name       string           `json:"name"`
	Journal    string           `json:"journal"`
	InDoubt    int              `json:"in_doubt"`
	Violations []wire.Violation `json:"violations"`
}

func (c *statusCmd) Run(ctx context.Context, a *app) error {
	nc, client, closeAll, err := c.client(ctx, "status")
	if err != nil {
		return err
	}
	defer closeAll()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	spec := wire.TxLog()
	info, err := streams.Check(ctx, js, spec)
	if err != nil {
		return err
	}
	d := streams.Inspect(ctx, nc, spec.Name)
	s := statusJSON{
		NATS: natsconn.Redact(c.NATS), Durability: string(d.Durability), Why: d.Reason, Participants: []participantJSON{},
		Stream: streamJSON{Name: spec.Name, Incarnation: info.Incarnation, Replicas: info.Replicas, Messages: info.Messages, Bytes: info.Bytes, Limit: spec.SoftBytes},
	}
	if s.Coordinators, err = client.Coordinators(ctx); err != nil {
		return err
	}
	if s.Coordinators == nil {
		s.Coordinators = []wire.CoordinatorState{}
	}
	answers, err := client.AllBranches(ctx, wire.BranchQuery{})
	if err != nil {
		return err
	}
	for _, p := range answers {
		s.Participants = append(s.Participants, participantJSON{Name: p.Participant, Journal: p.Journal, InDoubt: p.Prepared, Violations: append([]wire.Violation{}, p.Violations...)})
	}
	if a.json {
		a.printJSON(s)
		return nil
	}
	s.print(a)
	return nil
}

func (s *statusJSON) print(a *app) {
	durability := s.Durability
	if s.Why != "" {
		durability += " (" + s.Why + ")"
	}
	a.facts("NATS", s.NATS, "durability", durability,
		"commit logs", fmt.Sprintf("stream %s, %d records in %d KB of %d, %d replicas", s.Stream.Name, s.Stream.Messages, s.Stream.Bytes>>10, s.Stream.Limit>>10, s.Stream.Replicas))
	a.printf("\n")
	if len(s.Coordinators) == 0 {
		a.printf("No coordinator is running: start one with `parley coordinator`.\n")
	} else {
		rows := [][]string{{"COORDINATOR (LOG)", ">UNDECIDED", ">UNFINISHED", ">ADOPTED", ">COMMITTED", ">ABORTED"}}
		for _, c := range s.Coordinators {
			rows = append(rows, []string{c.Log, strconv.Itoa(c.Undecided), strconv.Itoa(c.Unfinished), strconv.Itoa(len(c.Adopted)), strconv.FormatUint(c.Committed, 10), strconv.FormatUint(c.Aborted, 10)})
		}
		a.table(rows)
	}
	a.printf("\n")
	if len(s.Participants) == 0 {
		a.printf("No participant is running: start `parley inventory` and `parley delivery`.\n")
		return
	}
	rows := [][]string{{"PARTICIPANT", "JOURNAL", ">IN DOUBT", ">VIOLATIONS"}}
	for _, p := range s.Participants {
		rows = append(rows, []string{p.Name, p.Journal, strconv.Itoa(p.InDoubt), strconv.Itoa(len(p.Violations))})
	}
	a.table(rows)
}
