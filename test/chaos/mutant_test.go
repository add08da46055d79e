package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/coordinator"
	"parley/internal/cluster"
	"parley/participants"
	"parley/test/chaos/checker"
	"parley/test/chaos/model"
	"parley/test/chaos/traffic"
	"parley/test/chat"
	"parley/test/mutant"
	"parley/test/proc"
	"parley/wire"
)

// broken is the product without a rule, and what shows it.
type broken struct {
	name  string
	edits []mutant.Edit
	// rule must be found broken.
	rule checker.Rule
	// flags and traffic are what this needs.
	flags   map[string][]string
	traffic traffic.Config
	// act has happen what the rule is there for.
	act func(*scene)
	// always: it is played without -deep too.
	always bool
}

// played are those of this run.
func played(t *testing.T) []broken {
	return slices.DeleteFunc(mutants(t), func(b broken) bool { return !b.always && !*deep })
}

// mutants are one for each rule that the product can break.
func mutants(t *testing.T) []broken {
	clock := filepath.Join(t.TempDir(), "clock")
	return []broken{
		{
			name: "a participant votes before its commit is durable", rule: checker.Atomic,
			edits: []mutant.Edit{
				mutant.Replace("participants/group.go",
					"	k.at(ops, StepPrepareBeforeCommit, StepOutcomeBeforeCommit)\n",
					"	k.durable <- ops\n	<-time.After(2 * time.Second)\n	k.at(ops, StepPrepareBeforeCommit, StepOutcomeBeforeCommit)\n"),
				mutant.Replace("participants/group.go", `import (`, "import (\n\t\"time\""),
			},
			act: func(s *scene) {
				s.crash(wire.Delivery, participants.StepPrepareBeforeCommit, s.order("item-0", "zone-0"))
			},
		},
		{
			name: "a client is told before the append is acknowledged", always: true, rule: checker.ToldDone,
			edits: []mutant.Edit{mutant.Replace("coordinator/machine/vote.go",
				"		m.own.ready = append(m.own.ready, t.ID)\n",
				"		m.own.ready = append(m.own.ready, t.ID)\n		m.answerDecided(t.sub, t.outcome(wire.StatusCommitted))\n")},
			act: func(s *scene) { s.crash("coordinator-1", coordinator.StepAppendBefore, s.order("item-0", "zone-0")) },
		},
		{
			name: "an abort is applied as a commit", rule: checker.ToldUndone,
			edits: []mutant.Edit{mutant.Replace("participants/machine/outcome.go",
				"		s := abort(env, v, aborted, m.Close)\n		s.Call = CallAbort\n		return s\n	}\n}\n\n// abort writes",
				"		s := abort(env, v, aborted, m.Close)\n		s.Call, s.Put.State = CallCommit, wire.BranchCommitted\n		return s\n	}\n}\n\n// abort writes")},
			act: func(s *scene) { s.place(s.order("item-0", "nowhere")) },
		},
		{
			name: "a participant never asks", rule: checker.InDoubt,
			edits: []mutant.Edit{mutant.Replace("participants/inquire.go",
				"range s.doubts.due(time.Now(), maxAsking-len(free))", "range []machine.Branch(nil)")},
			act: func(s *scene) { s.crash("coordinator-1", coordinator.StepAppendBefore, s.order("item-0", "zone-0")) },
		},
		{
			name: "a copy of a journal is let in", rule: checker.Atomic,
			edits: []mutant.Edit{
				mutant.Replace("participants/standing.go", "	if err := s.alone(ctx, own); err != nil {\n		return err\n	}\n", "	_ = s.alone\n"),
				mutant.Replace("participants/standing.go", "	if first {\n		s.standing.twin = e.Error()\n	}\n", ""),
			},
			act: func(s *scene) {
				end := s.copied(wire.Inventory)
				for range 16 {
					s.place(s.order("item-0", "zone-0"))
				}
				end()
			},
		},
		{
			name: "a key is not unique", rule: checker.TwoCommits,
			edits: []mutant.Edit{
				mutant.Replace("participants/machine/prepare.go", "case v.Key != nil:", "case v.Key != nil && false:"),
				mutant.Replace("participants/sqlite_sql.go", "CREATE UNIQUE INDEX branches_key", "CREATE INDEX branches_key"),
			},
			act: func(s *scene) {
				o := s.order("item-0", "zone-0")
				s.place(o)
				for _, name := range s.named(cluster.RoleCoordinator) {
					s.drain(name) // one that remembers would answer by itself
					s.Start(name)
				}
				s.place(o)
			},
		},
		{
			name: "delivery forgets to set a courier free", rule: checker.Courier,
			edits: []mutant.Edit{mutant.Replace("participants/delivery/couriers.go",
				`"UPDATE couriers SET reserved=reserved-1 WHERE id=?"`, `"UPDATE couriers SET reserved=reserved WHERE id=?"`)},
			act: func(s *scene) { s.place(s.order("nothing", "zone-0")) },
		},
		{
			name: "inventory takes one too few", rule: checker.Stock,
			edits: []mutant.Edit{mutant.Replace("participants/inventory/stock.go", "stock=stock-? WHERE", "stock=stock-?+1 WHERE")},
			act:   func(s *scene) { s.place(s.order("item-0", "zone-0")) },
		},
		{
			name: "an append has no condition", always: true, rule: checker.LogBroken,
			edits: []mutant.Edit{mutant.Replace("coordinator/txlog/log.go", "		jetstream.WithExpectLastSequencePerSubject(expect),\n", "")},
			act:   func(s *scene) { s.hold("coordinator-1", coordinator.StepAppendBefore, s.order("item-0", "zone-0")) },
		},
		{
			name: "the blog acknowledges before it commits", rule: checker.PostGone, traffic: traffic.Config{Writers: 1},
			edits: []mutant.Edit{
				mutant.Replace("blog/shards/database.go",
					"		d.step.at(StepPostBeforeCommit)\n",
					"		for _, o := range ops {\n			o.done <- o.result\n		}\n		<-time.After(2 * time.Second)\n		d.step.at(StepPostBeforeCommit)\n"),
			},
			act: func(s *scene) { s.crash(cluster.RoleBlog, "post-before-commit", nil) },
		},
		{
			name: "the blog forgets keys", rule: checker.PostTwice, traffic: traffic.Config{Writers: 1},
			edits: []mutant.Edit{mutant.Replace("blog/shards/op.go", `if o.post.Key == "" {`, `if o != nil {`)},
			act: func(s *scene) {
				s.crash(cluster.RoleBlog, "post-after-commit", nil)
				posted := s.history.Counts()["posts"]
				s.until("a post after it", func() bool { return s.history.Counts()["posts"] > posted })
			},
		},
		{
			name: "a lease begins at the broker's time instead of where the last one ended", rule: model.AboutIDs,
			edits: []mutant.Edit{
				mutant.Replace("idworker/lease/claim.go", "		f.from = max(f.from, old.Record.Until)\n", ""),
			},
			flags: map[string][]string{cluster.RoleIDWorker: {"--numbers", "1", "--clock", clock}}, traffic: traffic.Config{Askers: 1},
			act: func(s *scene) {
				// The one that has the number is ahead; the next one is not.
				for _, off := range []string{"4s", "0s"} {
					if err := os.WriteFile(clock, []byte(off), 0o600); err != nil {
						s.Fatal(err)
					}
					for _, name := range s.named(cluster.RoleIDWorker) {
						s.drain(name)
						s.Start(name)
					}
					given := s.history.Counts()["ids"]
					s.until("more IDs", func() bool { return s.history.Counts()["ids"] > given+atLeast })
				}
			},
		},
		{
			name: "a gateway acknowledges before a message is stored", rule: checker.Rule(chat.AckedGone), traffic: traffic.Config{Talkers: 1},
			edits: []mutant.Edit{mutant.Replace("chatgw/rooms/send.go",
				"	for {\n		attempt, cancel :=",
				"	go func() { _, _ = r.js.PublishMsg(context.Background(), msg) }()\n	if room != \"\" {\n		return r.acked(room, m, 1), nil\n	}\n	for {\n		attempt, cancel :=")},
			act: func(s *scene) { s.until("messages", func() bool { return s.history.Counts()["messages"] > 3 }) },
		},
		{
			name: "a gateway leaves out the first message that was missed", always: true, rule: checker.Rule(chat.Gap), traffic: traffic.Config{Talkers: 6},
			edits: []mutant.Edit{mutant.Replace("chatgw/rooms/machine/join.go",
				"ok := r.ring.after(w.since); ok {\n", "ok := r.ring.after(w.since); ok {\n		missed = missed[min(1, len(missed)):]\n")},
			act: func(s *scene) {
				for range 3 {
					said := s.history.Counts()["messages"]
					s.until("messages", func() bool { return s.history.Counts()["messages"] > said+20 })
					s.Kill("gateway-1")
					s.until("more messages", func() bool { return s.history.Counts()["messages"] > said+40 })
					s.Start("gateway-1")
				}
			},
		},
	}
}

