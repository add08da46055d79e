package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"parley/internal/cluster"
	"parley/participants/food"
	"parley/test/chaos/faults"
	"parley/test/chaos/logs"
	"parley/test/chaos/report"
	"parley/test/chaos/traffic"
	"parley/test/checker"
	"parley/test/model"
	"parley/test/proc"
)

// settleWithin bounds everything after the healing: nothing is in doubt any more
// that was in doubt then, every client has its answer, every talker is up to date.
// How long doubt lasted is in the report.
const settleWithin = 2 * proc.Patience

// run is one run, from the start of a cluster to the report.
type run struct {
	*harness
	seed     uint64
	history  *model.History
	traffic  *traffic.Traffic
	doubts   *doubts
	watching sync.WaitGroup

	mu     sync.Mutex
	events []model.Event
	facts  report.Facts
}

// busy is how much traffic there is in a run that breaks things at random.
func busy(c *harness, seed uint64) traffic.Config {
	t := traffic.Config{Seed: seed, URL: c.url(""), Brokers: map[string]string{}, Orderers: 18, PerBroker: 2, Writers: 2, Askers: 3, Talkers: 9, Events: 3}
	for _, b := range c.named(cluster.RoleBroker) {
		t.Brokers[b] = c.url(b)
	}
	for _, g := range c.named(cluster.RoleGateway) {
		t.Gateways = append(t.Gateways, c.http(g))
	}
	return t
}

// connect starts the traffic on a harness.
func connect(t testing.TB, c *harness, cfg traffic.Config) *run {
	t.Helper()
	r := &run{harness: c, seed: cfg.Seed, history: model.New()}
	var err error
	if r.traffic, err = traffic.Start(t.Context(), cfg, r.history); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.traffic.Close)
	r.doubts = &doubts{conns: r.traffic.Conns()}
	return r
}

// begin starts the traffic on a harness and waits until it flows.
func begin(t testing.TB, c *harness, cfg traffic.Config) *run {
	t.Helper()
	r := connect(t, c, cfg)
	const flowing = 30
	proc.Eventually(t, proc.Patience, "orders are placed", func() error {
		if n, _ := r.history.Progress(); n < flowing {
			return fmt.Errorf("%d of %d", n, flowing)
		}
		return nil
	})
	return r
}

// breakThings does a schedule, and then heals.
func (r *run) breakThings(ctx context.Context, schedule []faults.Fault, progress bool) {
	r.Helper()
	watching, stop := context.WithCancel(ctx)
	r.facts.Began = time.Now()
	r.watching.Go(func() { r.doubts.run(watching) })
	if progress {
		r.watching.Go(func() { r.progress(watching) })
	}
	defer r.watching.Wait()
	defer stop()
	faults.Run(ctx, schedule, r.harness, func(e model.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	})
	if r.network != nil {
		r.network.HealAll()
	}
	r.facts.Healed = time.Now()
	proc.Eventually(r, settleWithin, "nothing is in doubt since before the healing", func() error {
		return r.doubts.cleared(ctx, r.facts.Healed)
	})
	r.facts.Cleared = time.Since(r.facts.Healed)
}

