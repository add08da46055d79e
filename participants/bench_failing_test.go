package participants_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/participanttest"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

const (
	// failingBranches is the number of branches that fail permanently at one of the two participants.
	failingBranches = 1000
	// failingResend is how often a coordinator sends each of their commits.
	failingResend = 5 * time.Second
	// failingInFlight is how many orders are under way.
	failingInFlight = 64
	// failingOrders is how many make one measurement.
	failingOrders = 1000
)

// broken is a resource that fails to commit marked branches.
type broken struct{}

func (broken) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	_, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS done (log TEXT, n INTEGER)")
	return err
}

func (broken) Prepare(context.Context, *sqlite.Tx, participants.Branch) (json.RawMessage, error) {
	return nil, nil
}

func (broken) Commit(ctx context.Context, tx *sqlite.Tx, b participants.Branch) error {
	if _, err := tx.ExecContext(ctx, "INSERT INTO done VALUES (?,?)", b.ID.Log, int64(b.ID.N)); err != nil {
		return err
	}
	if string(b.Payload) == `"broken"` {
		return errors.New("the row to change is missing")
	}
	return nil
}
func (broken) Abort(context.Context, *sqlite.Tx, participants.Branch) error { return nil }

// BenchmarkFailingBranches compares two participants in one process: one
// without failing branches, and one with a thousand whose Commit fails permanently
// while a coordinator resends them and answers inquiries. They are measured in
// turns, so that other load of the machine affects both.
func BenchmarkFailingBranches(b *testing.B) {
	server := brokertest.Run(b)
	healthy, burdened := newOrders(b, server, "healthy"), newOrders(b, server, "burdened")
	burdened.breakBranches(failingBranches)
	var rates [2][]float64
	for b.Loop() {
		for i, o := range []*orders{healthy, burdened} {
			rates[i] = append(rates[i], o.rate(failingOrders))
		}
	}
	median := func(v []float64) float64 {
		v = slices.Sorted(slices.Values(v))
		return v[len(v)/2]
	}
	var ratios []float64
	for i := range rates[0] {
		ratios = append(ratios, rates[1][i]/rates[0][i])
	}
	b.ReportMetric(median(rates[0]), "tx/s-without")
	b.ReportMetric(median(rates[1]), "tx/s-failing")
	b.ReportMetric(100*median(ratios), "%kept")
	c := burdened.p.Counts()
	b.ReportMetric(float64(c.Retries), "retries")
	if c.Failing != failingBranches {
		b.Errorf("%d branches are failing, want %d", c.Failing, failingBranches)
	}
}

// orders is a participant and the coordinator that the benchmark plays.
type orders struct {
	b    *testing.B
	name string
	p    *participants.Participant[*sqlite.Tx]
	nc   *nats.Conn
	n    uint64
	// journal is that of the votes.
	journal atomic.Pointer[string]
	voted   chan txwire.ID
	acked   chan txwire.ID
}

func newOrders(b *testing.B, server *brokertest.Server, name string) *orders {
	o := &orders{b: b, name: name, nc: server.Connect(b), voted: make(chan txwire.ID, 1<<14), acked: make(chan txwire.ID, 1<<14)}
	cfg := config{participants.Config{Name: name, Log: slog.New(slog.DiscardHandler)}, filepath.Join(b.TempDir(), "journal.db")}
	participanttest.Streams(b, o.nc)
	var err error
	o.p, err = participants.New(cfg.Config, participants.Deps{NATS: server.Connect(b)}, sqlite.File(cfg.Path), broken{})
	o.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.p.Run(ctx) }()
	<-o.p.Ready()
	b.Cleanup(func() {
		cancel()
		o.must(<-ended)
	})
	o.on("tx.vote."+name+".>", func(m *nats.Msg) {
		_, _, id, _ := txwire.ParseSubject(m.Subject)
		if v, err := wire.Decode[txwire.Vote](m.Data); err != nil || !v.Yes {
			b.Errorf("%s: %s %v", m.Subject, m.Data, err)
		} else {
			o.journal.Store(&v.Journal)
		}
		o.voted <- id
	})
	o.on("tx.ack."+name+".>", func(m *nats.Msg) {
		_, _, id, _ := txwire.ParseSubject(m.Subject)
		o.acked <- id
	})
	o.must(o.nc.Flush())
	return o
}

func (o *orders) must(err error) {
	if err != nil {
		o.b.Fatal(err)
	}
}

func (o *orders) on(subject string, fn nats.MsgHandler) {
	_, err := o.nc.Subscribe(subject, fn)
	o.must(err)
}

func (o *orders) prepare(payload string) txwire.ID {
	o.n++
	id := txwire.ID{Log: benchLog, N: o.n}
	o.must(o.nc.Publish(txwire.Subject(txwire.KindPrepare, o.name, id), wire.Encode(txwire.Prepare{
		V: wire.Version, Key: fmt.Sprintf("key-%032x", o.n*0x9e3779b97f4a7c15), Digest: "0123456789abcdef0123456789abcdef",
		DecideBy: time.Now().Add(time.Hour).UnixMilli(), OpenSeq: 1, Payload: json.RawMessage(payload),
	})))
	return id
}

func (o *orders) commit(id txwire.ID) {
	o.must(o.nc.Publish(txwire.Subject(txwire.KindCommit, o.name, id), wire.Encode(txwire.Commit{
		V: wire.Version, Journal: *o.journal.Load(), DecideBy: time.Now().Add(time.Hour).UnixMilli(),
	})))
}

// rate does n orders and returns how many a second were acknowledged.
func (o *orders) rate(n int) float64 {
	start := time.Now()
	for range failingInFlight {
		o.prepare(`"fine"`)
	}
	for begun, done := failingInFlight, 0; done < n; {
		select {
		case id := <-o.voted:
			o.commit(id)
		case <-o.acked:
			if done++; begun < n {
				begun++
				o.prepare(`"fine"`)
			}
		}
	}
	return float64(n) / time.Since(start).Seconds()
}

// breakBranches prepares n branches that cannot commit, and has a coordinator
// resend their commits and answer questions until the end of the benchmark.
func (o *orders) breakBranches(n int) {
	o.on(txwire.SubjectResolve, func(m *nats.Msg) {
		_ = m.Respond(wire.Encode(txwire.Resolved{V: wire.Version, Status: txwire.StatusCommitted}))
	})
	var ids []txwire.ID
	for range n {
		ids = append(ids, o.prepare(`"broken"`))
	}
	for range n {
		<-o.voted
	}
	for _, id := range ids {
		o.commit(id)
	}
	for tick := time.NewTicker(10 * time.Millisecond); o.p.Counts().Failing < n; <-tick.C {
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(failingResend / time.Duration(n))
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-tick.C:
				o.commit(ids[i%n])
			case <-stop:
				return
			}
		}
	}()
	o.b.Cleanup(func() {
		close(stop)
		<-stopped
	})
}
