package txview

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

// Page is what --json prints.
type Page struct {
	Transactions []Line `json:"transactions"`
	// Unfinished is how many transactions the coordinators hold in all, InDoubt
	// how many branches the participants do, Violations how many outcomes they
	// refused; listed or not.
	Unfinished int `json:"unfinished"`
	// Abandoned is how many are held only because a branch was abandoned; they are
	// not listed.
	Abandoned  int `json:"abandoned"`
	InDoubt    int `json:"in_doubt"`
	Violations int `json:"violations"`
	// More: the list was cut. Next is where to go on with --from; without it the
	// rest cannot be listed, since it is held by processes of an earlier release.
	More bool      `json:"more"`
	Next txwire.ID `json:"next,omitzero"`
	// NoAnswer are the kinds of processes of which none answers, so that what
	// they hold is missing.
	NoAnswer []string `json:"no_answer,omitempty"`
}

// Values of [Page.NoAnswer].
const (
	allCoordinators = "coordinators"
	allParticipants = "participants"
)

// Line is one line of the list.
type Line struct {
	ID  txwire.ID `json:"id"`
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
	Failing []Failing `json:"failing,omitempty"`
	// Unpublished are the indexes of its events that are not published, Problem is
	// why one of them is not.
	Unpublished []int  `json:"unpublished,omitempty"`
	Problem     string `json:"problem,omitempty"`
}

// Failing is one branch whose outcome could not be applied.
type Failing struct {
	Participant string `json:"participant"`
	Error       string `json:"error"`
	Tries       int    `json:"tries"`
	// RetryAt is when the next attempt is due, in milliseconds since 1970.
	RetryAt int64 `json:"retry_at,omitempty"`
}

// Lister is what a list needs of [txclient.Client].
type Lister interface {
	CoordinatorsFrom(context.Context, txwire.ID) ([]txwire.CoordinatorState, error)
	AllBranches(context.Context, txwire.BranchQuery) ([]txwire.Branches, error)
}

// List reads one page: the first [wire.MaxList] transactions from one on. Each
// process names its own first ones from there on, so that the first ones of all
// are among them.
func List(ctx context.Context, client Lister, from txwire.ID) (*Page, error) {
	states, err := client.CoordinatorsFrom(ctx, from)
	if err != nil {
		return nil, err
	}
	answers, err := client.AllBranches(ctx, txwire.BranchQuery{From: from})
	if err != nil {
		return nil, err
	}
	stuck := false
	if from.IsZero() {
		if answers, stuck, err = inOrder(ctx, client, answers); err != nil {
			return nil, err
		}
	}
	l := &Page{Transactions: []Line{}}
	more := stuck
	for _, s := range states {
		l.Unfinished += s.Held()
		l.Abandoned += s.Abandoned
		more = more || s.Cut(from)
	}
	for _, b := range answers {
		if b.Code != "" {
			return nil, cli.Failed(&wire.Error{Code: b.Code, Text: fmt.Sprintf("the participant %s cannot list its branches: %s", b.Participant, b.Reason)},
				"a participant of an earlier release does not know --from; leave it out, or upgrade the participant")
		}
		l.InDoubt += b.Prepared
		l.Violations += max(b.AllViolations, len(b.Violations))
		more = more || b.Cut(from)
	}
	all := Views{}
	all.AddStates(states)
	all.AddAnswers(answers)
	for _, v := range all.Sorted() {
		if v.ID.Compare(from) >= 0 { // violations are named on every page
			l.Transactions = append(l.Transactions, v.Line())
		}
	}
	if len(l.Transactions) > wire.MaxList {
		l.Transactions, more = l.Transactions[:wire.MaxList], true
	}
	l.More = more
	if n := len(l.Transactions); more && !stuck && n > 0 {
		l.Next = l.Transactions[n-1].ID.Next()
	}
	if len(states) == 0 {
		l.NoAnswer = append(l.NoAnswer, allCoordinators)
	}
	if len(answers) == 0 {
		l.NoAnswer = append(l.NoAnswer, allParticipants)
	}
	return l, nil
}

