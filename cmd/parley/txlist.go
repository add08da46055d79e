package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/wire"
)

type txListCmd struct {
	natsFlags
	jsonFlag
}

func (*txListCmd) Help() string {
	return `Lists what the coordinators have not finished and what any participant holds prepared without knowing the outcome. Each coordinator and participant names at most 100, oldest first. In a healthy system nothing stays here for longer than a few seconds.

Examples:

    parley tx list
    parley tx list --json`
}

// txListJSON is what --json prints.
type txListJSON struct {
	Transactions []txLineJSON `json:"transactions"`
	// NoAnswer are the kinds of processes of which none answers, so that what
	// they hold is missing.
	NoAnswer []string `json:"no_answer,omitempty"`
}

// Values of [txListJSON.NoAnswer].
const (
	allCoordinators = "coordinators"
	allParticipants = "participants"
)

// txLineJSON is one line of the list.
type txLineJSON struct {
	ID  wire.TxID `json:"id"`
	Key string    `json:"key,omitempty"`
	// State is the coordinator's, empty when none holds the transaction.
	State   string   `json:"state,omitempty"`
	Waiting []string `json:"waiting"`
	// InDoubt are the participants that hold it prepared, Since when the first
	// of them did, in milliseconds since 1970.
	InDoubt    []string          `json:"in_doubt"`
	Since      int64             `json:"since,omitempty"`
	Violations map[string]string `json:"violations,omitempty"`
	// Failing are the branches whose outcome could not be applied, with the
	// error of the last attempt.
	Failing []failingJSON `json:"failing,omitempty"`
}

// failingJSON is one branch whose outcome could not be applied.
type failingJSON struct {
	Participant string `json:"participant"`
	Error       string `json:"error"`
	Tries       int    `json:"tries"`
	// RetryAt is when the next attempt is due, in milliseconds since 1970.
	RetryAt int64 `json:"retry_at,omitempty"`
}

func (c *txListCmd) Run(ctx context.Context, a *app) error {
	_, client, closeAll, err := c.client(ctx, "tx list")
	if err != nil {
		return err
	}
	defer closeAll()
	states, err := client.Coordinators(ctx)
	if err != nil {
		return err
	}
	answers, err := client.AllBranches(ctx, wire.BranchQuery{})
	if err != nil {
		return err
	}
	all := txViews{}
	all.addStates(states)
	all.addAnswers(answers)
	list := txListJSON{Transactions: make([]txLineJSON, 0, len(all))}
	for _, v := range all.sorted() {
		list.Transactions = append(list.Transactions, v.line())
	}
	if len(states) == 0 {
		list.NoAnswer = append(list.NoAnswer, allCoordinators)
	}
	if len(answers) == 0 {
		list.NoAnswer = append(list.NoAnswer, allParticipants)
	}
	if a.json {
		a.printJSON(list)
		return nil
	}
	list.print(a)
	return nil
}

// print shows the list, and who is not in it: that nobody answers does not mean
// that nothing is unfinished.
func (l *txListJSON) print(a *app) {
	l.printLines(a)
	if slices.Contains(l.NoAnswer, allCoordinators) {
		fmt.Fprintf(a.err, "no coordinator answers: what is unfinished is not known; start one with `parley coordinator`\n")
	}
	if slices.Contains(l.NoAnswer, allParticipants) {
		fmt.Fprintf(a.err, "no participant answers: who is in doubt is not known; start `parley inventory` and `parley delivery`\n")
	}
}

func (l *txListJSON) printLines(a *app) {
	lines := l.Transactions
	if len(lines) == 0 {
		if len(l.NoAnswer) == 0 {
			a.printf("Nothing is unfinished or in doubt.\n")
		}
		return
	}
	rows := [][]string{{"ID", "KEY", "COORDINATOR", "WAITING FOR", "IN DOUBT AT", ">FOR", "VIOLATIONS"}}
	for _, l := range lines {
		state, age, violations := l.State, "", ""
		if state == "" {
			state = "-"
		}
		if l.Since > 0 {
			age = time.Since(time.UnixMilli(l.Since)).Round(time.Second).String()
		}
		for p, reason := range l.Violations {
			violations += p + ": " + printable(reason) + " "
		}
		rows = append(rows, []string{l.ID.String(), printable(l.Key), state, strings.Join(l.Waiting, ","), strings.Join(l.InDoubt, ","), age, violations})
	}
	a.table(rows)
	for _, l := range lines {
		for _, f := range l.Failing {
			b := branchView{Error: f.Error, Tries: f.Tries, RetryAt: f.RetryAt}
			a.printf("FAILING %s at %s: %s\n", l.ID, f.Participant, b.failure())
		}
	}
}

func (v *txView) line() txLineJSON {
	l := txLineJSON{ID: v.ID, Key: v.Key, State: v.State, Waiting: v.Waiting, InDoubt: []string{}, Violations: v.Violations}
	if l.Waiting == nil {
		l.Waiting = []string{}
	}
	for _, b := range v.Branches {
		if b.State != wire.BranchPrepared {
			continue
		}
		l.InDoubt = append(l.InDoubt, b.Participant)
		if b.Error != "" {
			l.Failing = append(l.Failing, failingJSON{b.Participant, b.Error, b.Tries, b.RetryAt})
		}
		if l.Since == 0 || b.At < l.Since {
			l.Since = b.At
		}
	}
	return l
}
