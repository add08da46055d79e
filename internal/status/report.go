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

// Report is one snapshot of the system, printed as it is by --json.
type Report struct {
	Time time.Time `json:"time"`
	NATS string    `json:"nats"`
	// Broker is the name of the one that this process is connected to, empty if none.
	Broker string `json:"broker"`
	// Alarms are faults that a person must resolve immediately.
	Alarms []string `json:"alarms"`
	// Durability is the lowest of all streams, and Why the reason that it is not better.
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

// inDoubt summarizes the unfinished transactions.
type inDoubt struct {
	// Branches counts the prepared branches without a known outcome, over all
	// participants.
	Branches int `json:"branches"`
	// Unfinished is a lower bound of the number of unfinished transactions: those
	// that coordinators hold, or those listed if that is more.
	Unfinished int `json:"unfinished"`
	// More reports that Transactions is incomplete; `parley tx list` lists all.
	More bool `json:"more"`
	// OldestMS is for how long the oldest of those listed has been prepared.
	OldestMS int64 `json:"oldest_ms"`
	// Transactions are unfinished, oldest first; each coordinator and participant
	// lists at most 100.
	Transactions []txview.Line `json:"transactions"`
}

type participant struct {
	Name       string             `json:"name"`
	Journal    string             `json:"journal"`
	InDoubt    int                `json:"in_doubt"`
	Violations []txwire.Violation `json:"violations"`
	// AllViolations counts them; Violations has the newest 100.
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

// sampler takes snapshots, and remembers the previous one for rates.
type sampler struct {
	*collector
	url    string
	before *counters
	memory memory
}

func newSampler(nc *nats.Conn, url string) (*sampler, error) {
	q, err := newCollector(nc, url)
	if err != nil {
		return nil, err
	}
	return &sampler{collector: q, url: natsconn.Redact(url), memory: memory{seen: map[string]process{}, at: map[string]string{}}}, nil
}

// snapshot collects all responses and merges them into a report.
func (l *sampler) snapshot(ctx context.Context) *Report {
	a := l.collect(ctx)
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
	s.Alarms = append(append([]string{}, alarms(a.services)...), eventAlarms(a.Coordinators)...)
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

// addTransactions merges the transactions of coordinators and participants.
func (s *Report) addTransactions(a *responses) {
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

// count estimates how many transactions are unfinished, listed or not.
func (d *inDoubt) count(a *responses) {
	held := 0
	for _, c := range a.Coordinators {
		held += c.Held()
		d.More = d.More || c.Cut(txwire.ID{})
	}
	for _, b := range a.Branches {
		d.More = d.More || b.Cut(txwire.ID{})
	}
	// One that only a participant lists may be among those that a coordinator left out.
	d.Unfinished = max(len(d.Transactions), held)
}

// age orders transactions by their oldest vote, those without a vote last.
func age(t txview.Line) int64 {
	if t.Since == 0 {
		return 1<<63 - 1
	}
	return t.Since
}
