package chaos

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"parley/coordinator"
	"parley/internal/cluster"
	"parley/participants"
	"parley/participants/food"
	"parley/test/chaos/traffic"
	"parley/test/chat"
	"parley/test/checker"
	"parley/test/model"
	"parley/test/mutant"
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
	// act makes happen what the rule is for.
	act func(*scene)
	// always: it is played without -deep too.
	always bool
}

// Label implements [mutant.Variant].
func (b broken) Label() (name string, edits []mutant.Edit) { return b.name, b.edits }

// played reports whether it is played in this run.
func (b broken) played() bool { return b.always || *deep }

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
			},
			act: func(s *scene) {
				s.crash(food.Delivery, participants.StepPrepareBeforeCommit, s.order("item-0", "zone-0"))
			},
		},
		{
			name: "a client is answered before the append is acknowledged", always: true, rule: checker.NotCommitted,
			edits: []mutant.Edit{mutant.Replace("coordinator/machine/vote.go",
				"		m.own.ready = append(m.own.ready, t.ID)\n",
				"		m.own.ready = append(m.own.ready, t.ID)\n		m.answerDecided(t.sub, t.outcome(txwire.StatusCommitted))\n")},
			act: func(s *scene) { s.crash("coordinator-1", coordinator.StepAppendBefore, s.order("item-0", "zone-0")) },
		},
		{
			name: "an abort is applied as a commit", rule: checker.NotAborted,
			edits: []mutant.Edit{mutant.Replace("participants/machine/outcome.go",
				"		s := abort(env, v, aborted, m.Close)\n		s.Call = CallAbort\n		return s\n	}\n}\n\n// abort writes",
				"		s := abort(env, v, aborted, m.Close)\n		s.Call, s.Put.State = CallCommit, txwire.BranchCommitted\n		return s\n	}\n}\n\n// abort writes")},
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
				end := s.copied(food.Inventory)
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
				mutant.Replace("participants/sqlite/sql.go", "CREATE UNIQUE INDEX branches_key", "CREATE INDEX branches_key"),
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
			name: "who finishes a log forgets its events", rule: checker.EventGone, traffic: traffic.Config{Events: 1},
			edits: []mutant.Edit{mutant.Replace("coordinator/machine/adopt.go", "				c.Events = events[c.N]\n", "				_ = events\n")},
			act:   func(s *scene) { s.crash("coordinator-1", coordinator.StepAppendAfter, s.order("item-0", "zone-0")) },
		},
		{
			name: "events are published before the append", rule: checker.EventTwice, traffic: traffic.Config{Events: 1},
			edits: []mutant.Edit{mutant.Replace("coordinator/machine/own.go",
				"		m.txs[id].State = Appending\n", "		m.txs[id].State = Appending\n		m.publish(m.txs[id])\n")},
			act: func(s *scene) { s.crash("coordinator-1", coordinator.StepAppendBefore, s.order("item-0", "zone-0")) },
		},
		{
			name: "the blog acknowledges before it commits", rule: checker.PostGone, traffic: traffic.Config{Writers: 1},
			edits: []mutant.Edit{
				mutant.Replace("blog/shards/shard.go",
					"		sh.set.hooks.At(StepPostBeforeCommit)\n",
					"		for _, o := range ops {\n			o.done <- o.result\n		}\n		<-time.After(2 * time.Second)\n		sh.set.hooks.At(StepPostBeforeCommit)\n"),
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
			name: "a gateway acknowledges before a message is stored", rule: checker.Rule(chat.AckedLost), traffic: traffic.Config{Talkers: 1},
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
					before := s.history.Counts()["messages"]
					s.until("messages", func() bool { return s.history.Counts()["messages"] > before+20 })
					s.Kill("gateway-1")
					s.until("more messages", func() bool { return s.history.Counts()["messages"] > before+40 })
					s.Start("gateway-1")
				}
			},
		},
	}
}

// atLeast is how many IDs are checked before and after a number changes hands.
const atLeast = 200

// TestMutants: the checker catches the product without each of its rules, and
// without -deep without some, of each part of the product one. Of the others it is
// checked that they still can be made.
func TestMutants(t *testing.T) {
	mutant.Run(t, mutants(t), func(_ int, b broken) bool { return b.played() }, func(t *testing.T, b broken) {
		wrong := play(t, b)
		for _, w := range wrong {
			if w.Rule == b.rule {
				t.Logf("caught: %v", w)
				return
			}
		}
		t.Errorf("not caught; want %q, found %d others: %.2000v", b.rule, len(wrong), wrong)
	})
}

// TestNoMutant: the same scenes with the product as it is break nothing. Without
// -deep it plays one: [TestChaos] holds the product to more.
func TestNoMutant(t *testing.T) {
	scenes := slices.DeleteFunc(mutants(t), func(b broken) bool { return !b.played() })
	if !*deep {
		scenes = scenes[:1]
	}
	for i := range scenes {
		scenes[i].edits = nil
	}
	mutant.Run(t, scenes, func(int, broken) bool { return true }, func(t *testing.T, b broken) {
		for _, w := range play(t, b) {
			t.Error(w)
		}
	})
}
