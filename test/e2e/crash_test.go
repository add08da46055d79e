package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"parley/coordinator"
	"parley/participants"
	"parley/participants/food"
	"parley/test/explore"
)

// row is one crash: what dies, where, and what happens then.
type row struct {
	// victim is the process that reaches point; died what is killed there.
	victim, point, died string
	// then is what happens after, for the table.
	then string
	// gone: the client gives up when the victim dies, so that nobody repeats
	// the order; only those in doubt can find out what became of it.
	gone bool
	// want is the only outcome allowed for the order under test, if any.
	want   string
	strike func(*trial)
}

const (
	committed = "committed"
	nothing   = "nothing"
)

// rows are the crash points.
func rows() []row {
	var all []row
	for _, name := range both {
		for _, point := range []string{
			participants.StepPrepareBeforeCommit, participants.StepPrepareAfterCommit, participants.StepVoteSent,
			participants.StepOutcomeBeforeCommit, participants.StepOutcomeAfterCommit, participants.StepAckSent,
		} {
			r := row{victim: name, point: point, died: name, then: "restarted", strike: crashParticipant}
			if strings.HasPrefix(point, "outcome") || strings.HasPrefix(point, "ack") {
				r.want = committed
			}
			all = append(all, r)
		}
	}
	for _, p := range []struct{ point, want string }{
		{coordinator.StepPrepareSent, nothing},
		{coordinator.StepAppendBefore, nothing},
		{coordinator.StepAppendAfter, committed},
		{coordinator.StepAnswered, committed},
		{coordinator.StepCommitSent, committed},
	} {
		r := row{victim: "coordinator", point: p.point, died: "coordinator"}
		alone, beside := r, r
		alone.then, alone.strike = "restarted", crashCoordinator
		beside.then, beside.strike = "another is alive", crashBeside
		again := alone
		again.gone, again.want, beside.gone, beside.want = true, p.want, true, p.want
		all = append(all, alone, again, beside)
	}
	all = append(all,
		row{victim: "coordinator", point: coordinator.StepPurgeBefore, died: "coordinator", then: "restarted", strike: crashPurging},
		row{victim: "coordinator", point: coordinator.StepPurgeBefore, died: "coordinator", then: "restarted, a commit was carried forward", want: committed, gone: true, strike: crashCarried},
		row{victim: "coordinator", point: coordinator.StepPurgeBefore, died: "coordinator", then: "restarted, it was draining", strike: crashDraining},
		row{victim: "2nd coordinator", point: coordinator.StepSealAfter, died: "both coordinators", then: "a third starts; 1st died at append-before", gone: true, want: nothing, strike: crashSealer(coordinator.StepAppendBefore)},
		row{victim: "2nd coordinator", point: coordinator.StepSealAfter, died: "both coordinators", then: "a third starts; 1st died at append-after", gone: true, want: committed, strike: crashSealer(coordinator.StepAppendAfter)},
		row{victim: "2nd coordinator", point: coordinator.StepSealAfter, died: "both coordinators", then: "a third starts; the 2nd was being asked", gone: true, want: nothing, strike: crashAsked},
		row{victim: "2nd coordinator", point: coordinator.StepSealAfter, died: "broker", then: "restarted", strike: brokerWhileSealing},
	)
	for _, h := range []struct{ victim, point string }{
		{food.Inventory, participants.StepPrepareAfterCommit},
		{food.Inventory, participants.StepOutcomeBeforeCommit},
		{food.Delivery, participants.StepOutcomeAfterCommit},
		{"coordinator", coordinator.StepAppendBefore},
		{"coordinator", coordinator.StepAppendAfter},
		{"coordinator", coordinator.StepPurgeBefore},
	} {
		all = append(all, row{victim: h.victim, point: h.point, died: "broker", then: "restarted", strike: killHeld})
	}
	for _, h := range []struct{ victim, point, want string }{
		{food.Delivery, participants.StepPrepareAfterCommit, nothing},
		{"coordinator", coordinator.StepAppendBefore, nothing},
		{"coordinator", coordinator.StepAppendAfter, committed},
		{"coordinator", coordinator.StepPurgeBefore, ""},
		{food.Inventory, participants.StepOutcomeBeforeCommit, committed},
	} {
		all = append(all, row{victim: h.victim, point: h.point, died: "everything", then: "restarted", gone: true, want: h.want, strike: killHeld})
	}
	return all
}

func (r *row) name() string {
	client := "client repeats"
	if r.gone {
		client = "client gone"
	}
	return strings.Join([]string{r.victim, r.point, "kill " + r.died, r.then, client}, ", ")
}

// result is what the table shows of a row.
type result struct {
	row
	answer, outcome string
	doubt           time.Duration
	ok              bool
}

// TestCrashPoints kills real processes at every durable step of the protocol.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var table []result
	again, pattern := 1, regexp.MustCompile(*only)
	if *long {
		again = *rounds
	}
	began := time.Now()
	t.Run("rows", func(t *testing.T) {
		for round := range again {
			for i, r := range rows() {
				if !pattern.MatchString(r.name()) {
					continue
				}
				t.Run(fmt.Sprintf("%d.%d %s", round, i, r.name()), func(t *testing.T) {
					t.Parallel()
					result := result{row: r, answer: "-", outcome: "-"}
					defer func() {
						result.ok = !t.Failed()
						mu.Lock()
						table = append(table, result)
						mu.Unlock()
					}()
					play(t, &result)
				})
			}
		}
	})
	slices.SortFunc(table, func(a, b result) int { return strings.Compare(a.name(), b.name()) })
	explore.Count(t, "crashes", len(table))
	t.Logf("%d crashes in %v\n%s", len(table), time.Since(began).Round(time.Second), render(table))
}

func render(table []result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "process\tpoint\twhat died\tthen\tclient's answer\toutcome\tin doubt (ms)\tok")
	for _, r := range table {
		ok, then := "ok", r.then
		if r.gone {
			then += ", client gone"
		}
		if !r.ok {
			ok = "FAIL"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", r.victim, r.point, r.died, then, r.answer, r.outcome, r.doubt.Milliseconds(), ok)
	}
	w.Flush()
	return b.String()
}
