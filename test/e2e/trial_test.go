package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/coordinator"
)

// trial is one play of a row.
type trial struct {
	*harness
	row row
	// under are the orders under test: one of them reaches the point.
	under []*order
	// healed is when all that is needed to end every doubt was started.
	healed time.Time
}

// play plays a row: a few orders, the crash, what heals it, a few orders more;
// and then nothing may be left over or forgotten.
func play(t *testing.T, result *result) {
	tr := &trial{harness: newHarness(t), row: result.row}
	tr.withEvents()
	tr.startCoordinator("--trim-at", "4")
	for range 2 {
		tr.place(tr.newOrder())
	}
	tr.row.strike(tr)
	result.doubt = tr.settle()
	result.answer, result.outcome = tr.summary()
	tr.check()
	if !tr.row.wanted(result.outcome) {
		t.Errorf("the outcome is %s, want %s", result.outcome, tr.row.want)
	}
	for range 2 {
		tr.place(tr.newOrder())
	}
	tr.repeatAll()
	eventually(t, patience, "finishing everything", tr.unfinished)
	tr.check()
	tr.checkEvents()
	tr.stopAll()
}

// settle waits until nothing is in doubt and returns how long something was: a
// figure for the table, which depends on the machine. That it ends is what is
// tested.
func (tr *trial) settle() time.Duration {
	tr.Helper()
	last := tr.healed
	eventually(tr, patience+clientPatience, "resolving every branch", func() error {
		// In this order: an order that was answered can still be in doubt, but what
		// it waits for can come into doubt again.
		waiting := tr.waiting()
		err := tr.inDoubt()
		if err != nil {
			last = time.Now()
		}
		return cmp.Or(err, waiting)
	})
	return last.Sub(tr.healed)
}

// waiting is nil when every client of an order under test has its answer.
func (tr *trial) waiting() error {
	for _, o := range tr.under {
		select {
		case <-o.done:
		default:
			return fmt.Errorf("the client of %s still waits for its answer", o.key)
		}
	}
	return nil
}

// summary returns the answers that the clients of the orders under test received,
// and what became of the orders.
func (tr *trial) summary() (answer, outcome string) {
	var answers, outcomes []string
	for _, o := range tr.under {
		answers = append(answers, o.answer())
		if tr.outcome(o) {
			outcomes = append(outcomes, committed)
		} else {
			outcomes = append(outcomes, nothing)
		}
	}
	return count(answers), count(outcomes)
}

// count returns "committed", or "3 committed, 5 unknown".
func count(words []string) string {
	n := map[string]int{}
	for _, w := range words {
		n[w]++
	}
	var parts []string
	for _, w := range slices.Sorted(maps.Keys(n)) {
		if parts = append(parts, fmt.Sprintf("%d %s", n[w], w)); len(n) == 1 {
			return w
		}
	}
	return strings.Join(parts, ", ")
}

// wanted reports whether the outcome is one that the row allows. Of several
// orders together only one has reached the point.
func (r *row) wanted(outcome string) bool {
	return strings.Contains(outcome, r.want)
}

// submitUnder submits orders under test, with -long several together.
func (tr *trial) submitUnder() {
	n := 1
	if *long {
		n = 8
	}
	tr.under = nil
	for range n {
		tr.under = append(tr.under, tr.submit(tr.newOrder()))
	}
}

// died is called when the victim is dead. Prepares that it has sent are in
// doubt only when they have arrived.
func (tr *trial) died() {
	tr.Helper()
	if tr.row.point == coordinator.StepPrepareSent {
		eventually(tr, patience, "preparing what was sent", tr.arrived)
	}
	if !tr.row.gone {
		return
	}
	for _, o := range tr.under {
		o.cancel()
		<-o.done
	}
}

// reached waits until the orders under test are answered or the process is
// dead, and reports whether it is, or will be because one was its own.
func (tr *trial) reached(p *process) bool {
	tr.Helper()
	log := logOf(p)
	for _, o := range tr.under {
		select {
		case <-o.done:
			if o.reply.ID.Log == log && (tr.row.point == coordinator.StepAnswered || tr.row.point == coordinator.StepCommitSent) {
				return true
			}
		case <-p.Done():
			return true
		case <-time.After(patience):
			tr.Fatalf("neither was %s answered nor %s killed within %v", o.key, p.Name(), patience)
		}
	}
	return p.Ended()
}

// logOf is the commit log of a coordinator.
func logOf(p *process) string {
	line := p.Await("opened a commit log")
	return regexp.MustCompile(`log=([a-z2-7]+)`).FindStringSubmatch(line)[1]
}

// arrived is nil when both participants know of an order under test.
func (tr *trial) arrived() (err error) {
	for _, o := range tr.under {
		if err = tr.known(o, both); err == nil {
			return nil
		}
	}
	return err
}