// atLeast is how many IDs are looked at before and after a number changes hands.
const atLeast = 200

// TestMutants: the checker catches the product without each of its rules, and
// without -deep without some, of each part of the product one.
func TestMutants(t *testing.T) {
	for _, m := range played(t) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			wrong := play(t, m)
			for _, w := range wrong {
				if w.Rule == m.rule {
					t.Logf("caught: %v", w)
					return
				}
			}
			t.Errorf("not caught; want %q, found %d others: %.2000v", m.rule, len(wrong), wrong)
		})
	}
}

// TestNoMutant: the same scenes with the product as it is break nothing. Without
// -deep it plays one: [TestChaos] holds the product to more.
func TestNoMutant(t *testing.T) {
	scenes := played(t)
	if !*deep {
		scenes = scenes[:1]
	}
	for _, m := range scenes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.edits = nil
			for _, w := range play(t, m) {
				t.Error(w)
			}
		})
	}
}

// scene is a small cluster in which something certain happens.
type scene struct {
	*run
	orders int
	// patience is how long it waits for what may never come.
	patience time.Duration
}

func play(t *testing.T, m broken) []checker.Violation {
	t.Helper()
	built := program
	if m.edits != nil {
		built = mutant.Program(t, strings.ReplaceAll(m.name, " ", "-"), m.edits)
	}
	c := newCrew(t, crewOptions{program: built, dir: t.TempDir(), lone: true, flags: m.flags})
	cfg := m.traffic
	cfg.URL = c.url("broker-1")
	for _, g := range c.named(cluster.RoleGateway) {
		cfg.Gateways = append(cfg.Gateways, c.http(g))
	}
	s := &scene{run: connect(t, c, cfg), patience: inVain}
	if m.edits == nil {
		s.patience = settleWithin
	}
	m.act(s)
	return s.end()
}

