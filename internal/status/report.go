package status

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"parley/internal/txview"
	"parley/natsconn"
	"parley/wire/chatwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// Report is what --json prints: one look.
type Report struct {
	Time time.Time `json:"time"`
	NATS string    `json:"nats"`
	// Broker is the one that this process is connected to, empty when none.
	Broker string `json:"broker"`
	// Alarms are what a person must decide at once.
	Alarms []string `json:"alarms"`
	// Durability is that of the stream that is worst off.
	Durability string      `json:"durability"`
	Why        string      `json:"why,omitempty"`
	Rates      *rates      `json:"rates,omitempty"`
	Processes  []process   `json:"processes"`
	Brokers    []broker    `json:"brokers"`
	Streams    []stream    `json:"streams"`
	Leases     []Lease     `json:"leases"`
	InDoubt    inDoubt     `json:"in_doubt"`
	Silent     []silence   `json:"silent"`
	Violations []violation `json:"violations"`

	Coordinators []txwire.CoordinatorState `json:"coordinators"`
	Participants []participant             `json:"participants"`
	IDWorkers    []idwire.IDWorkerState    `json:"idworkers"`
	Gateways     []chatwire.GatewayState   `json:"gateways"`
}

// inDoubt is what is not finished.
type inDoubt struct {
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
	Transactions []txview.Line `json:"transactions"`
}

type participant struct {
	Name       string             `json:"name"`
	Journal    string             `json:"journal"`
	InDoubt    int                `json:"in_doubt"`
	Violations []txwire.Violation `json:"violations"`
	// AllViolations is how many there are, of which the newest 100 are named.
	AllViolations int `json:"all_violations"`
}

func newParticipant(b txwire.Branches) participant {
	return participant{
		Name: b.Participant, Journal: b.Journal, InDoubt: b.Prepared,
		Violations: append([]txwire.Violation{}, b.Violations...), AllViolations: max(b.AllViolations, len(b.Violations)),
	}
}

type violation struct {
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
	return &looks{asker: q, url: natsconn.Redact(url), memory: memory{seen: map[string]process{}, at: map[string]string{}}}, nil
}

// look asks everybody and puts the answers together.
func (l *looks) look(ctx context.Context) *Report {
	a := l.ask(ctx)
	s := &Report{
		Time: a.at, NATS: l.url, Broker: l.nc.ConnectedServerName(), Silent: append([]silence{}, a.silent...),
		Coordinators: append([]txwire.CoordinatorState{}, a.Coordinators...), IDWorkers: append([]idwire.IDWorkerState{}, a.workers...),
		Gateways: append([]chatwire.GatewayState{}, a.gateways...), Participants: []participant{}, Violations: []violation{}, Leases: []Lease{},
	}
	for _, p := range a.Branches {
		s.Participants = append(s.Participants, newParticipant(p))
		for _, v := range p.Violations {
			s.Violations = append(s.Violations, violation{p.Participant, v})
		}
		s.InDoubt.Branches += p.Prepared
	}
	for _, lease := range a.leases.Leases {
		s.Leases = append(s.Leases, NewLease(lease, a.leases.BrokerTime))
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
func (s *Report) addTransactions(a *answers) {
	all := txview.Views{}
	all.AddStates(a.Coordinators)
	all.AddAnswers(a.Branches)
	s.InDoubt.Transactions = []txview.Line{}
	for _, v := range all.Sorted() {
		s.InDoubt.Transactions = append(s.InDoubt.Transactions, v.Line())
	}
	s.InDoubt.count(a)
	slices.SortStableFunc(s.InDoubt.Transactions, func(x, y txview.Line) int { return cmp.Compare(age(x), age(y)) })
	if t := s.InDoubt.Transactions; len(t) > 0 && t[0].Since > 0 {
		s.InDoubt.OldestMS = max(0, a.at.UnixMilli()-t[0].Since)
	}
}

// count finds out how many transactions there are beside those that were named.
func (d *inDoubt) count(a *answers) {
	held := 0
	for _, c := range a.Coordinators {
		held += c.Held()
		d.More = d.More || c.Cut(txwire.ID{})
	}
	for _, b := range a.Branches {
		d.More = d.More || b.Cut(txwire.ID{})
	}
	// What a participant alone names may be among those that a coordinator did not.
	d.Unfinished = max(len(d.Transactions), held)
}

// age orders by the oldest vote; what nobody has voted on comes last.
func age(t txview.Line) int64 {
	if t.Since == 0 {
		return 1<<63 - 1
	}
	return t.Since
}