// inOrder asks again if a participant holds more than it named: without From it
// names the oldest, which need not have the smallest ids. stuck: one of an earlier
// release cannot name the others.
func inOrder(ctx context.Context, client Lister, oldest []txwire.Branches) (all []txwire.Branches, stuck bool, err error) {
	if !slices.ContainsFunc(oldest, func(b txwire.Branches) bool { return b.Cut(txwire.ID{}) }) {
		return oldest, false, nil
	}
	ordered, err := client.AllBranches(ctx, txwire.BranchQuery{From: txwire.FirstID()})
	if err != nil {
		return nil, false, err
	}
	for _, b := range oldest {
		i := slices.IndexFunc(ordered, func(o txwire.Branches) bool {
			return o.Participant == b.Participant && o.Journal == b.Journal && o.Code == ""
		})
		switch {
		case i >= 0:
			all = append(all, ordered[i])
		case b.Cut(txwire.ID{}):
			stuck = true
			all = append(all, b)
		default:
			all = append(all, b)
		}
	}
	return all, stuck, nil
}

// Print shows the list, and who is not in it: that nobody answers does not mean
// that nothing is unfinished.
func (l *Page) Print(a *cli.App) {
	l.printLines(a)
	l.printRest(a)
	if l.Abandoned > 0 {
		a.Printf("%s committed and kept for an abandoned branch.\n", cli.Plural(l.Abandoned, "more transaction is", "more transactions are"))
	}
	if slices.Contains(l.NoAnswer, allCoordinators) {
		fmt.Fprintf(a.Err, "no coordinator answers: what is unfinished is not known; start one with `parley coordinator`\n")
	}
	if slices.Contains(l.NoAnswer, allParticipants) {
		fmt.Fprintf(a.Err, "no participant answers: who is in doubt is not known; start `parley inventory` and `parley delivery`\n")
	}
}

// printRest names what a list that was cut has not.
func (l *Page) printRest(a *cli.App) {
	if !l.More {
		return
	}
	a.Printf("These are not all: the coordinators hold %s, the participants %s in doubt",
		cli.Plural(l.Unfinished, "transaction", "transactions"), cli.Plural(l.InDoubt, "branch", "branches"))
	if l.Violations > 0 {
		a.Printf(" and %s", cli.Plural(l.Violations, "violation", "violations"))
	}
	if l.Next.IsZero() {
		a.Printf("\nA participant of an earlier release cannot list the others: upgrade it.\n")
		return
	}
	a.Printf("\nThe next ones: `parley tx list --from %s`\n", l.Next)
}

func (l *Page) printLines(a *cli.App) {
	lines := l.Transactions
	if len(lines) == 0 {
		if len(l.NoAnswer) == 0 && !l.More && l.Unfinished+l.InDoubt == 0 {
			a.Printf("Nothing is unfinished or in doubt.\n")
		} else if len(l.NoAnswer) == 0 {
			a.Printf("Nothing is listed from there on.\n")
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
			violations += p + ": " + cli.Printable(reason) + " "
		}
		rows = append(rows, []string{l.ID.String(), cli.Printable(l.Key), state, strings.Join(l.Waiting, ","), strings.Join(l.InDoubt, ","), age, violations})
	}
	a.Table(rows)
	PrintFailing(a, lines)
}

// unpublished are the events of a transaction that are not published, for people.
func unpublished(indexes []int, problem string) string {
	if len(indexes) == 0 {
		return ""
	}
	text := strings.Trim(fmt.Sprint(indexes), "[]")
	if len(indexes) == 1 {
		text = "event " + text
	} else {
		text = "events " + text
	}
	if problem != "" {
		text += " (" + cli.Printable(problem) + ")"
	}
	return text
}

// PrintFailing has a line for each outcome that could not be applied, and for each
// transaction with events that are not published.
func PrintFailing(a *cli.App, lines []Line) {
	for _, l := range lines {
		for _, f := range l.Failing {
			b := Branch{Error: f.Error, Tries: f.Tries, RetryAt: f.RetryAt}
			a.Printf("FAILING %s at %s: %s\n", l.ID, f.Participant, b.failure())
		}
		if text := unpublished(l.Unpublished, l.Problem); text != "" {
			a.Printf("UNPUBLISHED %s: %s\n", l.ID, text)
		}
	}
}

func (v *View) Line() Line {
	l := Line{ID: v.ID, Key: v.Key, State: v.State, Waiting: v.Waiting, InDoubt: []string{}, Violations: v.Violations, Unpublished: v.Unpublished, Problem: v.Problem}
	if l.Waiting == nil {
		l.Waiting = []string{}
	}
	for _, b := range v.Branches {
		if b.State != txwire.BranchPrepared {
			continue
		}
		l.InDoubt = append(l.InDoubt, b.Participant)
		if b.Error != "" {
			l.Failing = append(l.Failing, Failing{b.Participant, b.Error, b.Tries, b.RetryAt})
		}
		if l.Since == 0 || b.At < l.Since {
			l.Since = b.At
		}
	}
	return l
}