// end lets things come to their end, if they do, and holds everything against
// everything.
func (s *scene) end() []checker.Violation {
	s.Helper()
	s.traffic.Quiet()
	s.briefly(func() bool {
		d := s.doubts.look(s.Context(), askWithin)
		return d.Silent+d.Doubt == 0 && s.traffic.Settled(nil) == nil
	})
	stores := s.read(s.Context())
	if len(s.history.Chats) > 0 {
		stores.Ends = map[string]uint64{}
		for _, m := range stores.Chat {
			stores.Ends[m.Room] = m.Seq
		}
		s.briefly(func() bool { return s.traffic.Settled(stores.Ends) == nil })
	}
	s.traffic.Close()
	s.stopAll()
	s.databases(stores)
	return s.check(stores)
}

// inVain is how long something is waited for that a broken product may never
// come to. The product as it is has all the time that it needs.
const inVain = 15 * time.Second

func (s *scene) briefly(ok func() bool) {
	late := time.After(s.patience)
	tick := time.NewTicker(proc.Poll)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			return
		case <-tick.C:
		}
	}
}

func (s *scene) until(what string, ok func() bool) {
	s.Helper()
	proc.Eventually(s, proc.Patience, what, func() error {
		if !ok() {
			return errors.New("not yet")
		}
		return nil
	})
}

func (s *scene) order(item, zone string) *model.Order {
	s.orders++
	return &model.Order{Key: fmt.Sprint("scene-", s.orders), Item: item, Zone: zone, Quantity: 2}
}

// place asks for an order until the answer is definite, or in vain.
func (s *scene) place(o *model.Order) {
	ctx, cancel := context.WithTimeout(s.Context(), s.patience)
	defer cancel()
	s.traffic.Order(ctx, o)
}

// crash has a process die at a step of an order, and starts it again. Of the
// coordinators it is the only one when the order comes.
func (s *scene) crash(name, step string, o *model.Order) {
	s.Helper()
	s.alone(name)
	s.drain(name)
	s.Start(name, "--crash-at", step)
	ctx, cancel := context.WithTimeout(s.Context(), proc.Patience)
	defer cancel()
	placed := make(chan struct{})
	go func() {
		defer close(placed)
		if o != nil {
			s.place(o)
		}
	}()
	if !s.Crashed(ctx, name) {
		s.Fatalf("%s did not come to %s", name, step)
	}
	s.Start(name)
	<-placed
}

// hold has a coordinator stand still at a step until another one has sealed its
// log.
func (s *scene) hold(name, step string, o *model.Order) {
	s.Helper()
	s.alone(name)
	s.drain(name)
	s.Start(name, "--hold-at", step)
	ctx, cancel := context.WithTimeout(s.Context(), proc.Patience)
	defer cancel()
	placed := make(chan struct{})
	go func() {
		defer close(placed)
		s.place(o)
	}()
	if !s.Held(ctx, name, step) {
		s.Fatalf("%s did not come to %s", name, step)
	}
	other := "coordinator-2"
	s.Start(other)
	if !newMatcher("sealed a log").await(ctx, s.current(other)) {
		s.Fatalf("%s sealed nothing", other)
	}
	s.Continue(name)
	<-placed
}

// copied starts a participant once more, on a copy of its journal, and returns when
// that one serves or has ended.
func (s *scene) copied(name string) (end func()) {
	s.Helper()
	dir := s.TempDir()
	db, conn := s.database(s.Context(), name)
	_, err := conn.ExecContext(s.Context(), "VACUUM INTO ?", filepath.Join(dir, name+".db"))
	if err := errors.Join(err, conn.Close(), db.Close()); err != nil {
		s.Fatal(err)
	}
	m := s.of(name)
	args := slices.Clone(m.Args)
	args[slices.Index(args, "--data")+1] = dir
	p := proc.LaunchBy(s, proc.Options{}, slices.Concat([]string{string(s.program)}, args, []string{"--sample", "bench"})...)
	m.started.await(s.Context(), p)
	return func() {
		if !p.Ended() {
			p.Interrupt()
		}
	}
}

// alone stops the other coordinator, if the name is one's.
func (s *scene) alone(name string) {
	if name == "coordinator-1" {
		s.drain("coordinator-2")
	}
}

// drain ends a process as an operator does.
func (s *scene) drain(name string) {
	m := s.of(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted = false
	m.process.Interrupt()
}
