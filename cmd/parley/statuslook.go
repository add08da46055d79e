package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"parley/natsconn"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// statusJSON is what --json prints: one look.
type statusJSON struct {
	Time time.Time `json:"time"`
	NATS string    `json:"nats"`
	// Broker is the one that this process is connected to, empty when none.
	Broker string `json:"broker"`
	// Alarms are what a person must decide at once.
	Alarms []string `json:"alarms"`
	// Durability is that of the stream that is worst off.
	Durability string          `json:"durability"`
	Why        string          `json:"why,omitempty"`
	Rates      *ratesJSON      `json:"rates,omitempty"`
	Processes  []processJSON   `json:"processes"`
	Brokers    []brokerJSON    `json:"brokers"`
	Streams    []streamJSON    `json:"streams"`
	Leases     []leaseJSON     `json:"leases"`
	InDoubt    inDoubtJSON     `json:"in_doubt"`
	Silent     []silentJSON    `json:"silent"`
	Violations []violationJSON `json:"violations"`

	Coordinators []txwire.CoordinatorState `json:"coordinators"`
	Participants []participantJSON         `json:"participants"`
	IDWorkers    []idwire.IDWorkerState    `json:"idworkers"`
	Gateways     []chatwire.GatewayState   `json:"gateways"`
}

// inDoubtJSON is what is not finished.
type inDoubtJSON struct {
	// Branches is how many are prepared and do not know the outcome, over all
	// participants.
	Branches int `json:"branches"`
	// Unfinished is how many transactions are unfinished in all, at least: what
	// coordinators hold, and what participants alone name.
	Unfinished int `json:"unfinished"`
	// More: Transactions has not all of them; `parley tx list` has.
	More bool `json:"more"`
	// OldestMS is how long the oldest of those listed has been prepared.
	OldestMS int64 `json:"oldest_ms"`
	// Transactions are unfinished, oldest first; coordinators and participants
	// name at most 100 each.
	Transactions []txLineJSON `json:"transactions"`
}

type participantJSON struct {
	Name       string             `json:"name"`
	Journal    string             `json:"journal"`
	InDoubt    int                `json:"in_doubt"`
	Violations []txwire.Violation `json:"violations"`
	// AllViolations is how many there are, of which the newest 100 are named.
	AllViolations int `json:"all_violations"`
}

func newParticipantJSON(b txwire.Branches) participantJSON {
	return participantJSON{
		Name: b.Participant, Journal: b.Journal, InDoubt: b.Prepared,
		Violations: append([]txwire.Violation{}, b.Violations...), AllViolations: max(b.AllViolations, len(b.Violations)),
	}
}

type violationJSON struct {
	Participant string `json:"participant"`
	txwire.Violation
}

// looks looks again and again, and remembers.
type looks struct {
	*asker
	url    string
	before *counters
	memory memory
}

func newLooks(nc *nats.Conn, url string) (*looks, error) {
	q, err := newAsker(nc, url)
	if err != nil {
		return nil, err
	}
	return &looks{asker: q, url: natsconn.Redact(url), memory: memory{seen: map[string]processJSON{}, at: map[string]string{}}}, nil
}

// look asks everybody and puts the answers together.
func (l *looks) look(ctx context.Context) *statusJSON {
	a := l.ask(ctx)
	s := &statusJSON{
		Time: a.at, NATS: l.url, Broker: l.nc.ConnectedServerName(), Silent: append([]silentJSON{}, a.silent...),
		Coordinators: append([]txwire.CoordinatorState{}, a.coordinators...), IDWorkers: append([]idwire.IDWorkerState{}, a.workers...),
		Gateways: append([]chatwire.GatewayState{}, a.gateways...), Participants: []participantJSON{}, Violations: []violationJSON{}, Leases: []leaseJSON{},
	}
	for _, p := range a.branches {
		s.Participants = append(s.Participants, newParticipantJSON(p))
		for _, v := range p.Violations {
			s.Violations = append(s.Violations, violationJSON{p.Participant, v})
		}
		s.InDoubt.Branches += p.Prepared
	}
	for _, lease := range a.leases.Leases {
		s.Leases = append(s.Leases, newLeaseJSON(lease, a.leases.BrokerTime))
	}
	s.Alarms = append([]string{}, alarms(a.services)...)
	s.addTransactions(a)
	s.addBrokers(a, &l.memory)
	s.addStreams(a)
	now := count(a)
	s.Rates = now.since(l.before)
	s.addProcesses(a, now.since(l.before))
	s.Processes = l.memory.fill(a.at, s.Processes)
	l.before = now
	return s
}

// addTransactions puts together what coordinators and participants hold.
func (s *statusJSON) addTransactions(a *answers) {
	all := txViews{}
	all.addStates(a.coordinators)
	all.addAnswers(a.branches)
	s.InDoubt.Transactions = []txLineJSON{}
	for _, v := range all.sorted() {
		s.InDoubt.Transactions = append(s.InDoubt.Transactions, v.line())
	}
	s.InDoubt.count(a)
	slices.SortStableFunc(s.InDoubt.Transactions, func(x, y txLineJSON) int { return cmp.Compare(age(x), age(y)) })
	if t := s.InDoubt.Transactions; len(t) > 0 && t[0].Since > 0 {
		s.InDoubt.OldestMS = max(0, a.at.UnixMilli()-t[0].Since)
	}
}

// count finds out how many transactions there are beside those that were named.
func (d *inDoubtJSON) count(a *answers) {
	held := 0
	for _, c := range a.coordinators {
		held += c.Held()
		d.More = d.More || c.Cut(txwire.ID{})
	}
	for _, b := range a.branches {
		d.More = d.More || b.Cut(txwire.ID{})
	}
	// What a participant alone names may be among those that a coordinator did not.
	d.Unfinished = max(len(d.Transactions), held)
}

// age orders by the oldest vote; what nobody has voted on comes last.
func age(t txLineJSON) int64 {
	if t.Since == 0 {
		return 1<<63 - 1
	}
	return t.Since
}