// settle lets everything come to its end, stops the cluster, and reads what it
// has.
func (r *run) settle(ctx context.Context) *checker.Stores {
	r.Helper()
	r.traffic.Quiet()
	within, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	r.traffic.Resolve(within)
	proc.Eventually(r, settleWithin, "nothing is in doubt", func() error {
		s := r.doubts.look(ctx, askWithin)
		if s.Silent+s.Doubt > 0 {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	proc.Eventually(r, settleWithin, "every event is published", func() error { return r.published(ctx) })
	var last map[string]uint64
	if len(r.history.Chats) > 0 {
		r.settleChat(&last)
	}
	stores := r.read(ctx)
	stores.Ends = last
	r.traffic.Close()
	for _, wrong := range r.stopAll() {
		r.Error(wrong)
	}
	r.databases(stores)
	return stores
}

// read reads what is had over NATS, while the cluster runs.
func (r *run) read(ctx context.Context) *checker.Stores {
	r.Helper()
	stores := &checker.Stores{}
	proc.Eventually(r, settleWithin, "reading the streams and the blog", func() error {
		*stores = checker.Stores{}
		reading, cancel := context.WithTimeout(ctx, readWithin)
		defer cancel()
		return read(reading, r.traffic.Conn(), stores)
	})
	return stores
}

// databases reads the files of a cluster that has been stopped.
func (r *run) databases(stores *checker.Stores) {
	r.Helper()
	databases, err := checker.ReadParticipants(r.options.Dir)
	if err != nil {
		r.Fatal(err)
	}
	stores.Journals, stores.Items, stores.Couriers = databases.Journals, databases.Items, databases.Couriers
	stores.Lost = r.lost
	if stores.Trace, err = trace(r.trace()); err != nil {
		r.Fatal(err)
	}
}

// published returns nil when the events of all orders that were answered committed are
// published. What a coordinator had not published when it died, another one does.
func (r *run) published(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	events, err := readEvents(ctx, r.traffic.Conn())
	if err != nil {
		return err
	}
	for _, o := range r.history.Orders {
		if a, ok := o.Definite(); ok && a.Verdict == model.Committed && o.Event != "" && events[o.Event] == 0 {
			return fmt.Errorf("the event of %s, committed as %v, is not published", o.Key, a.ID)
		}
	}
	return nil
}

func (r *run) settleChat(last *map[string]uint64) {
	r.Helper()
	proc.Eventually(r, settleWithin, "everybody is up to date in the chat", func() (err error) {
		if err = r.traffic.Settled(nil); err != nil {
			return err
		}
		if *last, err = ends(r.traffic.Conn(), r.rooms()); err != nil {
			return err
		}
		return r.traffic.Settled(*last)
	})
}

func (r *run) rooms() (names []string) {
	seen := map[string]bool{}
	for _, c := range r.history.Chats {
		if !seen[c.Room] {
			names = append(names, c.Room)
		}
		seen[c.Room] = true
	}
	return names
}

// check compares everything with everything.
func (r *run) check(s *checker.Stores) []checker.Violation {
	return append(checker.All(r.history, s, food.MaxStock), logs.Check(s)...)
}

// reportFacts returns the facts of the run, for the report.
func (r *run) reportFacts() report.Facts {
	f := r.facts
	f.Seed, f.Planned, f.Events, f.Samples, f.History, f.Strange = r.seed, *length, r.events, r.doubts.all(), r.history, r.strange
	return f
}

func (r *run) figures() report.Figures {
	f := r.reportFacts()
	return f.Compute()
}

// write writes the report.
func (r *run) write(schedule []faults.Fault, wrong []checker.Violation) {
	r.Helper()
	f := r.reportFacts()
	for _, s := range schedule {
		f.Schedule = append(f.Schedule, s.String())
	}
	for _, v := range wrong {
		f.Violations = append(f.Violations, v.String())
	}
	text, picture := report.Markdown(&f), report.Picture(&f)
	err := errors.Join(
		os.WriteFile(filepath.Join(r.dir, "report.md"), []byte(text), 0o644),
		os.WriteFile(filepath.Join(r.dir, "timeline.svg"), []byte(picture), 0o644),
	)
	if err != nil {
		r.Fatal(err)
	}
}

// progress prints a line each second.
func (r *run) progress(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	before, _ := r.history.Progress()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			n, last := r.history.Progress()
			doubt := 0
			if all := r.doubts.all(); len(all) > 0 {
				doubt = all[len(all)-1].Doubt
			}
			fmt.Printf("%4.0fs  %4d orders/s  in doubt %3d  last commit %5.1fs ago  down: %s\n",
				now.Sub(r.facts.Began).Seconds(), n-before, doubt, now.Sub(last).Seconds(), r.down())
			before = n
		}
	}
}
